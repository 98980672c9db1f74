package dev.tweed.dataplane.plan;

import dev.tweed.dataplane.Backend;
import dev.tweed.dataplane.ClusterSnapshot;
import dev.tweed.dataplane.Finding;
import dev.tweed.dataplane.NetworkParameters;
import dev.tweed.dataplane.OwnNode;
import dev.tweed.dataplane.ProbeAddress;
import dev.tweed.dataplane.Reason;
import dev.tweed.dataplane.Underlay;
import dev.tweed.ip.AddressFamily;
import dev.tweed.ip.IpAddress;
import dev.tweed.ip.IpPrefix;
import dev.tweed.netlink.Address;
import dev.tweed.netlink.Link;
import dev.tweed.netlink.nft.NfTableContent;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * Turns a cluster and the facts of this node into what its kernel should hold.
 *
 * <p>What cannot be decided leaves what is there alone: while the node's address is on no link (a
 * lease being renewed), the tunnel stays as it is, since packets may still flow.
 */
public final class NodeStatePlanner {

  private static final int IPV6_MIN_MTU = 1280; // RFC 8200 section 5
  private static final int MIN_MTU = 68; // RFC 791
  private static final int MAX_MTU = 65535;

  private final Marks marks;

  /** A planner that knows its own devices by these marks. */
  public NodeStatePlanner(Marks marks) {
    this.marks = Objects.requireNonNull(marks, "marks");
  }

  /** Name of the VXLAN device. */
  public static String tunnelName(int vni) {
    return "tweed." + vni;
  }

  /** Name of the second VXLAN device, over IPv6 to peers that have no IPv4 address. */
  public static String secondTunnelName(int vni) {
    return "tweed6." + vni;
  }

  /**
   * The plan.
   *
   * @param ports indexes of devices known to have been ports of the bridge
   */
  public Plan plan(ClusterSnapshot snapshot, NodeFacts facts, Set<Integer> ports) {
    return new Draft(snapshot, facts, ports).plan();
  }

  /** One run of the planner. */
  private final class Draft {
    private final ClusterSnapshot snapshot;
    private final NetworkParameters network;
    private final OwnNode self;
    private final NodeFacts facts;
    private final List<Finding> findings = new ArrayList<>();
    private final Set<Integer> ports;
    private final Set<String> retained = new HashSet<>();

    private Draft(ClusterSnapshot snapshot, NodeFacts facts, Set<Integer> ports) {
      this.ports = ports;
      this.snapshot = snapshot;
      this.network = snapshot.network();
      this.self = snapshot.self();
      this.facts = facts;
    }

    private Plan plan() {
      List<IpPrefix> blocks = ownBlocks();
      Map<AddressFamily, UnderlayPlanner.Choice> choices =
          new UnderlayPlanner().choose(self.nodeIps(), network.translated(), facts);
      if (choices.isEmpty()) {
        findings.add(noUnderlay());
      }
      PeerPlanner peerPlanner = new PeerPlanner(snapshot, facts);
      PeerPlanner.Judgement judgement = peerPlanner.judge();
      findings.addAll(judgement.findings());

      TunnelPlanner tunnelPlanner = new TunnelPlanner(marks, network, self, facts, findings);
      Map<AddressFamily, TunnelPlanner.Site> sites =
          blocks.isEmpty() ? Map.of() : tunnelPlanner.sites(choices, judgement.candidates());
      int podMtu = podMtu(choices, sites, blocks);
      List<TunnelDevice> tunnels = tunnelPlanner.devices(sites, blocks, podMtu);
      List<PlannedPeer> peers = peers(peerPlanner, judgement, sites, podMtu);
      Optional<BridgeDevice> bridge =
          new BridgePlanner(marks, network, self, facts, findings).plan(blocks, podMtu, ports);
      Optional<ProbeDevice> probe =
          new ProbePlanner(marks, network, self, facts, findings).plan(bridge, blocks);
      if (blocks.isEmpty()) {
        facts.links().stream().filter(marks::owns).map(Link::name).forEach(retained::add);
      }

      boolean ipv6 = blocks.stream().anyMatch(block -> block.family() == AddressFamily.IPV6);
      SysctlPlanner sysctls = new SysctlPlanner();
      Map<String, List<SysctlSetting>> deviceSysctls = new HashMap<>();
      tunnels.forEach(
          tunnel -> deviceSysctls.put(tunnel.name(), sysctls.device(tunnel.name(), ipv6)));
      bridge.ifPresent(
          device -> deviceSysctls.put(device.name(), sysctls.device(device.name(), ipv6)));
      probe.ifPresent(
          device ->
              deviceSysctls.put(
                  ProbeDevice.NAME, sysctls.probe(device.families().contains(AddressFamily.IPV6))));
      SysctlPlanner.NodeSettings settings =
          sysctls.node(
              ipv6,
              hostDevices(choices, peers),
              snapshot.peers().size(),
              network.sysctls(),
              deviceSysctls.values().stream().flatMap(List::stream).toList(),
              network.fastPath());
      findings.addAll(settings.findings());

      Optional<NfTableContent> rules =
          network.masquerade().enabled() || !snapshot.hostPorts().isEmpty()
              ? Optional.of(
                  RulesetCompiler.compile(
                      network.masquerade(),
                      network.podCidrs(),
                      tunnels.stream().map(TunnelDevice::name).toList(),
                      network.probes() ? askedOfHost(blocks) : List.of(),
                      self.nodeIps(),
                      blocks,
                      self.retiring(),
                      snapshot.hostPorts()))
              : Optional.empty();
      DesiredState desired =
          new DesiredState(
              tunnels,
              bridge,
              probe,
              retained,
              peers,
              settings.settings(),
              deviceSysctls,
              rules,
              network.masquerade().enabled(), // ports of the node are portmap's in the first place
              tunnelFilter(judgement),
              snapshot.remembered());
      return new Plan(
          desired, underlay(choices, tunnels), device(choices, tunnels), podMtu, findings);
    }

