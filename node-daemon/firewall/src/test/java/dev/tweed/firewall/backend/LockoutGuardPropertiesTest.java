package dev.tweed.firewall.backend;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.firewall.backend.BackendOutcome.Applied;
import dev.tweed.firewall.backend.RoutedHosts.Fate;
import dev.tweed.firewall.backend.RoutedHosts.Flow;
import dev.tweed.firewall.rules.Direction;
import dev.tweed.firewall.rules.FilterRow;
import dev.tweed.firewall.rules.LockoutGuard;
import dev.tweed.firewall.rules.ProtectedFlow;
import dev.tweed.firewall.rules.ProtectedFlow.Remotes;
import dev.tweed.firewall.rules.ProtectedFlow.Way;
import dev.tweed.firewall.rules.ProtectedService;
import dev.tweed.firewall.rules.Protocol;
import dev.tweed.firewall.ruleset.Packet;
import dev.tweed.firewall.ruleset.Ruleset;
import dev.tweed.firewall.ruleset.RulesetParser;
import dev.tweed.ip.AddressFamily;
import dev.tweed.ip.IpAddress;
import dev.tweed.ip.IpPrefix;
import dev.tweed.netlink.testing.Needs;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeSet;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.ForAll;
import net.jqwik.api.From;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.ShrinkingMode;
import net.jqwik.api.Tag;
import net.jqwik.api.lifecycle.AfterContainer;

/**
 * Whatever the rows: the lock-out guard and the kernel say the same of what has to pass, and the
 * evaluator of rulesets, which tells what is certain only, does not contradict.
 */
@Tag("kernel")
class LockoutGuardPropertiesTest {

  /** What clients take; rows that ask for source ports ask for others. */
  private static final int CLIENT_PORT = 40_000;

  private static final Map<Direction, RoutedHosts> HOSTS_BY_DIRECTION =
      new EnumMap<>(Direction.class);

  @Property(tries = 15, edgeCases = EdgeCasesMode.NONE, shrinking = ShrinkingMode.OFF)
  void guardEvaluatorAndKernelAgree(
      @ForAll("rowsOfADirection") List<FilterRow> rows,
      @ForAll boolean tcp,
      @ForAll @From("ports") int port)
      throws IOException {
    Direction direction = rows.getFirst().direction();
    RoutedHosts hosts =
        HOSTS_BY_DIRECTION.computeIfAbsent(direction, LockoutGuardPropertiesTest::open);
    assertThat(hosts.applyAnew(rows)).isInstanceOf(Applied.class);
    List<Flow> flows = new ArrayList<>();
    for (AddressFamily family : AddressFamily.values()) {
      for (int from : RoutedHosts.HOSTS) {
        for (int to : RoutedHosts.HOSTS) {
          flows.add(new Flow(family, tcp, from, CLIENT_PORT, to, port));
        }
      }
    }

    List<Boolean> passes = flows.stream().map(flow -> passes(rows, one(direction, flow))).toList();
    List<Fate> fates =
        hosts.send(flows, passes.stream().map(p -> p ? Fate.ARRIVED : Fate.LOST).toList());
    Ruleset ruleset = ruleset(hosts);

    List<String> wrong = new ArrayList<>();
    for (int i = 0; i < flows.size(); i++) {
      boolean blocked = ruleset.blockerOf(packet(direction, flows.get(i))).isPresent();
      if (passes.get(i) != (fates.get(i) == Fate.ARRIVED) || passes.get(i) && blocked) {
        wrong.add(
            "%s: guard %s, kernel %s, evaluator %s"
                .formatted(
                    flows.get(i),
                    passes.get(i) ? "passes" : "cut",
                    fates.get(i),
                    blocked ? "drops" : "may pass"));
      }
    }
    assertThat(wrong).as(() -> hosts.sh("nft list ruleset")).isEmpty();
    for (AddressFamily family : AddressFamily.values()) {
      boolean anyArrived = false;
      for (int i = 0; i < flows.size(); i++) {
        anyArrived |= flows.get(i).family() == family && fates.get(i) == Fate.ARRIVED;
      }
      assertThat(passes(rows, somebody(direction, family, tcp, port)))
          .as(() -> "somebody of " + family + "\n" + hosts.sh("nft list ruleset"))
          .isEqualTo(anyArrived);
    }
  }

