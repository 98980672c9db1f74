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
import static dev.tweed.agent.trace.ObservationPoint.BRIDGED;
import static dev.tweed.agent.trace.ObservationPoint.ENCAPSULATED;
import static dev.tweed.agent.trace.ObservationPoint.FORWARDED;
import static dev.tweed.agent.trace.ObservationPoint.INTO_TUNNEL;
import static dev.tweed.agent.trace.ObservationPoint.LEFT;
import static dev.tweed.agent.trace.ObservationPoint.LEFT_ELSEWHERE;
import static dev.tweed.agent.trace.ObservationPoint.PASSED_OUTPUT;
import static dev.tweed.agent.trace.ObservationPoint.PAST_TUNNEL;
import static dev.tweed.agent.trace.ObservationPoint.SENT;
import static dev.tweed.agent.trace.ObservationPoint.TUNNEL;

import dev.tweed.dataplane.Backend;
import dev.tweed.dataplane.ProbeAddress;
import dev.tweed.ip.AddressFamily;
import dev.tweed.ip.IpAddress;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * The nftables table that counts the packets of peers, as a text for {@code nft -f}: it takes the
 * place of the one before in one transaction, and all counters begin with 0. Pure.
 *
 * <p>A rule counts and does nothing else, or leads to those that do. Each that counts has the
 * comment {@code <number of the peer> <name of the point>}. Only probes, and packets of the tunnel
 * from these peers, get to the rules of peers.
 *
 * <p>A packet of the tunnel is known by what is in it: after UDP's 8 bytes and VXLAN's 8 (RFC 7348)
 * come 14 of Ethernet and the inner IP header.
 */
final class TraceTableRenderer {

  /** Ahead of connection tracking and of every filter. */
  private static final int RAW = -300;

  /** After every filter and address translation. */
  private static final int LAST = 300;

  /** Ahead of the chain that answers probes (table inet tweed). */
  private static final int BEFORE_ANSWER = -11;

  private static final String ASKS = "udp dport " + ProbeAddress.PORT;

  /** ICMP and ICMPv6, by number: nft looks names up in a file that no image has to have. */
  private static final String ANSWERS = "meta l4proto { 1, 58 }";

  // Bits from the start of the outer UDP header.
  private static final int ETHERTYPE = (8 + 8 + 12) * 8;
  private static final int INNER = (8 + 8 + 14) * 8;

  private final List<TracedPeer> peers;
  private final Optional<Backend.Vxlan> vxlan;
  private final String bridge;
  private final String tunnel;
  private final Optional<String> underlay;
  private final String device = quoted(TraceTable.PROBE_DEVICE);
  private final List<String> chains = new ArrayList<>();

  private TraceTableRenderer(TraceNetwork network, List<TracedPeer> peers) {
    this.peers = peers;
    this.vxlan = network.vxlan();
    this.bridge = quoted(network.needs().bridge());
    this.tunnel = quoted(network.tunnel());
    this.underlay = network.needs().underlayDevice().map(TraceTableRenderer::quoted);
  }

  /** Renders. */
  static String render(TraceNetwork network, List<TracedPeer> peers) {
    return new TraceTableRenderer(network, peers).render();
  }

  private String render() {
    // The kernel lists chains in the order they were made: a packet that comes meanwhile is seen
    // at late points rather than at early ones, and so never taken for lost.
    for (ObservationPoint point : ObservationPoint.values()) {
      List<String> counters = counters(point);
      if (vxlan.isPresent() || !counters.isEmpty()) {
        chain(point.chain(), counters);
      }
    }
    String outside = "iifname != { %s, %s }".formatted(bridge, device);
    hook("output-raw", "output", RAW, List.of(jump(ASKS, SENT)), inside(true, ENCAPSULATED));
    hook(
        "prerouting",
        "prerouting",
        RAW,
        List.of(
            jump(ASKS + " iifname " + bridge, BRIDGED),
            jump(ASKS + " " + outside, ASK_DECAPSULATED),
            jump(ASKS + " iifname " + device, ASK_RECEIVED),
            jump(ANSWERS + " " + outside, ANSWER_DECAPSULATED),
            jump(ANSWERS + " iifname " + device, ANSWER_RECEIVED)),
        Stream.of(
                fromNodes().map(from -> jump(from, TUNNEL)),
                inside(true, ASK_ARRIVED).stream(),
                inside(false, ANSWER_ARRIVED).stream())
            .flatMap(lines -> lines)
            .toList());
    hook(
        "forward",
        "forward",
        LAST,
        List.of(
            jump(ASKS + " iifname " + bridge, FORWARDED),
            jump(ASKS + " oifname " + bridge, ASK_FORWARDED),
            jump(ANSWERS + " oifname " + bridge, ANSWER_FORWARDED)),
        List.of());
    hook(
        "input",
        "input",
        LAST,
        List.of(jump(ANSWERS + " iifname " + device, ANSWER_DELIVERED)),
        List.of());
    hook(
        "input-asks",
        "input",
        BEFORE_ANSWER,
        List.of(jump(ASKS + " iifname " + device, ASK_DELIVERED)),
        List.of());
    hook("output", "output", LAST, List.of(), inside(true, PASSED_OUTPUT));
    hook(
        "postrouting",
        "postrouting",
        LAST,
        vxlan.isPresent()
            ? List.of(
                jump(ASKS + " oifname " + tunnel, INTO_TUNNEL),
                jump(ASKS + " oifname != { %s, %s }".formatted(tunnel, device), PAST_TUNNEL))
            : List.of(jump(ASKS + " oifname != " + device, PAST_TUNNEL)),
        Stream.concat(
                underlay.stream()
                    .flatMap(name -> inside(true, " oifname != " + name, LEFT_ELSEWHERE)),
                inside(true, LEFT).stream())
            .toList());
    return "add table inet %1$s\ndelete table inet %1$s\ntable inet %1$s {\n%2$s}\n"
        .formatted(TraceTable.NAME, String.join("", chains));
  }

