package dev.tweed.dataplane.plan;

import dev.tweed.dataplane.Backend;
import dev.tweed.dataplane.ClusterSnapshot;
import dev.tweed.dataplane.Finding;
import dev.tweed.dataplane.NetworkParameters;
import dev.tweed.dataplane.OwnNode;
import dev.tweed.dataplane.Reason;
import dev.tweed.dataplane.Underlay;
import dev.tweed.netlink.AddressFamily;
import dev.tweed.netlink.IpAddress;
import dev.tweed.netlink.IpPrefix;
import dev.tweed.netlink.Ipv4Address;
import dev.tweed.netlink.Ipv6Address;
import dev.tweed.netlink.Link;
import dev.tweed.netlink.MacAddress;
import dev.tweed.netlink.VxlanInfo;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;

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
          new UnderlayPlanner().choose(self.nodeIps(), facts);
      if (choices.isEmpty()) {
        findings.add(noUnderlay());
      }
      PeerPlanner peerPlanner = new PeerPlanner(snapshot, facts);
      PeerPlanner.Judgement judgement = peerPlanner.judge();
      findings.addAll(judgement.findings());

      Map<AddressFamily, Site> sites =
          blocks.isEmpty() ? Map.of() : tunnelSites(choices, judgement.candidates());
      int podMtu = podMtu(choices, sites, blocks);
      List<TunnelDevice> tunnels = tunnels(sites, blocks, podMtu);
      List<PlannedPeer> peers = peers(peerPlanner, judgement, sites);
      Optional<BridgeDevice> bridge = bridge(blocks, podMtu);
      if (blocks.isEmpty()) {
        facts.links().stream().filter(marks::owns).map(Link::name).forEach(retained::add);
      }

      boolean ipv6 = blocks.stream().anyMatch(block -> block.family() == AddressFamily.IPV6);
      SysctlPlanner sysctls = new SysctlPlanner();
      SysctlPlanner.NodeSettings settings =
          sysctls.node(
              ipv6,
              choices.values().stream().map(choice -> choice.link().name()).distinct().toList(),
              snapshot.peers().size(),
              network.sysctls());
      findings.addAll(settings.findings());
      Map<String, List<SysctlSetting>> deviceSysctls = new HashMap<>();
      tunnels.forEach(
          tunnel -> deviceSysctls.put(tunnel.name(), sysctls.device(tunnel.name(), ipv6)));
      bridge.ifPresent(
          device -> deviceSysctls.put(device.name(), sysctls.device(device.name(), ipv6)));

      Optional<Ruleset> rules =
          network.masquerade().enabled()
              ? Optional.of(
                  new MasqueradeRenderer()
                      .render(
                          network.masquerade(),
                          network.podCidrs(),
                          tunnels.stream().map(TunnelDevice::name).toList()))
              : Optional.empty();
      DesiredState desired =
          new DesiredState(
              tunnels, bridge, retained, peers, settings.settings(), deviceSysctls, rules);
      return new Plan(
          desired, underlay(choices, tunnels), device(choices, tunnels), podMtu, findings);
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
          "check `ip address` against `kubectl get node "
              + self.name()
              + " -o wide`; the kubelet's --node-ip sets it");
    }

    /** Where a tunnel device goes: its address, and the device below it. */
    private record Site(String name, IpAddress local, int lowerIndex, int maxMtu) {}

    private Map<AddressFamily, Site> tunnelSites(
        Map<AddressFamily, UnderlayPlanner.Choice> choices,
        List<PeerPlanner.Candidate> candidates) {
      if (!(network.backend() instanceof Backend.Vxlan vxlan)) {
        return Map.of();
      }
      if (self.vtepMac().isZero() || self.vtepMac().isMulticast()) {
        findings.add(
            new Finding(
                Reason.ProgrammingFailed,
                self.name(),
                "VTEP MAC address " + self.vtepMac() + " of this node is no address of a device",
                "correct spec.vtepMAC of its NodeSubnet, or delete that to have it made anew"));
        return Map.of();
      }
      Map<AddressFamily, Site> sites = new EnumMap<>(AddressFamily.class);
      String name = tunnelName(vxlan.vni());
      if (choices.isEmpty()) {
        for (String existing : List.of(name, secondTunnelName(vxlan.vni()))) {
          existingSite(existing).ifPresent(site -> sites.putIfAbsent(site.local().family(), site));
        }
        return sites;
      }
      AddressFamily first =
          choices.containsKey(AddressFamily.IPV4) ? AddressFamily.IPV4 : AddressFamily.IPV6;
      if (isFree(name, vxlan, first)) {
        sites.put(first, site(name, choices.get(first)));
      }
      // One device speaks one family (vxlan_fdb_add() refuses the other), so peers that lack it
      // need
      // a device of their own.
      boolean needsSecond =
          first == AddressFamily.IPV4
              && choices.containsKey(AddressFamily.IPV6)
              && candidates.stream()
                  .anyMatch(candidate -> candidate.address(AddressFamily.IPV4).isEmpty());
      String second = secondTunnelName(vxlan.vni());
      if (needsSecond && isFree(second, vxlan, AddressFamily.IPV6)) {
        sites.put(AddressFamily.IPV6, site(second, choices.get(AddressFamily.IPV6)));
      }
      return sites;
    }

    private Site site(String name, UnderlayPlanner.Choice choice) {
      return new Site(
          name,
          choice.address(),
          choice.lowerIndex(),
          choice.mtu() - UnderlayPlanner.overhead(choice.address().family()));
    }

    private Optional<Site> existingSite(String name) {
      return facts
          .link(name)
          .filter(marks::owns)
          .flatMap(
              link ->
                  link.vxlan()
                      .flatMap(VxlanInfo::local)
                      .map(
                          local ->
                              new Site(
                                  name,
                                  local,
                                  link.vxlan().map(VxlanInfo::lowerIndex).orElse(0),
                                  link.mtu())));
    }

    /** Whether a tunnel device of this name can be had, or is there already. */
    private boolean isFree(String name, Backend.Vxlan vxlan, AddressFamily family) {
      Optional<Link> existing = facts.link(name);
      if (existing.isPresent() && !isOurs(existing.get(), vxlan)) {
        findings.add(
            new Finding(
                Reason.ForeignDevice,
                name,
                "device " + name + " exists and is not ours; it is left alone",
                "rename or delete it: ip link delete " + name));
        return false;
      }
      if (existing.isPresent()) {
        return true;
      }
      for (Link other : facts.links()) {
        Optional<Finding> conflict =
            other.vxlan().flatMap(info -> conflict(other, info, vxlan, family));
        if (conflict.isPresent() && !marks.owns(other)) {
          findings.add(conflict.get());
          return false;
        }
      }
      return true;
    }

    /**
     * Ours by mark, or made by us and not yet marked: the kernel takes the mark only afterwards.
     */
    private boolean isOurs(Link link, Backend.Vxlan vxlan) {
      return marks.owns(link)
          || link.alias().isEmpty()
              && link.vxlan()
                  .filter(info -> info.vni() == vxlan.vni() && info.port() == vxlan.port())
                  .isPresent();
    }

    private Optional<Finding> conflict(
        Link other, VxlanInfo info, Backend.Vxlan vxlan, AddressFamily family) {
      if (info.port() != vxlan.port()) {
        return Optional.empty();
      }
      if (info.external()) {
        return Optional.of(
            new Finding(
                Reason.PortInUse,
                other.name(),
                "VXLAN device "
                    + other.name()
                    + " receives everything on UDP port "
                    + vxlan.port()
                    + " (external mode)",
                "choose another spec.backend.vxlan.port, or delete the device: ip link delete "
                    + other.name()));
      }
      AddressFamily otherFamily =
          info.local().or(info::remote).map(IpAddress::family).orElse(AddressFamily.IPV4);
      if (info.vni() == vxlan.vni() && otherFamily == family) {
        return Optional.of(
            new Finding(
                Reason.VniInUse,
                other.name(),
                "device "
                    + other.name()
                    + " has VXLAN network identifier "
                    + vxlan.vni()
                    + " on UDP port "
                    + vxlan.port(),
                "choose another spec.backend.vxlan.vni, or delete the device: ip link delete "
                    + other.name()));
      }
      return Optional.empty();
    }

    private int podMtu(
        Map<AddressFamily, UnderlayPlanner.Choice> choices,
        Map<AddressFamily, Site> sites,
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
                    : sites.values().stream().mapToInt(Site::maxMtu).min().orElse(0);
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
                "set spec.mtu to 0, or raise the MTU of the underlay"));
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

    private List<TunnelDevice> tunnels(
        Map<AddressFamily, Site> sites, List<IpPrefix> blocks, int podMtu) {
      if (!(network.backend() instanceof Backend.Vxlan vxlan)) {
        return List.of();
      }
      List<IpPrefix> addresses = new ArrayList<>();
      for (AddressFamily family : AddressFamily.values()) {
        blocks.stream()
            .filter(block -> block.family() == family)
            .findFirst()
            .ifPresent(block -> addresses.add(IpPrefix.host(block.address())));
      }
      return sites.values().stream()
          .map(
              site ->
                  new TunnelDevice(
                      site.name(),
                      marks.alias(network.name()),
                      self.vtepMac(),
                      podMtu,
                      vxlan.vni(),
                      vxlan.port(),
                      site.local(),
                      site.lowerIndex(),
                      addresses))
          .toList();
    }

    private List<PlannedPeer> peers(
        PeerPlanner planner, PeerPlanner.Judgement judgement, Map<AddressFamily, Site> sites) {
      boolean withoutTunnel = network.backend() instanceof Backend.Vxlan && sites.isEmpty();
      PeerPlanner.Paths paths =
          planner.route(
              judgement.candidates(),
              family -> Optional.ofNullable(sites.get(family)).map(Site::name));
      if (!withoutTunnel) {
        // Otherwise one finding says already what is wrong, with the device and not with the peers.
        findings.addAll(paths.findings());
      }
      return paths.peers();
    }

    private Optional<BridgeDevice> bridge(List<IpPrefix> blocks, int podMtu) {
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
              bridgeMac(),
              podMtu,
              blocks.stream().map(Draft::gateway).toList(),
              ports));
    }

    /**
     * Why a device of the bridge's name is not ours. A bridge without a mark is taken over when it
     * is what the CNI plugin makes while ours is missing: pods' ends of veth pairs in it, and no
     * address from outside the pod network.
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

    /** Derived, so that pods find their gateway unchanged when the bridge has to be made anew. */
    private MacAddress bridgeMac() {
      try {
        byte[] hash =
            MessageDigest.getInstance("SHA-256")
                .digest(
                    (self.name() + "/" + network.bridgeName()).getBytes(StandardCharsets.UTF_8));
        byte[] mac = Arrays.copyOf(hash, MacAddress.BYTES);
        mac[0] = (byte) (mac[0] & 0xfc | 0x02);
        return MacAddress.ofBytes(mac);
      } catch (NoSuchAlgorithmException e) {
        throw new IllegalStateException("every Java platform has SHA-256", e);
      }
    }

    private static IpPrefix gateway(IpPrefix block) {
      IpAddress first =
          switch (block.address()) {
            case Ipv4Address v4 -> new Ipv4Address(v4.value() + 1);
            case Ipv6Address v6 -> new Ipv6Address(v6.high(), v6.low() + 1);
          };
      return new IpPrefix(first, block.length());
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
