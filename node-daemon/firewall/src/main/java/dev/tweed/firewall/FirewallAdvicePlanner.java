package dev.tweed.firewall;

import dev.tweed.firewall.HostFirewall.Manager;
import dev.tweed.firewall.ruleset.Chain;
import dev.tweed.firewall.ruleset.Packet;
import dev.tweed.ip.AddressFamily;
import dev.tweed.ip.IpAddress;
import dev.tweed.ip.IpPrefix;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Tells which of the traffic the network needs the host's firewall certainly drops, and what to
 * type about it. Pure.
 *
 * <p>It sends the packets the network lives on through the rules: the tunnel's, and pods' to and
 * from other nodes, to each other (bridged frames pass the forward hook too, since the network
 * needs {@code bridge-nf-call-iptables}) and to the outside. Nothing is reported that may pass: not
 * where the rules already let it through, nor where they depend on addresses or states it cannot
 * know. Traffic from pods to their own node is the administrator's decision and never reported.
 */
public final class FirewallAdvicePlanner {

  /** Packets of one kind, and how to speak of them. */
  private record Flow(Traffic direction, Packet packet) {}

  enum Traffic {
    TUNNEL_IN("of the tunnel from other nodes (UDP port %d)"),
    TUNNEL_OUT("of the tunnel to other nodes (UDP port %d)"),
    FROM_NODES("from other nodes to pods"),
    TO_NODES("from pods to pods on other nodes"),
    ON_NODE("between pods on this node"),
    OUTSIDE("from pods to the outside");

    private final String text;

    Traffic(String text) {
      this.text = text;
    }
  }

  /** Flows with one remedy become one blockage. */
  private record Advice(Manager manager, String who, List<String> commands, String note) {}

  private FirewallAdvicePlanner() {}

  /**
   * What is blocked, with the commands that open it in the firewall the host has.
   *
   * @return empty if nothing is certainly blocked
   */
  public static List<FirewallBlockage> plan(HostFirewall firewall, NetworkNeeds needs) {
    Map<Advice, Set<Traffic>> blocked = new LinkedHashMap<>();
    for (Flow flow : flows(needs)) {
      for (Chain blocker : firewall.rules().blockersOf(flow.packet())) {
        AdviceRenderer renderer =
            new AdviceRenderer(firewall, blocker, flow.packet().family(), needs);
        blocked
            .computeIfAbsent(
                new Advice(
                    renderer.manager(),
                    renderer.who(),
                    renderer.commands(flow.direction()),
                    renderer.note()),
                advice -> new LinkedHashSet<>())
            .add(flow.direction());
      }
    }
    return blocked.entrySet().stream()
        .map(
            entry ->
                new FirewallBlockage(
                    entry.getValue().stream().anyMatch(d -> d != Traffic.OUTSIDE),
                    entry.getKey().manager(),
                    "%s drops packets %s%s"
                        .formatted(
                            entry.getKey().who(),
                            entry.getValue().stream()
                                .map(direction -> text(direction, needs))
                                .collect(Collectors.joining(", ")),
                            entry.getKey().note()),
                    entry.getKey().commands()))
        .toList();
  }

  /** Packets the network lives on. */
  public static List<Packet> packets(NetworkNeeds needs) {
    return flows(needs).stream().map(Flow::packet).toList();
  }

  private static String text(Traffic direction, NetworkNeeds needs) {
    return direction.text.formatted(needs.tunnel().map(NetworkNeeds.Tunnel::port).orElse(0));
  }

  private static List<Flow> flows(NetworkNeeds needs) {
    List<Flow> flows = new ArrayList<>();
    List<String> ours = needs.devices();
    Optional<String> none = Optional.empty();
    Optional<String> underlay = needs.underlayDevice();
    needs
        .tunnel()
        .ifPresent(
            tunnel -> {
              OptionalInt port = OptionalInt.of(tunnel.port());
              for (AddressFamily family : families(needs.nodeIps())) {
                Packet in = Packet.of("input", family, "udp").notOn(ours).to(port);
                Packet out = Packet.of("output", family, "udp").notOn(ours).to(port);
                flows.add(new Flow(Traffic.TUNNEL_IN, in.on(underlay, none)));
                flows.add(new Flow(Traffic.TUNNEL_OUT, out.on(none, underlay)));
              }
            });
    Optional<String> bridge = Optional.of(needs.bridge());
    Optional<String> toNodes = needs.tunnel().map(NetworkNeeds.Tunnel::device).or(() -> underlay);
    for (IpPrefix cidr : needs.podCidrs()) {
      Optional<IpPrefix> pods = Optional.of(cidr);
      Packet routed = Packet.of("forward", cidr.family(), "tcp").notOn(ours);
      Packet toPods = routed.between(pods, pods);
      flows.add(new Flow(Traffic.FROM_NODES, toPods.on(toNodes, bridge)));
      flows.add(new Flow(Traffic.TO_NODES, toPods.on(bridge, toNodes)));
      flows.add(new Flow(Traffic.ON_NODE, toPods.on(bridge, bridge)));
      outside(needs)
          .forEach(
              device ->
                  flows.add(
                      new Flow(
                          Traffic.OUTSIDE,
                          routed.between(pods, Optional.empty()).on(bridge, device))));
    }
    return flows;
  }

  private static List<Optional<String>> outside(NetworkNeeds needs) {
    return needs.outsideDevices().isEmpty()
        ? List.of(needs.underlayDevice())
        : needs.outsideDevices().stream().map(Optional::of).toList();
  }

  private static Set<AddressFamily> families(List<IpAddress> addresses) {
    return addresses.stream()
        .map(IpAddress::family)
        .collect(Collectors.toCollection(LinkedHashSet::new));
  }
}
