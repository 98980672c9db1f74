package dev.tweed.firewall.ruleset;

import dev.tweed.ip.AddressFamily;
import dev.tweed.ip.IpPrefix;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;

/** One condition of a rule. */
sealed interface Match {

  /** Whether the packet satisfies it. */
  Answer matches(Packet packet);

  /** Whether, where that cannot be known, it holds for packets it does not name. */
  default boolean isOfOthers() {
    return false;
  }

  /** Whether it leaves out most packets for the address they come from. */
  default boolean isOfSources() {
    return false;
  }

  /**
   * The device a packet comes in by or leaves by.
   *
   * @param names names, or prefixes that end in a star
   */
  record Device(boolean in, boolean negated, List<String> names) implements Match {
    @Override
    public boolean isOfOthers() {
      return negated;
    }

    @Override
    public Answer matches(Packet packet) {
      // A packet on the input hook leaves by no device, one on the output hook comes in by none.
      if (packet.hook().equals(in ? "output" : "input")) {
        return Answer.NO.negatedIf(negated);
      }
      Optional<String> device = in ? packet.in() : packet.out();
      return device
          .map(d -> Answer.of(names.stream().anyMatch(name -> covers(name, d))))
          .orElse(packet.notOn().containsAll(names) ? Answer.NO : Answer.MAYBE)
          .negatedIf(negated);
    }

    private static boolean covers(String name, String device) {
      return name.endsWith("*")
          ? device.startsWith(name.substring(0, name.length() - 1))
          : device.equals(name);
    }
  }

  /** The transport protocol, by names as nft prints them. */
  record TransportProtocol(boolean negated, Set<String> names) implements Match {
    @Override
    public Answer matches(Packet packet) {
      return Answer.of(names.contains(packet.protocol())).negatedIf(negated);
    }
  }

  /** The address family: {@code ipv4} or {@code ipv6}. */
  record Family(boolean negated, String name) implements Match {
    @Override
    public Answer matches(Packet packet) {
      return Answer.of(name.equalsIgnoreCase(packet.family().name())).negatedIf(negated);
    }
  }

  /** Destination ports of one protocol ({@code th} is any), inclusive ranges. */
  record DestinationPort(String protocol, boolean negated, List<int[]> ranges) implements Match {
    @Override
    public boolean isOfOthers() {
      return negated;
    }

    @Override
    public Answer matches(Packet packet) {
      if (!protocol.equals("th") && !protocol.equals(packet.protocol())) {
        return Answer.NO;
      }
      OptionalInt port = packet.port();
      if (port.isEmpty()) {
        return Answer.MAYBE;
      }
      return Answer.of(
              ranges.stream().anyMatch(r -> r[0] <= port.getAsInt() && port.getAsInt() <= r[1]))
          .negatedIf(negated);
    }
  }

  /** Any other field of a transport header: not known, but the protocol is. */
  record FieldOf(String protocol) implements Match {
    @Override
    public Answer matches(Packet packet) {
      return protocol.equals("th") || protocol.equals(packet.protocol()) ? Answer.MAYBE : Answer.NO;
    }
  }

  /** Source or destination address in any of the ranges, which are of one family. */
  record Address(AddressFamily family, boolean source, boolean negated, List<IpPrefix> ranges)
      implements Match {
    @Override
    public boolean isOfOthers() {
      return source && negated;
    }

    @Override
    public boolean isOfSources() {
      // Nobody bans more at once: a wider range may hold the nodes or the pods.
      int widest = family == AddressFamily.IPV4 ? 24 : 48;
      return source && !negated && ranges.stream().allMatch(range -> range.length() >= widest);
    }

    @Override
    public Answer matches(Packet packet) {
      if (packet.family() != family) {
        return Answer.NO;
      }
      Optional<IpPrefix> known = source ? packet.source() : packet.destination();
      if (known.isEmpty()) {
        return ranges.stream().anyMatch(r -> r.length() == 0)
            ? Answer.YES.negatedIf(negated)
            : Answer.MAYBE;
      }
      Answer inside =
          ranges.stream().anyMatch(r -> r.contains(known.get()))
              ? Answer.YES
              : ranges.stream().anyMatch(r -> r.overlaps(known.get())) ? Answer.MAYBE : Answer.NO;
      return inside.negatedIf(negated);
    }
  }

  /** Source address in a set, or a list, whose elements are not known. */
  record UnknownSources() implements Match {
    @Override
    public boolean isOfSources() {
      return true;
    }

    @Override
    public Answer matches(Packet packet) {
      return Answer.MAYBE;
    }
  }

  /** Connection tracking state; the packet is the first of its flow. */
  record ConnectionState(boolean negated, Set<String> states) implements Match {
    @Override
    public Answer matches(Packet packet) {
      return Answer.of(states.contains("new")).negatedIf(negated);
    }
  }

  /**
   * An iptables {@code conntrack} match, whose states {@code nft -j} does not tell. See {@link
   * Rule#answer}.
   */
  record OpaqueConnectionState() implements Match {
    @Override
    public Answer matches(Packet packet) {
      return Answer.MAYBE;
    }
  }

  /** Kind of destination by the routing table: local on the input hook, unicast elsewhere. */
  record DestinationKind(boolean negated, Set<String> kinds) implements Match {
    @Override
    public Answer matches(Packet packet) {
      return Answer.of(kinds.contains(packet.hook().equals("input") ? "local" : "unicast"))
          .negatedIf(negated);
    }
  }

  /**
   * Bits of the packet mark. The packets in question carry none: who marks (kube-proxy, for what it
   * masquerades) does so on flows to Services.
   */
  record Mark(boolean negated, boolean zero) implements Match {
    @Override
    public Answer matches(Packet packet) {
      return Answer.of(zero).negatedIf(negated);
    }
  }

  /** Never satisfied by the first packet of a flow that no NAT rule has touched. */
  record TranslatedFlow(boolean negated) implements Match {
    @Override
    public Answer matches(Packet packet) {
      return Answer.NO.negatedIf(negated);
    }
  }

  /** Anything this evaluator does not know; the text is for debugging. */
  record UnknownCondition(String what) implements Match {
    @Override
    public Answer matches(Packet packet) {
      return Answer.MAYBE;
    }
  }
}
