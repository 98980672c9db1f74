package dev.tweed.firewall.ruleset;

import dev.tweed.ip.AddressFamily;
import dev.tweed.ip.IpPrefix;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;

/** One condition of a rule. */
sealed interface Match {

  /**
   * The device a packet comes in by or leaves by.
   *
   * @param names names, or prefixes that end in a star
   */
  record Device(boolean in, boolean negated, List<String> names) implements Match {}

  /** The transport protocol, by names as nft prints them. */
  record TransportProtocol(boolean negated, Set<String> names) implements Match {}

  /** The address family: {@code ipv4} or {@code ipv6}. */
  record Family(boolean negated, String name) implements Match {}

  /** Destination ports of one protocol ({@code th} is any), inclusive ranges. */
  record DestinationPort(String protocol, boolean negated, List<int[]> ranges) implements Match {}

  /** Any other field of a transport header: not known, but the protocol is. */
  record FieldOf(String protocol) implements Match {}

  /** Source or destination address in any of the ranges, which are of one family. */
  record Address(AddressFamily family, boolean source, boolean negated, List<IpPrefix> ranges)
      implements Match {}

  /** Source address in a set, or a list, whose elements are not known. */
  record UnknownSources() implements Match {}

  /** Connection tracking state; the packet is the first of its flow. */
  record ConnectionState(boolean negated, Set<String> states) implements Match {}

  /**
   * An iptables {@code conntrack} match, whose states {@code nft -j} does not tell. See {@link
   * Rule#answer}.
   */
  record OpaqueConnectionState() implements Match {}

  /** Kind of destination by the routing table: local on the input hook, unicast elsewhere. */
  record DestinationKind(boolean negated, Set<String> kinds) implements Match {}

  /**
   * Bits of the packet mark. The packets in question carry none: who marks (kube-proxy, for what it
   * masquerades) does so on flows to Services.
   */
  record Mark(boolean negated, boolean zero) implements Match {}

  /** Never satisfied by the first packet of a flow that no NAT rule has touched. */
  record TranslatedFlow(boolean negated) implements Match {}

  /** Anything this evaluator does not know; the text is for debugging. */
  record UnknownCondition(String what) implements Match {}

  /** Whether the packet satisfies it. */
  default Answer matches(Packet packet) {
    return switch (this) {
      case Device device -> device(device, packet).negatedIf(device.negated());
      case TransportProtocol(boolean negated, Set<String> names) ->
          Answer.of(names.contains(packet.protocol())).negatedIf(negated);
      case Family(boolean negated, String name) ->
          Answer.of(name.equalsIgnoreCase(packet.family().name())).negatedIf(negated);
      case DestinationPort port when !isOf(port.protocol(), packet) -> Answer.NO;
      case DestinationPort port -> port(port.ranges(), packet.port()).negatedIf(port.negated());
      case FieldOf(String protocol) -> isOf(protocol, packet) ? Answer.MAYBE : Answer.NO;
      case Address address when address.family() != packet.family() -> Answer.NO;
      case Address address ->
          address(address.ranges(), address.source() ? packet.source() : packet.destination())
              .negatedIf(address.negated());
      case ConnectionState(boolean negated, Set<String> states) ->
          Answer.of(states.contains("new")).negatedIf(negated);
      case DestinationKind(boolean negated, Set<String> kinds) ->
          Answer.of(kinds.contains(packet.hook().equals("input") ? "local" : "unicast"))
              .negatedIf(negated);
      case Mark(boolean negated, boolean zero) -> Answer.of(zero).negatedIf(negated);
      case TranslatedFlow(boolean negated) -> Answer.NO.negatedIf(negated);
      case UnknownSources() -> Answer.MAYBE;
      case OpaqueConnectionState() -> Answer.MAYBE;
      case UnknownCondition ignored -> Answer.MAYBE;
    };
  }

  /** Whether, where that cannot be known, it holds for packets it does not name. */
  default boolean isOfOthers() {
    return switch (this) {
      case Device device -> device.negated();
      case DestinationPort port -> port.negated();
      case Address address -> address.source() && address.negated();
      default -> false;
    };
  }

  /** Whether it leaves out most packets for the address they come from. */
  default boolean isOfSources() {
    return switch (this) {
      case UnknownSources() -> true;
      case Address(AddressFamily family, boolean source, boolean negated, var ranges) -> {
        // Nobody bans more at once: a wider range may hold the nodes or the pods.
        int widest = family == AddressFamily.IPV4 ? 24 : 48;
        yield source && !negated && ranges.stream().allMatch(range -> range.length() >= widest);
      }
      default -> false;
    };
  }

  private static Answer device(Device device, Packet packet) {
    // A packet on the input hook leaves by no device, one on the output hook comes in by none.
    if (packet.hook().equals(device.in() ? "output" : "input")) {
      return Answer.NO;
    }
    return (device.in() ? packet.in() : packet.out())
        .map(d -> Answer.of(device.names().stream().anyMatch(name -> covers(name, d))))
        .orElse(packet.notOn().containsAll(device.names()) ? Answer.NO : Answer.MAYBE);
  }

  private static boolean covers(String name, String device) {
    return name.endsWith("*")
        ? device.startsWith(name.substring(0, name.length() - 1))
        : device.equals(name);
  }

  private static boolean isOf(String protocol, Packet packet) {
    return protocol.equals("th") || protocol.equals(packet.protocol());
  }

  private static Answer port(List<int[]> ranges, OptionalInt port) {
    return port.isEmpty()
        ? Answer.MAYBE
        : Answer.of(
            ranges.stream().anyMatch(r -> r[0] <= port.getAsInt() && port.getAsInt() <= r[1]));
  }

  private static Answer address(List<IpPrefix> ranges, Optional<IpPrefix> known) {
    if (known.isEmpty()) {
      return ranges.stream().anyMatch(r -> r.length() == 0) ? Answer.YES : Answer.MAYBE;
    }
    if (ranges.stream().anyMatch(r -> r.contains(known.get()))) {
      return Answer.YES;
    }
    return ranges.stream().anyMatch(r -> r.overlaps(known.get())) ? Answer.MAYBE : Answer.NO;
  }
}
