package dev.tweed.agent.trace;

import static dev.tweed.agent.trace.ObservationPoint.ANSWER_ARRIVED;
import static dev.tweed.agent.trace.ObservationPoint.ANSWER_DECAPSULATED;
import static dev.tweed.agent.trace.ObservationPoint.ANSWER_DELIVERED;
import static dev.tweed.agent.trace.ObservationPoint.ANSWER_FORWARDED;
import static dev.tweed.agent.trace.ObservationPoint.ANSWER_RECEIVED;
import static dev.tweed.agent.trace.ObservationPoint.ASK_ARRIVED;
import static dev.tweed.agent.trace.ObservationPoint.ASK_DECAPSULATED;
import static dev.tweed.agent.trace.ObservationPoint.ASK_DELIVERED;
import static dev.tweed.agent.trace.ObservationPoint.ASK_FORWARDED;
import static dev.tweed.agent.trace.ObservationPoint.ASK_RECEIVED;

import dev.tweed.agent.probe.UnreachedPeer.Where;
import dev.tweed.agent.trace.LossDiagnosis.Loss;
import dev.tweed.dataplane.Backend;
import dev.tweed.dataplane.ProbeAddress;
import dev.tweed.firewall.ruleset.Packet;
import dev.tweed.ip.AddressFamily;
import dev.tweed.ip.IpAddress;
import dev.tweed.ip.IpPrefix;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.Stream;

/**
 * From the packets of an unreached peer that came by each point in a while to where they are lost.
 * Pure.
 *
 * <p>A point that has seen none, right after one that has seen some, is where. What was seen by the
 * last point of this host has left it, or was delivered.
 */
final class TracePlanner {

  private static final int PORT = ProbeAddress.PORT;
  private static final String BRIDGE_FILTER =
      "rules of the bridge family (nft list ruleset, ebtables) and of iptables-legacy";

  private final TraceNetwork network;
  private final TracedPeer peer;
  private final PacketCounts seen;
  private final String bridge;
  private final String tunnel;
  private final Optional<Backend.Vxlan> vxlan;

  private TracePlanner(TraceNetwork network, TracedPeer peer, PacketCounts seen) {
    this.network = network;
    this.peer = peer;
    this.seen = seen;
    this.bridge = network.needs().bridge();
    this.tunnel = network.tunnel();
    this.vxlan = network.vxlan();
  }

  /** Points of the peer's probes, or of its answers, on their way in. */
  private record InboundPath(
      String what,
      String protocol,
      ObservationPoint arrived,
      ObservationPoint decapsulated,
      ObservationPoint forwarded,
      ObservationPoint received,
      ObservationPoint delivered) {}

  /**
   * Judges.
   *
   * @param seen packets by point, of a time in which the peer should have been probed
   * @return empty if it was not, and nothing of the peer was lost here
   */
  static Optional<LossDiagnosis> plan(TraceNetwork network, TracedPeer peer, PacketCounts seen) {
    return new TracePlanner(network, peer, seen).plan();
  }

  /** Whether packets of the peer have arrived, whatever became of them. */
  static boolean heard(PacketCounts seen) {
    return seen.any(ObservationPoint.TUNNEL)
        || seen.any(ASK_DECAPSULATED)
        || seen.any(ANSWER_DECAPSULATED);
  }

  private Optional<LossDiagnosis> plan() {
    Optional<Loss> leaving = leaving();
    Optional<Loss> arriving = arriving(answers()).or(() -> arriving(asks()));
    if (leaving.isPresent() || arriving.isPresent()) {
      return Optional.of(
          new LossDiagnosis(
              leaving.isPresent() ? Where.LEAVING : Where.ARRIVING,
              Stream.of(leaving, arriving).flatMap(Optional::stream).toList()));
    }
    if (seen.any(ANSWER_DELIVERED)) {
      return Optional.of(LossDiagnosis.of(Where.UNKNOWN, "answers of it are delivered"));
    }
    return seen.any(ObservationPoint.SENT) ? Optional.of(outside()) : Optional.empty();
  }

