package dev.tweed.firewall.backend;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.firewall.backend.BackendOutcome.Applied;
import dev.tweed.firewall.backend.RoutedHosts.Fate;
import dev.tweed.firewall.backend.RoutedHosts.Flow;
import dev.tweed.firewall.iptables.IptablesBackend;
import dev.tweed.firewall.iptables.IptablesFlavour;
import dev.tweed.firewall.nft.GuardRules;
import dev.tweed.firewall.nft.GuardWriter;
import dev.tweed.firewall.rules.Action;
import dev.tweed.firewall.rules.Direction;
import dev.tweed.firewall.rules.FilterRow;
import dev.tweed.firewall.rules.Logging;
import dev.tweed.firewall.rules.Origin;
import dev.tweed.firewall.rules.PortRange;
import dev.tweed.firewall.rules.Protocol;
import dev.tweed.ip.AddressFamily;
import dev.tweed.ip.IpAddress;
import dev.tweed.ip.IpPrefix;
import dev.tweed.netlink.testing.Needs;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Function;
import java.util.function.Supplier;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.ShrinkingMode;
import net.jqwik.api.Tag;
import net.jqwik.api.Tuple;
import net.jqwik.api.lifecycle.AfterContainer;

/**
 * Whatever the rows: what the kernel does to packets is what the first row that matches says, and
 * where none does they arrive.
 */
@Tag("kernel")
class KernelVerdictPropertiesTest {

  private static final Map<Direction, RoutedHosts> NFT_HOSTS = new EnumMap<>(Direction.class);
  private static final Map<Direction, RoutedHosts> IPTABLES_HOSTS = new EnumMap<>(Direction.class);
  private static Optional<RoutedHosts> nodePorts = Optional.empty();

  @Property(tries = 40, edgeCases = EdgeCasesMode.NONE, shrinking = ShrinkingMode.OFF)
  void ofNftables(
      @ForAll("rowsOfADirection") List<FilterRow> rows, @ForAll("flows") List<Flow> flows) {
    RoutedHosts hosts = hosts(NFT_HOSTS, rows.getFirst().direction(), RoutedHosts::of);

    assertThat(hosts.applyAnew(rows)).isInstanceOf(Applied.class);

    check(hosts, rows, flows);
  }

  @Property(tries = 20, edgeCases = EdgeCasesMode.NONE, shrinking = ShrinkingMode.OFF)
  void ofIptables(
      @ForAll("rowsOfADirection") List<FilterRow> rows, @ForAll("flows") List<Flow> flows) {
    RoutedHosts hosts = hosts(IPTABLES_HOSTS, rows.getFirst().direction(), RoutedHosts::of);

    assertThat(hosts.onNode(() -> new IptablesBackend(List.of(), IptablesFlavour.NFT).apply(rows)))
        .isInstanceOf(Applied.class);

    check(hosts, rows, flows);
  }

  @Property(tries = 40, edgeCases = EdgeCasesMode.NONE, shrinking = ShrinkingMode.OFF)
  void ofTheGuardForNodePorts(
      @ForAll("inRows") List<FilterRow> rows, @ForAll("flows") List<Flow> flows) {
    if (nodePorts.isEmpty()) {
      nodePorts = Optional.of(need(RoutedHosts::ofNodePorts));
    }
    RoutedHosts hosts = nodePorts.get();
    new GuardWriter(hosts.tables(), OptionalInt::empty)
        .apply(GuardRules.none()); // what Limit has counted

    assertThat(
            hosts.onNode(
                () ->
                    new GuardWriter(hosts.tables(), OptionalInt::empty)
                        .apply(new GuardRules(rows))))
        .isInstanceOf(BackendOutcome.Applied.class);

    check(hosts, rows, flows);
  }

