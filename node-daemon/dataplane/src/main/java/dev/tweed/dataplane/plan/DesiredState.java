package dev.tweed.dataplane.plan;

import dev.tweed.netlink.nft.NfTableContent;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;

/**
 * All that should be in the kernel under our marks, and nothing else under them.
 *
 * @param tunnels VXLAN devices
 * @param bridge device for the pods; empty when it cannot be had
 * @param probe device by which nodes probe each other; empty where it is not wanted or cannot be
 *     had
 * @param retained names of devices that are neither planned nor stale: what to make of them is not
 *     known now, so they stay as they are with all they carry
 * @param peers the valid peers
 * @param nodeSysctls settings of the whole node, in the order to write them: turning forwarding on
 *     resets others
 * @param deviceSysctls settings of a device, by its name, to write before it comes up
 * @param rules nftables rules; empty when our table is not wanted
 * @param rulesRequired whether pods would not work without them
 * @param tunnelFilter who may send to the tunnel; empty is everybody
 * @param remembered whether all this is what was wanted once: see {@link AdditionPlanner}
 */
public record DesiredState(
    List<TunnelDevice> tunnels,
    Optional<BridgeDevice> bridge,
    Optional<ProbeDevice> probe,
    Set<String> retained,
    List<PlannedPeer> peers,
    List<SysctlSetting> nodeSysctls,
    Map<String, List<SysctlSetting>> deviceSysctls,
    Optional<NfTableContent> rules,
    boolean rulesRequired,
    Optional<TunnelFilter> tunnelFilter,
    boolean remembered) {

  /** Nothing of ours, as after a cleanup. */
  public static final DesiredState NOTHING =
      new DesiredState(
          List.of(),
          Optional.empty(),
          Optional.empty(),
          Set.of(),
          List.of(),
          List.of(),
          Map.of(),
          Optional.empty(),
          false,
          Optional.empty(),
          false);

  /** Copies the collections. */
  public DesiredState {
    tunnels = List.copyOf(tunnels);
    Objects.requireNonNull(bridge, "bridge");
    Objects.requireNonNull(probe, "probe");
    retained = Set.copyOf(retained);
    peers = List.copyOf(peers);
    nodeSysctls = List.copyOf(nodeSysctls);
    deviceSysctls = Map.copyOf(deviceSysctls);
    Objects.requireNonNull(rules, "rules");
    Objects.requireNonNull(tunnelFilter, "tunnelFilter");
  }

  /** Every sysctl, those of the node first. */
  public List<SysctlSetting> sysctls() {
    List<SysctlSetting> all = new ArrayList<>(nodeSysctls);
    tunnels.forEach(tunnel -> all.addAll(deviceSysctls.getOrDefault(tunnel.name(), List.of())));
    bridge.ifPresent(device -> all.addAll(deviceSysctls.getOrDefault(device.name(), List.of())));
    probe.ifPresent(device -> all.addAll(deviceSysctls.getOrDefault(ProbeDevice.NAME, List.of())));
    return all;
  }

  /** The planned VXLAN device of this name. */
  public Optional<TunnelDevice> tunnel(String name) {
    return tunnels.stream().filter(tunnel -> tunnel.name().equals(name)).findFirst();
  }
}