  private Optional<Loss> leaving() {
    if (!seen.any(ObservationPoint.SENT)) {
      return Optional.empty();
    }
    if (!seen.any(ObservationPoint.BRIDGED)) {
      return Optional.of(
          new Loss(
              "probes to it are dropped between %s and %s of this host (OUTPUT)"
                  .formatted(TraceTable.PROBE_DEVICE, bridge),
              List.of(
                  packet("output", "udp", Optional.empty(), Optional.of(TraceTable.PROBE_DEVICE))),
              BRIDGE_FILTER));
    }
    if (!seen.any(ObservationPoint.FORWARDED)) {
      return Optional.of(
          new Loss(
              "packets to it are dropped in FORWARD of this host",
              List.of(packet("forward", "udp", Optional.of(bridge), out())),
              "rules before it (PREROUTING), of iptables-legacy, and for a route or rule that"
                  + " refuses them"));
    }
    if (!seen.any(ObservationPoint.INTO_TUNNEL)) {
      if (!seen.any(ObservationPoint.PAST_TUNNEL)) {
        return Optional.of(Loss.elsewhere("packets to it are dropped in POSTROUTING of this host"));
      }
      return vxlan
          .filter(v -> !v.directRouting())
          .map(
              v ->
                  Loss.elsewhere(
                      "packets to it leave by another device than %s: type ip route get %s%s iif %s"
                          .formatted(
                              tunnel,
                              peer.probe(),
                              ownProbe().map(own -> " from " + own).orElse(""),
                              bridge)));
    }
    if (!seen.any(ObservationPoint.ENCAPSULATED)) {
      return Optional.of(
          Loss.elsewhere(
              "%s takes packets to it and sends none: no forwarding entry, or no route to its node"
                  .formatted(tunnel)));
    }
    if (!seen.any(ObservationPoint.PASSED_OUTPUT)) {
      return Optional.of(
          new Loss(
              "the tunnel's packets to it (UDP %d) are dropped in OUTPUT of this host"
                  .formatted(port()),
              tunnelPackets("output"),
              "rules of iptables-legacy"));
    }
    return seen.any(ObservationPoint.LEFT)
        ? Optional.empty()
        : Optional.of(
            Loss.elsewhere(
                "the tunnel's packets to it (UDP %d) are dropped in POSTROUTING of this host"
                    .formatted(port())));
  }

  private Optional<Loss> arriving(InboundPath way) {
    if (!seen.any(way.decapsulated())) {
      if (!seen.any(way.arrived())) {
        return Optional.empty();
      }
      return Optional.of(
          seen.any(ObservationPoint.TUNNEL)
              ? new Loss(
                  "the tunnel's packets from it (UDP %d) arrive and are dropped in INPUT of this"
                          .formatted(port())
                      + " host",
                  tunnelPackets("input"),
                  "rules of iptables-legacy, and whether %s is up".formatted(tunnel))
              : Loss.elsewhere(
                  ("the tunnel's packets from it (UDP %d) arrive from another address than its"
                          + " node's (%s), as after an address translation between the nodes, and"
                          + " are dropped on this host (table inet tweed-tunnel)")
                      .formatted(port(), nodeIps())));
    }
    if (!seen.any(way.forwarded())) {
      return Optional.of(
          new Loss(
              "%s from it arrive and are dropped in FORWARD of this host".formatted(way.what()),
              List.of(from("forward", way.protocol(), out(), Optional.of(bridge))),
              "rules before it (PREROUTING), of iptables-legacy, and for a source check"
                  + " (rp_filter)"));
    }
    Optional<String> probe = Optional.of(TraceTable.PROBE_DEVICE);
    if (!seen.any(way.received())) {
      return Optional.of(
          Loss.elsewhere(
              "%s from it pass FORWARD and are dropped between %s and %s of this host: look for %s"
                  .formatted(way.what(), bridge, TraceTable.PROBE_DEVICE, BRIDGE_FILTER)));
    }
    return seen.any(way.delivered())
        ? Optional.empty()
        : Optional.of(
            new Loss(
                "%s from it are dropped in INPUT of this host on %s"
                    .formatted(way.what(), TraceTable.PROBE_DEVICE),
                List.of(from("input", way.protocol(), probe, Optional.empty())),
                "rules before it (PREROUTING), of iptables-legacy, and for a source check"
                    + " (rp_filter)"));
  }

