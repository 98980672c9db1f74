package dev.tweed.dataplane.plan;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.ip.AddressFamily;
import dev.tweed.ip.IpAddress;
import dev.tweed.ip.IpPrefix;
import dev.tweed.ip.Ipv4Address;
import dev.tweed.ip.Ipv6Address;
import dev.tweed.netlink.Errno;
import dev.tweed.netlink.Link;
import dev.tweed.netlink.Route;
import dev.tweed.netlink.RouteAnswer;
import dev.tweed.netlink.RouteProtocol;
import dev.tweed.netlink.RouteQuestion;
import dev.tweed.netlink.RouteType;
import dev.tweed.netlink.RoutingRule;
import dev.tweed.netlink.RuleAction;
import dev.tweed.netlink.Scope;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;

/** Random small routing tables, looked up bit by bit, against what is made of their answers. */
class RouteAnswerEvaluatorTest {
  private static final RouteProtocol OURS = new RouteProtocol(116);
  private static final int BRIDGE = 7;
  private static final int TUNNEL = 8;
  private static final RouteType THROW = new RouteType(9);
  private static final List<Long> TABLES = List.of(255L, 52L, 254L);
  private static final List<Link> LINKS =
      List.of(
          RouteShadowPlannerTest.link(2, "eth0", "veth"),
          RouteShadowPlannerTest.link(BRIDGE, "tweed-br0", "bridge"),
          RouteShadowPlannerTest.link(TUNNEL, "tweed.1", "vxlan"));

  /** All of a case, in terms of eight bits of address. */
  private record Host(AddressFamily family, List<Route> routes, List<RoutingRule> rules) {}

  /** What the model says, and who decided. */
  private record Decision(
      RouteAnswer answer, Optional<Route> route, Optional<RoutingRule> droppedBy) {}

  @Property(tries = 500, edgeCases = EdgeCasesMode.NONE)
  void onlyWhatDoesNotTakeOurRouteIsWrongAndTheOneToBlameIsFound(
      @ForAll("hosts") Host host, @ForAll boolean fromPod, @ForAll boolean marked) {
    IpPrefix block = prefix(host.family(), 0x40, 3);
    RouteTarget.PeerBlock peer =
        new RouteTarget.PeerBlock(
            "n2", new PlannedRoute(block, block.address(), "tweed.1", true, 0));
    RouteQuestion question =
        new RouteQuestion(
            address(host.family(), 0x45),
            fromPod ? Optional.of(address(host.family(), 0x22)) : Optional.empty(),
            fromPod ? BRIDGE : 0,
            marked ? 0x4000 : 0);
    RouteAnswerEvaluator evaluator =
        new RouteAnswerEvaluator(OURS, "tweed-br0", LINKS, host.rules());

    // When the model answers in the place of the kernel
    Decision decision = decide(host, question);
    List<RouteQuestion> wrong =
        evaluator.wrong(peer, List.of(question), List.of(decision.answer()));

    // Then
    boolean ours =
        decision.route().filter(r -> r.protocol().equals(OURS)).isPresent()
            && decision.answer() instanceof RouteAnswer.Matched;
    assertThat(wrong.isEmpty()).isEqualTo(ours);
    if (!ours) {
      RouteCause cause =
          evaluator.cause(
              question,
              decision.answer(),
              table -> host.routes().stream().filter(r -> r.table() == table).toList());
      switch (cause) {
        case RouteCause.ByRoute by -> {
          assertThat(Optional.of(by.route())).isEqualTo(decision.route());
          assertThat(by.rule().orElseThrow().table()).isEqualTo(by.route().table());
        }
        case RouteCause.ByRule by ->
            assertThat(Optional.of(by.rule())).isEqualTo(decision.droppedBy());
        case RouteCause.NoRoute none -> {
          assertThat(decision.route()).isEmpty();
          assertThat(decision.droppedBy()).isEmpty();
        }
        default -> throw new AssertionError(cause);
      }
    }
  }