  private static void check(RoutedHosts hosts, List<FilterRow> rows, List<Flow> flows) {
    List<Flow> once = flows.stream().distinct().toList();
    List<Fate> expected = once.stream().map(flow -> fate(rows, flow)).toList();

    List<Fate> found = hosts.send(once, expected);

    List<String> wrong = new ArrayList<>();
    for (int i = 0; i < once.size(); i++) {
      if (found.get(i) != expected.get(i)) {
        wrong.add(once.get(i) + " " + found.get(i) + " instead of " + expected.get(i));
      }
    }
    assertThat(wrong).as(() -> hosts.sh("nft list ruleset")).isEmpty();
  }

  /** By the words of the rows themselves. */
  private static Fate fate(List<FilterRow> rows, Flow flow) {
    return rows.stream()
        .filter(row -> matches(row, flow))
        .findFirst()
        .map(
            row ->
                switch (row.action()) {
                  case ALLOW, LIMIT -> Fate.ARRIVED;
                  case DENY -> Fate.LOST;
                  case REJECT -> Fate.REFUSED;
                })
        .orElse(Fate.ARRIVED);
  }

  private static boolean matches(FilterRow row, Flow flow) {
    Protocol protocol = flow.tcp() ? Protocol.TCP : Protocol.UDP;
    return row.family() == flow.family()
        && (row.protocol() == Protocol.ANY || row.protocol() == protocol)
        && row.source()
            .contains(IpAddress.parse(RoutedHosts.address(flow.family(), 1, flow.from())))
        && row.destination()
            .contains(IpAddress.parse(RoutedHosts.address(flow.family(), 2, flow.to())))
        && contains(row.sourcePorts(), flow.sourcePort())
        && contains(row.destinationPorts(), flow.port())
        && row.interfaceIn().map("eth0"::equals).orElse(true)
        && row.interfaceOut().map("tweed.1"::equals).orElse(true);
  }

  private static boolean contains(List<PortRange> ports, int port) {
    return ports.isEmpty() || ports.stream().anyMatch(range -> range.contains(port));
  }

  @Provide
  Arbitrary<List<FilterRow>> rowsOfADirection() {
    return Arbitraries.of(Direction.class).flatMap(KernelVerdictPropertiesTest::rows);
  }

  @Provide
  Arbitrary<List<FilterRow>> inRows() {
    return rows(Direction.IN);
  }

  @Provide
  Arbitrary<List<Flow>> flows() {
    return Combinators.combine(
            Arbitraries.of(AddressFamily.class),
            Arbitraries.of(true, false),
            Arbitraries.of(RoutedHosts.HOSTS),
            Arbitraries.of(1, 4, 9, 1000),
            Arbitraries.of(RoutedHosts.HOSTS),
            Arbitraries.of(RoutedHosts.PORTS))
        .as(Flow::new)
        .list()
        .ofSize(120);
  }

  static Arbitrary<List<FilterRow>> rows(Direction direction) {
    Arbitrary<FilterRow> any =
        Arbitraries.of(AddressFamily.class).flatMap(family -> row(direction, family));
    return Arbitraries.oneOf(
        any.list().ofMinSize(1).ofMaxSize(30),
        // Addresses with ports of their own are merged in another way.
        Arbitraries.of(AddressFamily.class)
            .flatMap(family -> pair(direction, family).list().ofMinSize(8).ofMaxSize(24)));
  }

  private static Arbitrary<FilterRow> pair(Direction direction, AddressFamily family) {
    return Combinators.combine(
            Arbitraries.frequency(Tuple.of(1, Action.ALLOW), Tuple.of(6, Action.REJECT)),
            Arbitraries.frequency(Tuple.of(6, Protocol.TCP), Tuple.of(1, Protocol.UDP)),
            Arbitraries.frequency(Tuple.of(9, true), Tuple.of(1, false)),
            prefixes(family, 1),
            prefixes(family, 2),
            Arbitraries.of(RoutedHosts.PORTS))
        .as(
            (action, protocol, bySource, source, destination, port) ->
                new FilterRow(
                    family,
                    direction,
                    action,
                    protocol,
                    List.of(),
                    bySource ? IpPrefix.any(family) : destination,
                    List.of(PortRange.of(port)),
                    bySource ? source : IpPrefix.any(family),
                    List.of(),
                    Optional.empty(),
                    Optional.empty(),
                    Logging.NONE,
                    new Origin(Origin.Kind.POLICY, "p"),
                    "r",
                    ""));
  }

