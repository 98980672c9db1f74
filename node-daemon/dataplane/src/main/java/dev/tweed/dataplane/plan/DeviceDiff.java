package dev.tweed.dataplane.plan;

import dev.tweed.ip.IpPrefix;
import dev.tweed.netlink.Address;
import dev.tweed.netlink.Link;
import dev.tweed.netlink.MacAddress;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;

/**
 * The steps to the devices wanted: made or changed in place, with their sysctls and addresses, up,
 * and with their ports.
 */
final class DeviceDiff {

  private final DesiredState desired;
  private final ActualState actual;
  private final LinkPlan fates;
  private final List<StateChange> changes = new ArrayList<>();

  private DeviceDiff(DesiredState desired, ActualState actual, LinkPlan fates) {
    this.desired = desired;
    this.actual = actual;
    this.fates = fates;
  }

  /** The steps in order, after those that removed what is in the way. */
  static List<StateChange> between(DesiredState desired, ActualState actual, LinkPlan fates) {
    DeviceDiff diff = new DeviceDiff(desired, actual, fates);
    diff.devices();
    return diff.changes;
  }

  private void devices() {
    for (TunnelDevice tunnel : desired.tunnels()) {
      Optional<Link> link = fates.survivor(tunnel.name());
      if (link.isEmpty()) {
        changes.add(new StateChange.CreateTunnel(tunnel));
      } else {
        attributes(link.get(), tunnel.mtu(), tunnel.mac(), tunnel.alias(), OptionalInt.of(0));
      }
      configure(tunnel.name(), link, tunnel.addresses());
    }
    desired
        .bridge()
        .ifPresent(
            bridge -> {
              Optional<Link> link = fates.survivor(bridge.name());
              if (link.isEmpty()) {
                changes.add(new StateChange.CreateBridge(bridge));
              } else {
                attributes(
                    link.get(), bridge.mtu(), bridge.mac(), bridge.alias(), OptionalInt.empty());
                link.get()
                    .bridge()
                    .filter(info -> !info.isPlain())
                    .ifPresent(
                        info ->
                            changes.add(
                                new StateChange.ResetBridge(bridge.name(), info.vlanFiltering())));
              }
              configure(bridge.name(), link, bridge.gateways());
              ports(bridge);
            });
  }

  /**
   * Ports that lost their bridge. Hairpin mode went with the bridge, so it is set when they are
   * attached again, and only then: on a port that is attached it is the CNI plugin's, which sets it
   * once, when it makes the pod. Kept by us as well, it could be set before the plugin is done with
   * the port, and a setting somebody made by hand for one pod would not last.
   */
  private void ports(BridgeDevice bridge) {
    for (Link link : actual.links()) {
      if (link.masterIndex() == 0
          && bridge.ports().contains(link.index())
          && link.kind().equals(Optional.of("veth"))
          && !ProbeDevice.isName(link.name())) {
        changes.add(
            new StateChange.AttachPort(link.index(), link.name(), bridge.name(), bridge.hairpin()));
      }
    }
  }

  private void attributes(
      Link link, int mtu, MacAddress mac, String alias, OptionalInt txQueueLength) {
    StateChange.SetLink.of(link, mtu, mac, alias, txQueueLength).ifPresent(changes::add);
  }

  private void configure(String name, Optional<Link> link, List<IpPrefix> addresses) {
    for (SysctlSetting setting : desired.deviceSysctls().getOrDefault(name, List.of())) {
      // The files of a device that is yet to be made have the defaults of the node.
      if (link.isEmpty() || setting.isWrong(actual::sysctl)) {
        changes.add(new StateChange.EnsureSysctl(setting, Optional.of(name)));
      }
    }
    Set<IpPrefix> present = new HashSet<>();
    link.ifPresent(
        device -> {
          for (Address address : actual.addressesOf(device)) {
            if (address.prefix().address().isLinkLocal()) {
              continue;
            }
            if (addresses.contains(address.prefix())
                && (address.flags() & Address.DAD_FAILED) == 0) {
              present.add(address.prefix());
            } else {
              // Before the additions: an address added to the network of another becomes its
              // secondary, and goes with it.
              changes.add(new StateChange.RemoveAddress(name, address));
            }
          }
        });
    for (IpPrefix prefix : addresses) {
      if (!present.contains(prefix)) {
        changes.add(new StateChange.AddAddress(name, prefix));
      }
    }
    if (link.isEmpty() || !link.get().isUp()) {
      changes.add(new StateChange.SetUp(name));
    }
  }
}
