package dev.tweed.firewall.rules;

import dev.tweed.ip.AddressFamily;
import dev.tweed.ip.IpPrefix;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.Tuple;

/** Rules of all sorts, good and bad. */
public final class RuleArbitraries {

  private RuleArbitraries() {}

  /** Policies with names of their own. */
  public static Arbitrary<List<RuleGroup>> groups() {
    Arbitrary<List<FirewallRule>> rules =
        rule().list().ofMinSize(1).ofMaxSize(4).map(RuleArbitraries::named);
    return Combinators.combine(Arbitraries.integers().between(0, 2), rules)
        .as((priority, list) -> new RuleGroup(origin(0), priority, list))
        .list()
        .ofMaxSize(5)
        .map(
            groups ->
                IntStream.range(0, groups.size())
                    .mapToObj(
                        i ->
                            new RuleGroup(
                                origin(i), groups.get(i).priority(), groups.get(i).rules()))
                    .toList());
  }

  private static Origin origin(int i) {
    return new Origin(Origin.Kind.values()[i % 2], "g" + i);
  }

  private static List<FirewallRule> named(List<FirewallRule> rules) {
    return IntStream.range(0, rules.size()).mapToObj(i -> rules.get(i).withName("r" + i)).toList();
  }

  private static Arbitrary<FirewallRule> rule() {
    Arbitrary<Optional<String>> device =
        Arbitraries.frequencyOf(
                Tuple.of(
                    20,
                    Arbitraries.of(
                        "eth0", "tweed.1", "tweed-br0", "out_x", "fifteen_letters", "xport")),
                Tuple.of(1, Arbitraries.of("eth0 -j ACCEPT", "sixteen_letters_", "a!b")))
            .optional(0.3);
    Arbitrary<String> comment =
        Arbitraries.frequencyOf(
            Tuple.of(10, Arbitraries.of("", "it's", "ümläut €", "COMMIT", "### tuple ###", "$(x)")),
            Tuple.of(1, Arbitraries.just("a\n-A ufw-user-input -j ACCEPT")),
            Tuple.of(1, Arbitraries.strings().ofMaxLength(20)));
    return Combinators.combine(
            Arbitraries.of(Direction.class),
            Combinators.combine(Arbitraries.of(Action.class), Arbitraries.of(Logging.class))
                .as(List::of),
            Combinators.combine(
                    Arbitraries.of(Protocol.class), Arbitraries.integers().between(0, 9))
                .as(List::of),
            ports(),
            peers(),
            peers(),
            Combinators.combine(device, device).as(List::of),
            comment)
        .as(
            (direction, actions, protocols, ports, from, to, devices, text) -> {
              Protocol protocol = (Protocol) protocols.get(0);
              // Mostly good rules: a bad one takes its whole group along.
              boolean bad = protocols.get(1).equals(0);
              Action action = (Action) actions.get(0);
              boolean portsInTo = to.stream().anyMatch(peer -> !peer.ports().isEmpty());
              return new FirewallRule(
                  "r",
                  direction,
                  action,
                  protocol,
                  bad || protocol.isIcmp() ? List.of(8, 128) : List.of(),
                  bad || protocol.hasPorts() && !portsInTo ? ports : List.of(),
                  bad || protocol.hasPorts() ? from : withoutPorts(from),
                  bad || protocol.hasPorts() ? to : withoutPorts(to),
                  direction == Direction.OUT && !bad ? Optional.empty() : devices.get(0),
                  direction == Direction.IN && !bad ? Optional.empty() : devices.get(1),
                  bad || action == Action.DENY || action == Action.REJECT
                      ? (Logging) actions.get(1)
                      : Logging.NEW,
                  text);
            });
  }

  private static List<Peer> withoutPorts(List<Peer> peers) {
    return peers.stream().map(peer -> new Peer(peer.prefixes(), List.of())).toList();
  }

  /** None, one, some, and as many as a multiport match takes, or one more. */
  private static Arbitrary<List<PortRange>> ports() {
    Arbitrary<Integer> port =
        Arbitraries.oneOf(
            Arbitraries.integers().between(1, 65535), Arbitraries.of(1, 22, 80, 81, 65535));
    Arbitrary<PortRange> single = port.map(PortRange::of);
    Arbitrary<PortRange> range =
        Combinators.combine(port, port).as((a, b) -> new PortRange(Math.min(a, b), Math.max(a, b)));
    return Arbitraries.oneOf(
        Arbitraries.just(List.of()),
        single.list().ofSize(1),
        range.list().ofMaxSize(9),
        single.set().ofMinSize(14).ofMaxSize(17).map(List::copyOf),
        Arbitraries.oneOf(single, range).list().ofMaxSize(20));
  }

  private static Arbitrary<List<Peer>> peers() {
    Arbitrary<IpPrefix> prefix =
        Arbitraries.frequencyOf(
                Tuple.of(
                    20,
                    Arbitraries.of(
                        "10.0.0.0/8",
                        "10.244.0.0/16",
                        "128.0.0.0/1",
                        "192.0.2.6/31",
                        "192.0.2.7/32",
                        "0.0.0.0/0",
                        "2001:db8::/32",
                        "2001:db8:0:0:1::/127",
                        "fd00::1/128",
                        "::1:0:0/96",
                        "::192.0.2.1/128",
                        "::ffff:192.0.2.1/128",
                        "::ffff:0:0/96",
                        "::/0")),
                // Bits after the length.
                Tuple.of(1, Arbitraries.of("10.0.0.1/8", "2001:db8::1/32", "1.0.0.0/0")))
            .map(IpPrefix::parse);
    Arbitrary<List<IpPrefix>> addresses =
        Arbitraries.oneOf(prefix.list().ofMaxSize(3), Arbitraries.just(Peer.anywhere()));
    return Combinators.combine(
            addresses, Arbitraries.oneOf(Arbitraries.just(List.<PortRange>of()), ports()))
        .as(Peer::new)
        .list()
        .ofMaxSize(2);
  }

  /** Both families. */
  public static List<AddressFamily> families() {
    return List.of(AddressFamily.values());
  }
}