  private static Decision decide(Host host, RouteQuestion question) {
    for (RoutingRule rule : host.rules()) {
      boolean selected = rule.markMask() == 0 || (question.mark() & rule.markMask()) == rule.mark();
      selected &=
          rule.inputDevice().isEmpty()
              || rule.inputDevice().get().equals(question.inputLink() == 0 ? "lo" : "tweed-br0");
      selected &=
          rule.source().isEmpty()
              || question.source().isPresent()
                  && covers(rule.source().get(), question.source().get());
      if (selected == rule.inverted()) {
        continue;
      }
      if (rule.action() != RuleAction.LOOKUP) {
        return new Decision(
            new RouteAnswer.Refused(
                rule.action() == RuleAction.PROHIBIT ? Errno.EACCES : Errno.ENETUNREACH),
            Optional.empty(),
            Optional.of(rule));
      }
      for (int length = 8; length >= 0; length--) {
        Route best = null;
        for (Route route : host.routes()) {
          if (route.table() == rule.table()
              && bits(route.destination()) == length
              && covers(route.destination(), question.destination())
              && (best == null || route.metric() < best.metric())) {
            best = route;
          }
        }
        if (best != null && best.type().equals(THROW)) {
          break;
        }
        if (best != null) {
          RouteAnswer answer =
              switch (best.type().number()) {
                case 6 -> new RouteAnswer.Refused(Errno.EINVAL);
                case 7 -> new RouteAnswer.Refused(Errno.EHOSTUNREACH);
                case 8 -> new RouteAnswer.Refused(Errno.EACCES);
                default -> new RouteAnswer.Matched(best);
              };
          return new Decision(answer, Optional.of(best), Optional.empty());
        }
      }
    }
    return new Decision(
        new RouteAnswer.Refused(Errno.ENETUNREACH), Optional.empty(), Optional.empty());
  }

  private static int bits(IpPrefix prefix) {
    return prefix.length() == 0 ? 0 : prefix.length() - offset(prefix.family());
  }

  private static boolean covers(IpPrefix prefix, IpAddress address) {
    int shift = 8 - bits(prefix);
    return lowest(prefix.address()) >>> shift == lowest(address) >>> shift || bits(prefix) == 0;
  }

  private static int lowest(IpAddress address) {
    byte[] bytes = address.toBytes();
    return bytes[bytes.length == 4 ? 2 : 7] & 0xff;
  }

  /** Where the eight bits begin that are varied. */
  private static int offset(AddressFamily family) {
    return family == AddressFamily.IPV4 ? 16 : 56;
  }

  private static IpAddress address(AddressFamily family, int bits) {
    return family == AddressFamily.IPV4
        ? new Ipv4Address(0x0af4_0000 | bits << 8 | 5)
        : new Ipv6Address(0xfd00_0010_0244_0000L | bits, 5);
  }

  private static IpPrefix prefix(AddressFamily family, int bits, int length) {
    return length == 0
        ? IpPrefix.any(family)
        : new IpPrefix(address(family, bits), offset(family) + length).network();
  }

  @Provide
  Arbitrary<Host> hosts() {
    return Arbitraries.of(AddressFamily.class)
        .flatMap(
            family ->
                Combinators.combine(routes(family), rules(family))
                    .as((routes, rules) -> new Host(family, routes, rules)));
  }

  private static Arbitrary<List<Route>> routes(AddressFamily family) {
    IpPrefix block = prefix(family, 0x40, 3);
    Route ours = Route.via(block, block.address(), TUNNEL, OURS).withMetric(10).withOnlink();
    Arbitrary<Route> others =
        Combinators.combine(
                // Near the address asked for, so that most of them matter.
                Arbitraries.of(0x40, 0x44, 0x45, 0x00, 0x80),
                Arbitraries.integers().between(0, 8),
                Arbitraries.of(TABLES),
                Arbitraries.longs().between(0, 20).filter(metric -> metric != 10),
                Arbitraries.of(1, 1, 6, 7, 8, 9))
            .as(
                (bits, length, table, metric, type) -> {
                  IpPrefix destination = prefix(family, bits, length);
                  Route route =
                      type == 1
                          ? Route.through(destination, 2, RouteProtocol.STATIC)
                          : new Route(
                              destination,
                              Optional.empty(),
                              Optional.empty(),
                              0,
                              0,
                              RouteProtocol.STATIC,
                              254,
                              Scope.UNIVERSE,
                              new RouteType(type),
                              false,
                              Optional.empty(),
                              List.of(),
                              0,
                              0,
                              0);
                  return route.withTable(table).withMetric(metric);
                });
    return others
        .list()
        .ofMaxSize(6)
        .uniqueElements(
            route -> Map.entry(route.destination(), route.table() * 100 + route.metric()))
        .map(
            list -> {
              List<Route> all = new ArrayList<>(list);
              all.add(ours);
              return all;
            });
  }