  /** Ours have left; whatever of the peer's has come was delivered. */
  private LossDiagnosis outside() {
    if (seen.any(ASK_DELIVERED)) {
      return LossDiagnosis.of(
          Where.BEYOND,
          leave() + " and its own arrive, but no answer: lost on its node, or on the way there");
    }
    if (seen.any(ObservationPoint.TUNNEL)) {
      return LossDiagnosis.of(
          Where.BEYOND,
          leave()
              + ", and packets of its tunnel arrive, but neither its probes nor its answers: lost on"
              + " its node");
    }
    return LossDiagnosis.of(
        Where.NOT_ARRIVING,
        vxlan.isPresent()
            ? leave()
                + (", and nothing of its tunnel (UDP %d, VNI %d, from %s) arrives: blocked between"
                        + " the nodes, such as by a security group, before the rules of this host,"
                        + " or on its node")
                    .formatted(port(), vxlan.get().vni(), nodeIps())
            : leave()
                + ", and nothing from its block arrives: blocked between the nodes, such as by a"
                + " source check, or on its node");
  }

  /** A route or rule of somebody, as of a VPN, may lead to other nodes. Or there are two NICs. */
  private String leave() {
    return "probes to it leave this host"
        + (seen.any(ObservationPoint.LEFT_ELSEWHERE)
            ? " by another device than %s (type ip route get %s)"
                .formatted(
                    network.needs().underlayDevice().orElse("its own"), peer.nodeIps().getFirst())
            : "");
  }

  private static InboundPath answers() {
    return new InboundPath(
        "answers",
        "icmp",
        ANSWER_ARRIVED,
        ANSWER_DECAPSULATED,
        ANSWER_FORWARDED,
        ANSWER_RECEIVED,
        ANSWER_DELIVERED);
  }

  private static InboundPath asks() {
    return new InboundPath(
        "packets",
        "udp",
        ASK_ARRIVED,
        ASK_DECAPSULATED,
        ASK_FORWARDED,
        ASK_RECEIVED,
        ASK_DELIVERED);
  }

  private int port() {
    return vxlan.map(Backend.Vxlan::port).orElse(0);
  }

  private String nodeIps() {
    return String.join(", ", peer.nodeIps().stream().map(Object::toString).toList());
  }

  private Optional<IpAddress> ownProbe() {
    return network.ownProbe(peer.block().family());
  }

  /** The device that leads to the peer; unknown where it depends on routes. */
  private Optional<String> out() {
    return vxlan.isEmpty()
        ? network.needs().underlayDevice()
        : vxlan.filter(v -> !v.directRouting()).map(v -> tunnel);
  }

  private Packet packet(String hook, String protocol, Optional<String> in, Optional<String> out) {
    return packet(
        hook, protocol, in, out, ownProbe(), Optional.of(peer.probe()), OptionalInt.of(PORT));
  }

  private Packet from(String hook, String protocol, Optional<String> in, Optional<String> out) {
    boolean icmp = protocol.equals("icmp");
    return packet(
        hook,
        icmp && peer.block().family() == AddressFamily.IPV6 ? "ipv6-icmp" : protocol,
        in,
        out,
        Optional.of(peer.probe()),
        ownProbe(),
        icmp ? OptionalInt.empty() : OptionalInt.of(PORT));
  }

  /** The tunnel's, one for each family that both nodes have an address of. */
  private List<Packet> tunnelPackets(String hook) {
    boolean in = hook.equals("input");
    Optional<String> underlay = network.needs().underlayDevice();
    return peer.nodeIps().stream()
        .flatMap(
            theirs ->
                network.snapshot().self().nodeIps().stream()
                    .filter(own -> own.family() == theirs.family())
                    .map(
                        own ->
                            packet(
                                hook,
                                "udp",
                                in ? underlay : Optional.empty(),
                                in ? Optional.empty() : underlay,
                                Optional.of(in ? theirs : own),
                                Optional.of(in ? own : theirs),
                                OptionalInt.of(port()))))
        .toList();
  }

  private Packet packet(
      String hook,
      String protocol,
      Optional<String> in,
      Optional<String> out,
      Optional<IpAddress> source,
      Optional<IpAddress> destination,
      OptionalInt port) {
    IpAddress known = source.or(() -> destination).orElseThrow();
    return Packet.of(hook, known.family(), protocol)
        .on(in, out)
        .notOn(tunnel.isEmpty() ? List.of(bridge) : List.of(bridge, tunnel))
        .between(source.map(IpPrefix::host), destination.map(IpPrefix::host))
        .to(port);
  }
}
