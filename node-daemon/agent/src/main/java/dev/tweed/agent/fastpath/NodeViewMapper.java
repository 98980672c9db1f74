package dev.tweed.agent.fastpath;

import dev.tweed.dataplane.PeerWay;
import dev.tweed.dataplane.Underlay;
import dev.tweed.enforce.gate.LocalPod;
import dev.tweed.fastpath.Devices;
import dev.tweed.fastpath.NodeView;
import dev.tweed.ip.IpAddress;
import dev.tweed.ip.Ipv4Address;
import dev.tweed.netlink.Link;
import dev.tweed.netlink.MacAddress;
import dev.tweed.netlink.VxlanInfo;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.IntPredicate;
import java.util.stream.Stream;

/** From what is known in the daemon to what the fast path's planner looks at. Pure. */
final class NodeViewMapper {

  private NodeViewMapper() {}

  /**
   * This process and its kernel.
   *
   * @param release as {@code uname -r}
   * @param capabilities effective ones, by number
   */
  record Process(String release, Set<Integer> capabilities) {}

  /**
   * The view.
   *
   * @param pods those that run here
   * @param foreign whether somebody else has a tcx program on the device of an index
   */
  static NodeView map(
      FastPathTarget target,
      Process process,
      Devices devices,
      List<LocalPod> pods,
      IntPredicate foreign) {
    Optional<NodeView.Tunnel> tunnel =
        devices.link(target.tunnel()).flatMap(NodeViewMapper::tunnel);
    Optional<Link> bridge = devices.link(target.bridge());
    Optional<Link> wire = target.underlay().flatMap(underlay -> wire(underlay, devices, foreign));
    return new NodeView(
        target.wanted(),
        process.release(),
        process.capabilities(),
        target.liberal(),
        tunnel,
        Stream.concat(tunnel.map(NodeView.Tunnel::name).stream(), Stream.of(target.bridge()))
            .filter(device -> isOccupied(device, devices, foreign))
            .findFirst(),
        wire.flatMap(
            link ->
                target
                    .underlay()
                    .flatMap(underlay -> ipv4(underlay.address()))
                    .map(address -> new NodeView.Encapsulation(link.index(), address))),
        wire.flatMap(link -> bridge.map(ports -> new NodeView.Wire(link.index(), ports.index()))),
        target.peers().stream().map(way -> peer(way, target)).toList(),
        bridge
            .flatMap(Link::mac)
            .map(gateway -> pods(pods, bridge.get(), gateway, target, devices, foreign))
            .orElse(List.of()));
  }

  private static Optional<NodeView.Tunnel> tunnel(Link link) {
    if (link.vxlan().isEmpty() || link.mac().isEmpty()) {
      return Optional.empty();
    }
    VxlanInfo vxlan = link.vxlan().get();
    return Optional.of(
        new NodeView.Tunnel(
            link.index(),
            link.name(),
            link.mac().get(),
            vxlan.vni(),
            vxlan.port(),
            vxlan.lowerIndex(),
            !vxlan.learning() && !vxlan.external() && !vxlan.proxy() && !vxlan.gbp()));
  }

  private static boolean isOccupied(String device, Devices devices, IntPredicate foreign) {
    return devices
        .link(device)
        .filter(
            link ->
                isTaken(link.index(), devices, foreign)
                    || link.xdp()
                    || !devices.qdisc(link.index()).equals(Devices.NO_QUEUE))
        .isPresent();
  }

  private static boolean isTaken(int device, Devices devices, IntPredicate foreign) {
    return devices.hasFilters(device) || foreign.test(device);
  }

  /**
   * The underlay's device, if programs may take packets there. Filters of tc on it, and programs of
   * others that come after ours, would not see those: then the tunnel device and the host's routes
   * do it, as where packets have no Ethernet header.
   */
  private static Optional<Link> wire(Underlay underlay, Devices devices, IntPredicate foreign) {
    return devices
        .link(underlay.device())
        .filter(link -> link.mac().isPresent() && !link.isLoopback() && !link.isNoArp())
        .filter(link -> !isTaken(link.index(), devices, foreign));
  }

  private static Optional<Ipv4Address> ipv4(IpAddress address) {
    return address instanceof Ipv4Address ipv4 ? Optional.of(ipv4) : Optional.empty();
  }

  private static NodeView.Peer peer(PeerWay way, FastPathTarget target) {
    return new NodeView.Peer(
        way.node(),
        List.of(way.block()),
        way.mtu() == 0 ? target.podMtu() : way.mtu(),
        carrier(way, target));
  }

  private static NodeView.Way carrier(PeerWay way, FastPathTarget target) {
    Optional<String> device =
        way.mac().isPresent()
            ? Optional.of(target.tunnel())
            : target.underlay().map(Underlay::device);
    return device.filter(way.device()::equals).isEmpty()
        ? new NodeView.Way.Other()
        : way.mac()
            .<NodeView.Way>map(mac -> new NodeView.Way.Tunnelled(mac, way.underlay()))
            .orElse(new NodeView.Way.Plain());
  }

  /** Those on this bridge, with addresses of this node's blocks. */
  private static List<NodeView.Pod> pods(
      List<LocalPod> pods,
      Link bridge,
      MacAddress gateway,
      FastPathTarget target,
      Devices devices,
      IntPredicate foreign) {
    List<NodeView.Pod> seen = new ArrayList<>();
    for (LocalPod pod : pods) {
      Optional<Link> port =
          devices.link(pod.device()).filter(link -> link.masterIndex() == bridge.index());
      List<IpAddress> own =
          pod.addresses().stream().filter(address -> isOwn(address, target)).toList();
      if (port.isPresent() && pod.mac().isPresent() && !own.isEmpty()) {
        seen.add(
            new NodeView.Pod(
                pod.device(),
                pod.mac().get(),
                gateway,
                own,
                devices.qdisc(pod.device()),
                isTaken(pod.device(), devices, foreign),
                isTapped(port.get())));
      }
    }
    return seen;
  }

  /** What listens there, or stands behind it, would not see what is put into the pod past it. */
  private static boolean isTapped(Link port) {
    return port.xdp() || port.bridgePort().filter(info -> info.listeners() > 0).isPresent();
  }

  private static boolean isOwn(IpAddress address, FastPathTarget target) {
    return target.blocks().stream().anyMatch(block -> block.contains(address));
  }
}