  private List<String> counters(ObservationPoint point) {
    return IntStream.range(0, peers.size())
        .boxed()
        .flatMap(
            number ->
                conditions(point, peers.get(number))
                    .map(c -> "%s counter comment \"%d %s\"".formatted(c, number, point)))
        .toList();
  }

  private Stream<String> conditions(ObservationPoint point, TracedPeer peer) {
    IpAddress probe = peer.probe();
    boolean v4 = isV4(probe);
    return switch (point) {
      case SENT, BRIDGED, FORWARDED, PAST_TUNNEL -> Stream.of(ip(probe) + " daddr " + probe);
      case ASK_DECAPSULATED,
          ANSWER_DECAPSULATED,
          ASK_FORWARDED,
          ANSWER_FORWARDED,
          ASK_RECEIVED,
          ANSWER_RECEIVED,
          ASK_DELIVERED,
          ANSWER_DELIVERED ->
          Stream.of(ip(probe) + " saddr " + probe);
      case INTO_TUNNEL -> vxlan.stream().map(v -> ip(probe) + " daddr " + probe);
      case TUNNEL ->
          vxlan.stream()
              .flatMap(v -> peer.nodeIps().stream())
              .map(address -> ip(address) + " saddr " + address);
      case ENCAPSULATED, PASSED_OUTPUT, LEFT, LEFT_ELSEWHERE ->
          vxlan.stream().map(v -> inner(v4 ? 16 : 24, probe));
      case ASK_ARRIVED, ANSWER_ARRIVED -> vxlan.stream().map(v -> inner(v4 ? 12 : 8, probe));
    };
  }

  /** To a point for what is inside of packets of the tunnel: probes or answers. */
  private List<String> inside(boolean asks, ObservationPoint point) {
    return inside(asks, "", point).toList();
  }

  private Stream<String> inside(boolean asks, String rest, ObservationPoint point) {
    return Stream.of(AddressFamily.values())
        .filter(family -> peers.stream().anyMatch(peer -> peer.probe().family() == family))
        .map(family -> jump(inside(asks, family == AddressFamily.IPV4) + rest, point));
  }

  private static String inside(boolean asks, boolean v4) {
    String inner =
        "@th,%d,16 %s @th,%d,8 "
            .formatted(ETHERTYPE, v4 ? "0x0800" : "0x86dd", INNER + (v4 ? 9 : 6) * 8);
    // The destination port is the second field of UDP.
    return asks
        ? inner + "17 @th,%d,16 %d".formatted(INNER + (v4 ? 20 : 40) * 8 + 16, ProbeAddress.PORT)
        : inner + (v4 ? "1" : "58");
  }

  private static String inner(int byteOfHeader, IpAddress address) {
    return "@th,%d,%d 0x%s"
        .formatted(
            INNER + byteOfHeader * 8,
            address.family().bits(),
            HexFormat.of().formatHex(address.toBytes()));
  }

  /** All underlay addresses of the peers, of each family. */
  private Stream<String> fromNodes() {
    return Stream.of(AddressFamily.values())
        .map(
            family ->
                peers.stream()
                    .flatMap(peer -> peer.nodeIps().stream())
                    .filter(address -> address.family() == family)
                    .distinct()
                    .toList())
        .filter(addresses -> !addresses.isEmpty())
        .map(
            addresses ->
                addresses.stream()
                    .map(IpAddress::toString)
                    .collect(
                        Collectors.joining(", ", ip(addresses.getFirst()) + " saddr { ", " }")));
  }

  /**
   * A chain at a hook.
   *
   * @param inTunnel rules for packets of the tunnel; there are none where there is no tunnel
   */
  private void hook(
      String name, String hook, int priority, List<String> rules, List<String> inTunnel) {
    List<String> lines = new ArrayList<>();
    lines.add("type filter hook %s priority %d; policy accept;".formatted(hook, priority));
    // What is neither passes two conditions.
    branch(lines, name + "-asks", ASKS, rules);
    branch(lines, name + "-answers", ANSWERS, rules);
    vxlan.ifPresent(
        v -> {
          String condition = "udp dport %d @th,96,24 %d ".formatted(v.port(), v.vni());
          branch(
              lines,
              name + "-tunnel",
              condition.strip(),
              inTunnel.stream().map(rule -> condition + rule).toList());
        });
    chain(name, lines);
  }

  /** One jump for all rules that begin with the condition. */
  private void branch(List<String> lines, String name, String condition, List<String> rules) {
    List<String> rest =
        rules.stream()
            .filter(rule -> rule.startsWith(condition + " "))
            .map(rule -> rule.substring(condition.length() + 1))
            .toList();
    if (rest.size() == 1) {
      lines.add(condition + " " + rest.getFirst());
    } else if (!rest.isEmpty()) {
      chain(name, rest);
      lines.add(condition + " jump " + name);
    }
  }

  private void chain(String name, List<String> lines) {
    chains.add(
        lines.stream()
            .map(line -> "    " + line + "\n")
            .collect(Collectors.joining("", "  chain " + name + " {\n", "  }\n")));
  }

  private static String jump(String condition, ObservationPoint point) {
    return condition + " jump " + point.chain();
  }

  private static boolean isV4(IpAddress address) {
    return address.family() == AddressFamily.IPV4;
  }

  private static String ip(IpAddress address) {
    return isV4(address) ? "ip" : "ip6";
  }

  /** Names of devices are of harmless characters: {@link dev.tweed.firewall.NetworkNeeds}. */
  private static String quoted(String device) {
    return '"' + device + '"';
  }
}