  private static Arbitrary<List<RoutingRule>> rules(AddressFamily family) {
    Arbitrary<RoutingRule> some =
        Combinators.combine(
                Arbitraries.longs().between(1, 99),
                Arbitraries.of(Optional.empty(), Optional.of(prefix(family, 0x20, 3))),
                Arbitraries.of(
                    Optional.<String>empty(), Optional.of("lo"), Optional.of("tweed-br0")),
                Arbitraries.of(0L, 0L, 0x4000L),
                Arbitraries.of(false, false, true),
                Arbitraries.of(
                    RuleAction.LOOKUP, RuleAction.LOOKUP, RuleAction.PROHIBIT, RuleAction.NOP))
            .as(
                (preference, source, input, mark, inverted, action) ->
                    new RoutingRule(
                        family,
                        preference,
                        source.map(IpPrefix.class::cast),
                        Optional.empty(),
                        input,
                        Optional.empty(),
                        mark,
                        mark,
                        inverted,
                        action,
                        action == RuleAction.LOOKUP ? 52 : 0,
                        RouteProtocol.BOOT,
                        Set.of()));
    return some.filter(rule -> rule.action() != RuleAction.NOP)
        .list()
        .ofMaxSize(3)
        .map(
            list -> {
              List<RoutingRule> all = new ArrayList<>(list);
              all.add(RoutingRule.lookup(family, 0, 255, RouteProtocol.KERNEL));
              all.add(RoutingRule.lookup(family, 32766, 254, RouteProtocol.KERNEL));
              all.sort(Comparator.comparing(RoutingRule::preference));
              return all;
            });
  }

  @Test
  void aRouteThatLeadsWhereOursDoesIsRight() {
    IpPrefix block = IpPrefix.parse("10.244.2.0/24");
    RouteTarget peer =
        new RouteTarget.PeerBlock(
            "n2", new PlannedRoute(block, block.address(), "tweed.1", true, 0));
    RouteAnswerEvaluator evaluator = new RouteAnswerEvaluator(OURS, "tweed-br0", LINKS, List.of());
    List<RouteQuestion> asked = List.of(RouteQuestion.to(block.address()));
    Route same = Route.via(block, block.address(), TUNNEL, RouteProtocol.STATIC);

    assertThat(evaluator.wrong(peer, asked, List.of(new RouteAnswer.Matched(same)))).isEmpty();
    assertThat(
            evaluator.wrong(
                peer,
                asked,
                List.of(
                    new RouteAnswer.Matched(
                        Route.via(block, block.address(), 2, RouteProtocol.STATIC)))))
        .isEqualTo(asked);
    assertThat(
            evaluator.wrong(
                peer,
                asked,
                List.of(new RouteAnswer.Matched(Route.via(block, block.address(), 2, OURS)))))
        .as("ours, through another device")
        .isEqualTo(asked);
  }

  @Test
  void aRefusalThoughThereIsARouteIsOfTheSourceOrOfForwarding() {
    RoutingRule main = RoutingRule.lookup(AddressFamily.IPV4, 32766, 254, RouteProtocol.KERNEL);
    RouteAnswerEvaluator evaluator =
        new RouteAnswerEvaluator(OURS, "tweed-br0", LINKS, List.of(main));
    IpPrefix block = IpPrefix.parse("10.244.2.0/24");
    RouteQuestion pod =
        new RouteQuestion(block.address(), Optional.of(IpAddress.parse("10.244.1.2")), BRIDGE, 0);
    List<Route> table = List.of(Route.via(block, block.address(), TUNNEL, OURS));

    assertThat(evaluator.cause(pod, new RouteAnswer.Refused(18), any -> table))
        .isEqualTo(new RouteCause.SourceRefused());
    assertThat(evaluator.cause(pod, new RouteAnswer.Refused(Errno.EINVAL), any -> table))
        .isEqualTo(new RouteCause.SourceRefused());
    assertThat(evaluator.cause(pod, new RouteAnswer.Refused(Errno.EHOSTUNREACH), any -> table))
        .isEqualTo(new RouteCause.NotForwarded());
    assertThat(
            evaluator.cause(
                RouteQuestion.to(block.address()), new RouteAnswer.Refused(5), any -> table))
        .isEqualTo(new RouteCause.Unexplained(5));
    assertThat(evaluator.cause(pod, new RouteAnswer.Refused(Errno.ENETUNREACH), any -> List.of()))
        .isEqualTo(new RouteCause.NoRoute(true));
  }

  @Test
  void theWayOutsideIsWrongOnlyWhereTheHostHasOne() {
    RouteAnswerEvaluator evaluator = new RouteAnswerEvaluator(OURS, "tweed-br0", LINKS, List.of());
    RouteTarget outside = new RouteTarget.Outside(AddressFamily.IPV4);
    List<RouteQuestion> asked =
        new RouteQuestionPlanner(
                BRIDGE, List.of(IpPrefix.parse("10.244.1.1/24")), List.of(), List.of())
            .plan(outside, List.of());
    RouteAnswer refused = new RouteAnswer.Refused(Errno.ENETUNREACH);
    RouteAnswer way =
        new RouteAnswer.Matched(
            Route.through(IpPrefix.parse("0.0.0.0/0"), 2, RouteProtocol.STATIC));

    assertThat(evaluator.wrong(outside, asked, List.of(refused, refused))).isEmpty();
    assertThat(evaluator.wrong(outside, asked, List.of(way, way))).isEmpty();
    assertThat(evaluator.wrong(outside, asked, List.of(refused, way)))
        .containsExactly(asked.getFirst());
  }
}