  private static Arbitrary<FilterRow> row(Direction direction, AddressFamily family) {
    return Combinators.combine(
            Arbitraries.of(Action.ALLOW, Action.DENY, Action.REJECT),
            Arbitraries.frequency(
                Tuple.of(3, Protocol.TCP),
                Tuple.of(3, Protocol.UDP),
                Tuple.of(2, Protocol.ANY),
                Tuple.of(1, Protocol.ESP)),
            ports(3),
            ports(1),
            Combinators.combine(prefixes(family, 1), prefixes(family, 2)).as(Tuple::of),
            Arbitraries.of("eth0", "tweed.1").optional(0.2).tuple2(),
            Arbitraries.frequency(Tuple.of(5, Logging.NONE), Tuple.of(1, Logging.NEW)),
            Arbitraries.integers().between(0, 3))
        .as(
            (action, protocol, dports, sports, ends, devices, logging, rule) ->
                new FilterRow(
                    family,
                    direction,
                    action,
                    protocol,
                    List.of(),
                    ends.get2(),
                    portsOf(protocol, dports),
                    ends.get1(),
                    portsOf(protocol, sports),
                    direction == Direction.OUT ? Optional.empty() : devices.get1(),
                    direction == Direction.IN ? Optional.empty() : devices.get2(),
                    logging,
                    new Origin(Origin.Kind.POLICY, "p"),
                    "r" + rule,
                    ""));
  }

  /** Ports of any protocol are single, as the compiler of rows has it. */
  private static List<PortRange> portsOf(Protocol protocol, List<PortRange> ports) {
    boolean single = ports.size() <= 1 && ports.stream().allMatch(PortRange::isSingle);
    return protocol.hasPorts() && (protocol != Protocol.ANY || single) ? ports : List.of();
  }

  private static Arbitrary<List<PortRange>> ports(int often) {
    return Arbitraries.frequencyOf(
        Tuple.of(4 - often, Arbitraries.just(List.of())),
        Tuple.of(
            often,
            Arbitraries.of(
                    PortRange.of(1),
                    PortRange.of(2),
                    new PortRange(2, 4),
                    PortRange.of(4),
                    PortRange.of(9))
                .list()
                .ofMinSize(1)
                .ofMaxSize(2)
                .uniqueElements()
                .map(list -> list.stream().sorted().toList())));
  }

  private static Arbitrary<IpPrefix> prefixes(AddressFamily family, int network) {
    boolean four = family == AddressFamily.IPV4;
    return Arbitraries.frequency(
            Tuple.of(3, four ? "0.0.0.0/0" : "::/0"),
            Tuple.of(1, four ? "10.N.0.0/30" : "fd0N::/126"),
            Tuple.of(2, four ? "10.N.0.1/32" : "fd0N::1/128"),
            Tuple.of(2, four ? "10.N.0.2/32" : "fd0N::2/128"),
            Tuple.of(1, four ? "10.N.0.5/32" : "fd0N::5/128"))
        .map(text -> IpPrefix.parse(text.replace("N", String.valueOf(network))));
  }

  private static RoutedHosts hosts(
      Map<Direction, RoutedHosts> roads,
      Direction direction,
      Function<Direction, RoutedHosts> open) {
    return roads.computeIfAbsent(direction, d -> need(() -> open.apply(d)));
  }

  private static RoutedHosts need(Supplier<RoutedHosts> open) {
    Needs.program("/usr/sbin/nft", "nftables");
    return open.get();
  }

  @AfterContainer
  static void close() {
    NFT_HOSTS.values().forEach(RoutedHosts::close);
    IPTABLES_HOSTS.values().forEach(RoutedHosts::close);
    nodePorts.ifPresent(RoutedHosts::close);
  }
}