  private static boolean passes(List<FilterRow> rows, ProtectedFlow flow) {
    return LockoutGuard.check(rows, List.of(flow), (origin, service) -> false).isEmpty();
  }

  private static ProtectedFlow one(Direction direction, Flow flow) {
    return flow(
        direction,
        flow.family(),
        flow.tcp(),
        flow.port(),
        List.of(way(direction, near(direction, flow))),
        new Remotes.Each(new TreeSet<>(Set.of(far(direction, flow)))));
  }

  /** Some host to some other. */
  private static ProtectedFlow somebody(
      Direction direction, AddressFamily family, boolean tcp, int port) {
    List<Flow> ends =
        RoutedHosts.HOSTS.stream()
            .map(host -> new Flow(family, tcp, host, CLIENT_PORT, host, port))
            .toList();
    return flow(
        direction,
        family,
        tcp,
        port,
        ends.stream().map(end -> way(direction, near(direction, end))).toList(),
        new Remotes.Somebody(
            ends.stream().map(end -> IpPrefix.host(far(direction, end))).toList()));
  }

  private static ProtectedFlow flow(
      Direction direction,
      AddressFamily family,
      boolean tcp,
      int port,
      List<Way> ways,
      Remotes remotes) {
    return new ProtectedFlow(
        ProtectedService.KUBELET,
        direction,
        direction != Direction.OUT,
        tcp ? Protocol.TCP : Protocol.UDP,
        port,
        family,
        ways,
        remotes,
        "");
  }

  private static Way way(Direction direction, IpAddress near) {
    return new Way(IpPrefix.host(near), in(direction), out(direction));
  }

  private static Optional<String> in(Direction direction) {
    return direction == Direction.OUT ? Optional.empty() : Optional.of("eth0");
  }

  private static Optional<String> out(Direction direction) {
    return direction == Direction.IN ? Optional.empty() : Optional.of("tweed.1");
  }

  private static IpAddress near(Direction direction, Flow flow) {
    return direction == Direction.OUT ? from(flow) : to(flow);
  }

  private static IpAddress far(Direction direction, Flow flow) {
    return direction == Direction.OUT ? to(flow) : from(flow);
  }

  private static IpAddress from(Flow flow) {
    return IpAddress.parse(RoutedHosts.address(flow.family(), 1, flow.from()));
  }

  private static IpAddress to(Flow flow) {
    return IpAddress.parse(RoutedHosts.address(flow.family(), 2, flow.to()));
  }

  private static Packet packet(Direction direction, Flow flow) {
    return new Packet(
        switch (direction) {
          case IN -> "input";
          case OUT -> "output";
          case ROUTED -> "forward";
        },
        flow.family(),
        in(direction),
        out(direction),
        List.of(),
        Optional.of(IpPrefix.host(from(flow))),
        Optional.of(IpPrefix.host(to(flow))),
        flow.tcp() ? "tcp" : "udp",
        OptionalInt.of(flow.port()));
  }

  private static Ruleset ruleset(RoutedHosts hosts) throws IOException {
    RulesetParser parser = new RulesetParser();
    parser.add(
        new ByteArrayInputStream(hosts.sh("nft -j list ruleset").getBytes(StandardCharsets.UTF_8)));
    return parser.ruleset();
  }

  @Provide
  Arbitrary<List<FilterRow>> rowsOfADirection() {
    return Arbitraries.of(Direction.class).flatMap(KernelVerdictPropertiesTest::rows);
  }

  @Provide
  Arbitrary<Integer> ports() {
    return Arbitraries.of(RoutedHosts.PORTS);
  }

  private static RoutedHosts open(Direction direction) {
    Needs.program("/usr/sbin/nft", "nftables");
    return RoutedHosts.of(direction);
  }

  @AfterContainer
  static void close() {
    HOSTS_BY_DIRECTION.values().forEach(RoutedHosts::close);
  }
}
