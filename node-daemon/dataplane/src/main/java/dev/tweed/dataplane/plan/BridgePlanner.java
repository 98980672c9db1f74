package dev.tweed.dataplane.plan;

import dev.tweed.dataplane.Finding;
import dev.tweed.dataplane.NetworkParameters;
import dev.tweed.dataplane.OwnNode;
import dev.tweed.dataplane.ProbeAddress;
import dev.tweed.dataplane.Reason;
import dev.tweed.ip.IpPrefix;
import dev.tweed.netlink.Link;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Decides on the bridge of this node's pods, and whose it is.
 *
 * @param findings where what is wrong is added
 */
record BridgePlanner(
    Marks marks, NetworkParameters network, OwnNode self, NodeFacts facts, List<Finding> findings) {

  /**
   * The bridge; empty when there is nothing to attach to it or a foreign device has its name.
   *
   * @param blocks what pods of this node get addresses from
   * @param ports indexes of devices known to have been its ports
   */
  Optional<BridgeDevice> plan(List<IpPrefix> blocks, int podMtu, Set<Integer> ports) {
    if (blocks.isEmpty() || podMtu == 0) {
      return Optional.empty();
    }
    Optional<String> foreign = facts.link(network.bridgeName()).flatMap(this::foreignness);
    if (foreign.isPresent()) {
      findings.add(
          new Finding(
              Reason.ForeignDevice,
              network.bridgeName(),
              "device "
                  + network.bridgeName()
                  + " exists and is not ours: it "
                  + foreign.get()
                  + "; it is left alone",
              "choose another spec.bridge.name, or delete it: ip link delete "
                  + network.bridgeName()));
      return Optional.empty();
    }
    return Optional.of(
        new BridgeDevice(
            network.bridgeName(),
            marks.alias(network.name()),
            // Derived, so that pods find their gateway unchanged when it has to be made anew.
            DerivedMac.of(self.name(), network.bridgeName()),
            podMtu,
            blocks.stream().map(BridgePlanner::gateway).toList(),
            ports,
            network.hairpin()));
  }

  /**
   * Why a device of the bridge's name is not ours. A bridge without a mark is taken over when it is
   * what the CNI plugin makes while ours is missing: pods' ends of veth pairs in it, and no address
   * from outside the pod network.
   */
  private Optional<String> foreignness(Link link) {
    if (marks.owns(link)) {
      return link.kind().equals(Optional.of("bridge"))
          ? Optional.empty()
          : Optional.of("is no bridge");
    }
    if (!link.kind().equals(Optional.of("bridge"))) {
      return Optional.of("is no bridge");
    }
    if (link.alias().isPresent()) {
      return Optional.of("has the alias '" + link.alias().get() + "'");
    }
    for (Link port : facts.links()) {
      if (port.masterIndex() == link.index() && !port.kind().equals(Optional.of("veth"))) {
        return Optional.of("has the port " + port.name() + ", which is no pod's");
      }
    }
    return facts.addressesOf(link).stream()
        .map(address -> address.prefix().address())
        .filter(address -> !address.isLinkLocal())
        .filter(address -> network.podCidrs().stream().noneMatch(pool -> pool.contains(address)))
        .findFirst()
        .map(address -> "has the address " + address + ", which is not of the pod network");
  }

  /** The gateway of a block, with its length. */
  static IpPrefix gateway(IpPrefix block) {
    return new IpPrefix(ProbeAddress.gateway(block), block.length());
  }
}