    private SysctlPlanner.HostDevices hostDevices(
        Map<AddressFamily, UnderlayPlanner.Choice> choices, List<PlannedPeer> peers) {
      Set<String> underlays = new TreeSet<>();
      choices.values().forEach(choice -> underlays.add(choice.link().name()));
      for (PlannedPeer peer : peers) {
        if (peer.path() instanceof PlannedPeer.Path.Direct direct) {
          underlays.add(direct.device());
        }
      }
      Set<String> forwarding = new TreeSet<>(underlays);
      facts.routes().outside().stream()
          .flatMap(index -> facts.link(index).stream())
          .filter(link -> !marks.owns(link))
          .forEach(link -> forwarding.add(link.name()));
      return new SysctlPlanner.HostDevices(
          List.copyOf(forwarding),
          facts.links().stream()
              .filter(link -> underlays.contains(link.name()) || isAdvertised(link))
              .map(Link::name)
              .sorted()
              .toList(),
          network.backend().routesPlainly() ? List.copyOf(underlays) : List.of());
    }

    /** Whether the kernel got a route or an address of it from a router. */
    private boolean isAdvertised(Link link) {
      return !marks.owns(link)
          && (facts.routes().advertised().contains(link.index())
              || facts.addressesOf(link).stream()
                  .anyMatch(
                      address ->
                          address.prefix().family() == AddressFamily.IPV6
                              && (address.flags() & Address.PERMANENT) == 0));
    }

    /** All addresses of sound peers: one may send from another than it is reached by. */
    private Optional<TunnelFilter> tunnelFilter(PeerPlanner.Judgement judgement) {
      return network.backend() instanceof Backend.Vxlan vxlan && network.tunnelFiltered()
          ? Optional.of(
              new TunnelFilter(
                  vxlan.port(),
                  vxlan.vni(),
                  judgement.candidates().stream()
                      .flatMap(candidate -> candidate.peer().nodeIps().stream())
                      .collect(Collectors.toSet())))
          : Optional.empty();
    }

    private static List<IpAddress> askedOfHost(List<IpPrefix> blocks) {
      return blocks.stream()
          .filter(block -> ProbeAddress.of(block).isEmpty())
          .map(ProbeAddress::gateway)
          .toList();
    }

    private List<IpPrefix> ownBlocks() {
      List<IpPrefix> blocks = new ArrayList<>();
      for (IpPrefix block : self.blocks()) {
        String fault =
            !block.isCanonical()
                ? "has host bits set"
                : network.podCidrs().stream().noneMatch(pool -> pool.contains(block))
                    ? "lies outside the pools of PodNetwork " + network.name()
                    : block.length() > block.family().bits() - 2 ? "has no room for pods" : "";
        if (fault.isEmpty()) {
          blocks.add(block);
        } else {
          findings.add(
              new Finding(
                  Reason.OutsidePools,
                  block.toString(),
                  "block " + block + " of this node " + fault + "; it is not used",
                  "delete its NodeSubnet, or append its pool to spec.pools of the PodNetwork"));
        }
      }
      return blocks;
    }

