package dev.tweed.dataplane.plan;

import dev.tweed.dataplane.Backend;
import dev.tweed.dataplane.Finding;
import dev.tweed.dataplane.NetworkParameters;
import dev.tweed.dataplane.OwnNode;
import dev.tweed.dataplane.Reason;
import dev.tweed.ip.AddressFamily;
import dev.tweed.ip.IpAddress;
import dev.tweed.ip.IpPrefix;
import dev.tweed.netlink.Link;
import dev.tweed.netlink.VxlanInfo;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Decides which VXLAN devices this node has, and says what stands in their way.
 *
 * @param findings where what is wrong is added
 */
record TunnelPlanner(
    Marks marks, NetworkParameters network, OwnNode self, NodeFacts facts, List<Finding> findings) {

  /** Where a tunnel device goes: its address, and the device below it. */
  record Site(String name, IpAddress local, int lowerIndex, int maxMtu) {}

  /**
   * Where tunnel devices go, by the family of their underlay; what cannot be had is a finding.
   *
   * @param candidates the sound peers
   */
  Map<AddressFamily, Site> sites(
      Map<AddressFamily, UnderlayPlanner.Choice> choices, List<PeerPlanner.Candidate> candidates) {
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
    String name = NodeStatePlanner.tunnelName(vxlan.vni());
    if (choices.isEmpty()) {
      for (String existing : List.of(name, NodeStatePlanner.secondTunnelName(vxlan.vni()))) {
        existingSite(existing).ifPresent(site -> sites.putIfAbsent(site.local().family(), site));
      }
      return sites;
    }
    AddressFamily first =
        choices.containsKey(AddressFamily.IPV4) ? AddressFamily.IPV4 : AddressFamily.IPV6;
    if (isFree(name, vxlan, first)) {
      sites.put(first, site(name, choices.get(first)));
    }
    // One device speaks one family (vxlan_fdb_add() refuses the other): peers that lack it get a
    // device of their own.
    boolean needsSecond =
        first == AddressFamily.IPV4
            && choices.containsKey(AddressFamily.IPV6)
            && candidates.stream()
                .anyMatch(candidate -> candidate.address(AddressFamily.IPV4).isEmpty());
    String second = NodeStatePlanner.secondTunnelName(vxlan.vni());
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

  /** Ours by mark, or made by us and not yet marked: the kernel takes the mark only afterwards. */
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

  /**
   * The devices.
   *
   * @param podMtu what pods get; a device that carries less tells them so by ICMP
   */
  List<TunnelDevice> devices(Map<AddressFamily, Site> sites, List<IpPrefix> blocks, int podMtu) {
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
                    Math.min(podMtu, site.maxMtu()),
                    vxlan.vni(),
                    vxlan.port(),
                    site.local(),
                    site.lowerIndex(),
                    addresses))
        .toList();
  }
}
