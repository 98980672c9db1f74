package dev.tweed.dataplane.plan;

import dev.tweed.dataplane.Finding;
import dev.tweed.dataplane.NetworkParameters;
import dev.tweed.dataplane.OwnNode;
import dev.tweed.dataplane.ProbeAddress;
import dev.tweed.dataplane.Reason;
import dev.tweed.ip.IpAddress;
import dev.tweed.ip.IpPrefix;
import dev.tweed.netlink.Link;
import dev.tweed.netlink.MacAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Decides on the device by which nodes probe each other, and says what stands in its way.
 *
 * @param findings where what is wrong is added
 */
record ProbePlanner(
    Marks marks, NetworkParameters network, OwnNode self, NodeFacts facts, List<Finding> findings) {

  /**
   * The device; empty where none is wanted, or none can be had.
   *
   * @param bridge the bridge of the pods
   * @param blocks what pods of this node get addresses from
   */
  Optional<ProbeDevice> plan(Optional<BridgeDevice> bridge, List<IpPrefix> blocks) {
    if (!network.probes() || bridge.isEmpty()) {
      return Optional.empty();
    }
    MacAddress mac = DerivedMac.of(self.name(), ProbeDevice.NAME);
    MacAddress portMac = DerivedMac.of(self.name(), ProbeDevice.PORT);
    List<ProbeDevice.Source> sources = sources(blocks, mac);
    if (sources.isEmpty()) {
      return Optional.empty();
    }
    boolean free = isFree(ProbeDevice.NAME, mac);
    free &= isFree(ProbeDevice.PORT, portMac);
    return free
        ? Optional.of(
            new ProbeDevice(
                marks.alias(network.name()),
                mac,
                portMac,
                bridge.get().mtu(),
                bridge.get().name(),
                bridge.get().mac(),
                sources))
        : Optional.empty();
  }

  private List<ProbeDevice.Source> sources(List<IpPrefix> blocks, MacAddress mac) {
    List<ProbeDevice.Source> sources = new ArrayList<>();
    for (IpPrefix block : blocks) {
      Optional<IpAddress> address = ProbeAddress.of(block);
      Optional<Finding> taken = address.flatMap(own -> taken(own, mac));
      taken.ifPresent(findings::add);
      if (address.isPresent() && taken.isEmpty()) {
        sources.add(new ProbeDevice.Source(address.get(), BridgePlanner.gateway(block).address()));
      }
    }
    return sources;
  }

  private Optional<Finding> taken(IpAddress address, MacAddress mac) {
    Optional<String> holder =
        facts.probes().allocated().contains(address)
            ? Optional.of("the CNI plugin gave it to a pod before it was kept free")
            : Optional.ofNullable(facts.probes().neighbours().get(address))
                .filter(other -> !other.equals(mac))
                .map(other -> other + " answers for it at " + network.bridgeName());
    return holder.map(
        who ->
            new Finding(
                Reason.ProbeAddressTaken,
                address.toString(),
                "the address "
                    + address
                    + " that other nodes probe is taken: "
                    + who
                    + "; this node does not probe with it, and is not probed",
                "delete the pod that has it, found by: kubectl get pods -A -o wide | grep -F "
                    + address));
  }

  /** Whether a device of this name can be had, or is there already. */
  private boolean isFree(String name, MacAddress mac) {
    Optional<Link> other =
        facts.link(name).filter(link -> !isOurs(link, mac) || name.equals(network.bridgeName()));
    other.ifPresent(
        link ->
            findings.add(
                new Finding(
                    Reason.ProbeDeviceForeign,
                    name,
                    "device "
                        + name
                        + " exists and is not ours; it is left alone, and this node neither probes"
                        + " others nor is probed",
                    "rename or delete it: ip link delete " + name)));
    return other.isEmpty() && !name.equals(network.bridgeName());
  }

  /** Ours by mark, or made by us and not yet marked: the kernel takes the mark only afterwards. */
  private boolean isOurs(Link link, MacAddress mac) {
    return marks.owns(link)
        || link.alias().isEmpty()
            && link.kind().equals(Optional.of("veth"))
            && link.mac().equals(Optional.of(mac));
  }
}