    private Finding noUnderlay() {
      return new Finding(
          Reason.NoInternalIP,
          self.name(),
          self.nodeIps().isEmpty()
              ? "this node has no InternalIP"
              : "no link of this node has its InternalIP "
                  + String.join(", ", self.nodeIps().stream().map(IpAddress::toString).toList()),
          self.nodeIps().stream().anyMatch(network.translated()::contains)
              ? "check `ip address`; if the address is translated to one of this node (1:1 NAT), name"
                  + " the link that has that in spec.nodeAddress.interfaces of the PodNetwork"
              : "check `ip address` against `kubectl get node "
                  + self.name()
                  + " -o wide`; the kubelet's --node-ip sets it");
    }

    private int podMtu(
        Map<AddressFamily, UnderlayPlanner.Choice> choices,
        Map<AddressFamily, TunnelPlanner.Site> sites,
        List<IpPrefix> blocks) {
      int largest =
          switch (network.backend()) {
            case Backend.HostGateway host ->
                choices.values().stream().mapToInt(UnderlayPlanner.Choice::mtu).min().orElse(0);
            case Backend.Vxlan vxlan ->
                sites.isEmpty()
                    // No tunnel can be had now; what it would carry still is the pods' MTU.
                    ? choices.values().stream()
                        .mapToInt(
                            choice ->
                                choice.mtu() - UnderlayPlanner.overhead(choice.address().family()))
                        .min()
                        .orElse(0)
                    // Of the first one only: a peer without IPv4 must not shrink the packets of all
                    // others.
                    : sites.values().iterator().next().maxMtu();
          };
      if (largest == 0) {
        return facts.link(network.bridgeName()).filter(marks::owns).map(Link::mtu).orElse(0);
      }
      largest = Math.clamp(largest, MIN_MTU, MAX_MTU);
      int mtu = network.mtu() == 0 ? largest : Math.clamp(network.mtu(), MIN_MTU, largest);
      if (network.mtu() != 0 && mtu != network.mtu()) {
        findings.add(
            new Finding(
                Reason.MtuClamped,
                network.name(),
                "the MTU asked for is "
                    + network.mtu()
                    + ", the underlay carries "
                    + mtu
                    + "; pods get "
                    + mtu,
                "leave spec.mtu out, or raise the MTU of the underlay"));
      }
      if (mtu < IPV6_MIN_MTU
          && blocks.stream().anyMatch(block -> block.family() == AddressFamily.IPV6)) {
        findings.add(
            new Finding(
                Reason.MtuTooSmall,
                network.name(),
                "pods get an MTU of " + mtu + ", with which the kernel has no IPv6 (1280 or more)",
                "raise spec.mtu, or the MTU of the underlay"));
      }
      return mtu;
    }

    private List<PlannedPeer> peers(
        PeerPlanner planner,
        PeerPlanner.Judgement judgement,
        Map<AddressFamily, TunnelPlanner.Site> sites,
        int podMtu) {
      boolean withoutTunnel = network.backend() instanceof Backend.Vxlan && sites.isEmpty();
      PeerPlanner.Paths paths =
          planner.route(
              judgement.candidates(),
              family -> Optional.ofNullable(sites.get(family)).map(TunnelPlanner.Site::name),
              podMtu);
      if (!withoutTunnel) {
        // Otherwise one finding says already what is wrong, with the device and not with the peers.
        findings.addAll(paths.findings());
      }
      return paths.peers();
    }

    private Optional<Underlay> underlay(
        Map<AddressFamily, UnderlayPlanner.Choice> choices, List<TunnelDevice> tunnels) {
      return choices.values().stream()
          .findFirst()
          .map(choice -> new Underlay(choice.link().name(), choice.address()))
          .or(
              () ->
                  tunnels.stream()
                      .findFirst()
                      .flatMap(
                          tunnel ->
                              facts
                                  .link(tunnel.lowerIndex())
                                  .map(link -> new Underlay(link.name(), tunnel.local()))));
    }

    private String device(
        Map<AddressFamily, UnderlayPlanner.Choice> choices, List<TunnelDevice> tunnels) {
      return switch (network.backend()) {
        case Backend.Vxlan vxlan -> tunnels.stream().findFirst().map(TunnelDevice::name).orElse("");
        case Backend.HostGateway host ->
            choices.values().stream().findFirst().map(choice -> choice.link().name()).orElse("");
      };
    }
  }
}
