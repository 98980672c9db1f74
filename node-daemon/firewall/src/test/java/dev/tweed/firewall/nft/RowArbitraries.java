package dev.tweed.firewall.nft;

import dev.tweed.firewall.rules.Action;
import dev.tweed.firewall.rules.Direction;
import dev.tweed.firewall.rules.FilterRow;
import dev.tweed.firewall.rules.Logging;
import dev.tweed.firewall.rules.Origin;
import dev.tweed.firewall.rules.PortRange;
import dev.tweed.firewall.rules.Protocol;
import dev.tweed.ip.AddressFamily;
import dev.tweed.ip.IpPrefix;
import java.util.List;
import java.util.Optional;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.Tuple;

/** Rows that often have much in common, as compilers make them. */
final class RowArbitraries {

  private static final List<PortRange> PORTS =
      List.of(
          PortRange.of(1), PortRange.of(2), PortRange.of(3), new PortRange(2, 4), PortRange.of(5));

  private static final List<String> PLACES =
      List.of(
          "10.0.0.1/32",
          "10.0.0.2/32",
          "10.0.0.3/32",
          "10.0.0.5/32",
          "10.0.0.0/31",
          "192.0.2.0/24");

  private RowArbitraries() {}

  /** Up to 40 of one direction. */
  static Arbitrary<List<FilterRow>> rows(Direction direction) {
    return row(direction).list().ofMinSize(1).ofMaxSize(40);
  }

  /** Addresses with ports of their own, some of them within others. */
  static Arbitrary<List<FilterRow>> pairs() {
    Arbitrary<Boolean> ofSource = Arbitraries.frequency(Tuple.of(9, true), Tuple.of(1, false));
    return Combinators.combine(
            ofSource,
            Arbitraries.frequency(Tuple.of(9, Action.ALLOW), Tuple.of(1, Action.DENY)),
            Arbitraries.of(PLACES).map(IpPrefix::parse),
            Arbitraries.of(PORTS))
        .as(
            (source, action, prefix, port) ->
                new FilterRow(
                    AddressFamily.IPV4,
                    Direction.ROUTED,
                    action,
                    Protocol.TCP,
                    List.of(),
                    source ? IpPrefix.any(AddressFamily.IPV4) : prefix,
                    List.of(port),
                    source ? prefix : IpPrefix.any(AddressFamily.IPV4),
                    List.of(),
                    Optional.empty(),
                    Optional.empty(),
                    Logging.NONE,
                    new Origin(Origin.Kind.POLICY, "p"),
                    "r",
                    ""))
        .list()
        .ofMinSize(8)
        .ofMaxSize(24);
  }

  /** Of every direction. */
  static Arbitrary<List<FilterRow>> rows() {
    return Arbitraries.of(Direction.class)
        .flatMap(RowArbitraries::row)
        .list()
        .ofMinSize(1)
        .ofMaxSize(40);
  }

  private static Arbitrary<FilterRow> row(Direction direction) {
    Arbitrary<AddressFamily> family = Arbitraries.of(AddressFamily.class);
    Arbitrary<Logging> logging =
        Arbitraries.frequencyOf(
            Tuple.of(8, Arbitraries.just(Logging.NONE)),
            Tuple.of(2, Arbitraries.of(Logging.class)));
    return family.flatMap(
        of ->
            Combinators.combine(
                    Arbitraries.of(Action.class),
                    protocol(of),
                    ports(),
                    ports(),
                    prefix(of),
                    prefix(of),
                    device().tuple2(),
                    Combinators.combine(logging, note(), Arbitraries.integers().between(0, 3))
                        .as((log, note, rule) -> Tuple.of(log, note, rule)))
                .as(
                    (action, protocol, sports, dports, source, destination, devices, rest) ->
                        new FilterRow(
                            of,
                            direction,
                            action,
                            protocol,
                            protocol.isIcmp() && rest.get3() > 0
                                ? List.of(rest.get3(), 128 + rest.get3())
                                : List.of(),
                            destination,
                            list(protocol, dports),
                            source,
                            list(protocol, sports),
                            direction == Direction.OUT ? Optional.empty() : devices.get1(),
                            direction == Direction.IN ? Optional.empty() : devices.get2(),
                            rest.get1(),
                            new Origin(Origin.Kind.POLICY, "p"),
                            "r" + rest.get3(),
                            rest.get2())));
  }

  /** Ports of any protocol are single, as the compiler of rows has it. */
  private static List<PortRange> list(Protocol protocol, List<PortRange> ports) {
    if (!protocol.hasPorts() || protocol == Protocol.ANY && ports.size() > 1) {
      return List.of();
    }
    return protocol == Protocol.ANY && ports.stream().anyMatch(range -> !range.isSingle())
        ? List.of()
        : ports;
  }

  private static Arbitrary<Protocol> protocol(AddressFamily family) {
    return Arbitraries.frequencyOf(
        Tuple.of(6, Arbitraries.of(Protocol.TCP, Protocol.UDP)),
        Tuple.of(2, Arbitraries.of(Protocol.class).filter(p -> p.isIn(family))));
  }

  private static Arbitrary<List<PortRange>> ports() {
    return Arbitraries.of(PORTS).list().ofMaxSize(2).uniqueElements().map(l -> sorted(l));
  }

  private static List<PortRange> sorted(List<PortRange> ports) {
    return ports.stream().sorted().toList();
  }

  private static Arbitrary<IpPrefix> prefix(AddressFamily family) {
    return Arbitraries.of(
        (family == AddressFamily.IPV4
                ? List.of("0.0.0.0/0", "10.0.0.0/30", "10.0.0.1/32", "10.0.0.2/32", "10.0.0.5/32")
                : List.of("::/0", "fd00::/126", "fd00::1/128", "fd00::2/128", "fd00::5/128"))
            .stream().map(IpPrefix::parse).toList());
  }

  private static Arbitrary<Optional<String>> device() {
    return Arbitraries.of("eth0", "tweed.1").optional(0.2);
  }

  private static Arbitrary<String> note() {
    return Arbitraries.of(
        "",
        "",
        "plain",
        "\" accept",
        "$x @y #z \\",
        "{ } ; drop",
        "ü".repeat(100),
        "x".repeat(256));
  }
}
