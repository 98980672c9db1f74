package dev.tweed.firewall.rules;

import dev.tweed.netlink.AddressFamily;
import dev.tweed.netlink.IpPrefix;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;

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
        Arbitraries.of("eth0", "tweed.1", "tweed-br0", "eth0 -j ACCEPT").optional(0.3);
    Arbitrary<String> comment =
        Arbitraries.oneOf(
            Arbitraries.of("", "it's", "COMMIT", "### tuple ###", "a\n-A ufw-user-input -j ACCEPT"),
            Arbitraries.strings().ofMaxLength(20));
    return Combinators.combine(
            Arbitraries.of(Direction.class),
            Combinators.combine(Arbitraries.of(Action.class), Arbitraries.of(Logging.class))
                .as(List::of),
            Arbitraries.of(Protocol.class),
            ports(),
            peers(),
            peers(),
            Combinators.combine(device, device).as(List::of),
            comment)
        .as(
            (direction, actions, protocol, ports, from, to, devices, text) ->
                new FirewallRule(
                    "r",
                    direction,
                    (Action) actions.get(0),
                    protocol,
                    protocol.hasPorts() ? ports : List.of(),
                    from,
                    to,
                    direction == Direction.OUT ? Optional.empty() : devices.get(0),
                    direction == Direction.IN ? Optional.empty() : devices.get(1),
                    (Logging) actions.get(1),
                    text));
  }

  private static Arbitrary<List<PortRange>> ports() {
    Arbitrary<Integer> port = Arbitraries.integers().between(1, 65535);
    return Combinators.combine(port, port)
        .as((a, b) -> new PortRange(Math.min(a, b), Math.max(a, b)))
        .list()
        .ofMaxSize(20);
  }

  private static Arbitrary<List<Peer>> peers() {
    Arbitrary<IpPrefix> prefix =
        Arbitraries.of(
                "10.0.0.0/8",
                "10.244.0.0/16",
                "192.0.2.7/32",
                "0.0.0.0/0",
                "2001:db8::/32",
                "fd00::1/128",
                "::ffff:192.0.2.1/128",
                "::/0")
            .map(IpPrefix::parse);
    return prefix
        .list()
        .ofMaxSize(3)
        .map(prefixes -> new Peer(new Peer.Addresses.Of(prefixes), List.of()))
        .list()
        .ofMaxSize(2);
  }

  /** Both families. */
  public static List<AddressFamily> families() {
    return List.of(AddressFamily.values());
  }
}
