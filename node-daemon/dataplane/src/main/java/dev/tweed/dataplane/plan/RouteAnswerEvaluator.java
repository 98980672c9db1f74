package dev.tweed.dataplane.plan;

import dev.tweed.ip.AddressFamily;
import dev.tweed.ip.IpPrefix;
import dev.tweed.netlink.Errno;
import dev.tweed.netlink.Link;
import dev.tweed.netlink.Route;
import dev.tweed.netlink.RouteAnswer;
import dev.tweed.netlink.RouteProtocol;
import dev.tweed.netlink.RouteQuestion;
import dev.tweed.netlink.RouteType;
import dev.tweed.netlink.RoutingRule;
import dev.tweed.netlink.RuleAction;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.LongFunction;

/** Compares the kernel's answers with the plan, and finds what is to blame for a wrong one. */
public final class RouteAnswerEvaluator {

  private static final int EXDEV = 18;
  private static final RouteType THROW = new RouteType(9); // RTN_THROW

  /** Those whose packets go nowhere. */
  private static final Set<RouteType> DROPPING =
      Set.of(RouteType.BLACKHOLE, RouteType.UNREACHABLE, RouteType.PROHIBIT);

  private static final int DEAD = 1; // RTNH_F_DEAD

  private final RouteProtocol ours;
  private final String bridge;
  private final List<RoutingRule> rules;
  private final Map<String, Integer> indexes = new HashMap<>();

  /**
   * @param ours protocol of our routes
   * @param bridge name of the device pods are on
   * @param rules the routing rules, in order of preference
   */
  public RouteAnswerEvaluator(
      RouteProtocol ours, String bridge, Collection<Link> links, List<RoutingRule> rules) {
    this.ours = ours;
    this.bridge = bridge;
    this.rules = List.copyOf(rules);
    links.forEach(link -> indexes.put(link.name(), link.index()));
  }

  /**
   * The questions whose answers are not as planned, the most telling first: that a device has an
   * address follows from the route of the network it is in. The way outside is wrong only where the
   * host itself has one.
   */
  public List<RouteQuestion> wrong(
      RouteTarget target, List<RouteQuestion> questions, List<RouteAnswer> answers) {
    List<RouteQuestion> wrong = new ArrayList<>();
    List<RouteQuestion> addresses = new ArrayList<>();
    boolean hostLeaves = false;
    for (int i = 0; i < questions.size(); i++) {
      boolean right =
          switch (target) {
            case RouteTarget.PeerBlock peer -> isPlanned(peer.route(), answers.get(i));
            case RouteTarget.OwnBlock own -> isOnBridge(own, answers.get(i));
            case RouteTarget.Outside outside -> leaves(answers.get(i));
          };
      if (!right) {
        (isOfAddress(answers.get(i)) ? addresses : wrong).add(questions.get(i));
      }
      hostLeaves |= right && questions.get(i).inputLink() == 0;
    }
    wrong.addAll(addresses);
    return target instanceof RouteTarget.Outside && !hostLeaves ? List.of() : wrong;
  }

  /** Of type local, broadcast or anycast. */
  private static boolean isOfAddress(RouteAnswer answer) {
    return answer instanceof RouteAnswer.Matched(Route route)
        && route.protocol().equals(RouteProtocol.KERNEL)
        && !route.type().equals(RouteType.UNICAST);
  }

  private boolean isPlanned(PlannedRoute planned, RouteAnswer answer) {
    if (!(answer instanceof RouteAnswer.Matched(Route route))
        || !route.type().equals(RouteType.UNICAST)) {
      return false;
    }
    int device = indexes.getOrDefault(planned.device(), -1);
    boolean isOurs =
        route.protocol().equals(ours)
            && route.destination().equals(planned.destination())
            // Of a nexthop object the kernel may tell the number only.
            && (route.linkIndex() == device || route.linkIndex() == 0 && route.nextHopId() != 0);
    // Somebody's route that leads where ours does harms nobody.
    return isOurs
        || route.linkIndex() == device
            && route.multipath().isEmpty()
            && route.gateway().equals(Optional.of(planned.gateway()));
  }

  private boolean isOnBridge(RouteTarget.OwnBlock own, RouteAnswer answer) {
    return answer instanceof RouteAnswer.Matched(Route route)
        && route.type().equals(RouteType.UNICAST)
        && route.linkIndex() == indexes.getOrDefault(own.bridge(), -1);
  }

  private static boolean leaves(RouteAnswer answer) {
    return answer instanceof RouteAnswer.Matched(Route route)
        && route.type().equals(RouteType.UNICAST);
  }

  /**
   * Why a question has a wrong answer.
   *
   * @param tables gives the routes of a table; asked only where the kernel refused, and only for
   *     those tables it may have looked into
   */
  public RouteCause cause(
      RouteQuestion question, RouteAnswer answer, LongFunction<List<Route>> tables) {
    return switch (answer) {
      case RouteAnswer.Matched(Route route) -> {
        Route found = withSource(inItsTable(route), question, tables);
        yield new RouteCause.ByRoute(found, leading(question, found.table()));
      }
      case RouteAnswer.Refused(int errno) -> refused(question, errno, tables);
    };
  }

  /** As it is in its table: an answer does not tell what source it is for, which only IPv6 has. */
  private static Route withSource(
      Route told, RouteQuestion question, LongFunction<List<Route>> tables) {
    if (question.destination().family() == AddressFamily.IPV4 || question.source().isEmpty()) {
      return told;
    }
    return tables.apply(told.table()).stream()
        .filter(route -> isFor(route, question))
        .filter(
            route ->
                route.withSource(Optional.empty()).configuration().equals(told.configuration()))
        .max(Comparator.comparing(route -> route.source().map(IpPrefix::length).orElse(0)))
        .orElse(told);
  }

  private static boolean isFor(Route route, RouteQuestion question) {
    return route.source().isEmpty()
        || question.source().map(IpPrefix::host).filter(route.source().get()::contains).isPresent();
  }

  /** Without rules, IPv4 looks into main and local as one and says main. */
  private static Route inItsTable(Route route) {
    return route.type().equals(RouteType.LOCAL) && route.table() == Route.MAIN_TABLE
        ? route.withTable(Route.LOCAL_TABLE)
        : route;
  }

  private Optional<RoutingRule> leading(RouteQuestion question, long table) {
    return rules.stream()
        .filter(rule -> rule.action() == RuleAction.LOOKUP && rule.table() == table)
        .filter(rule -> RuleSelection.selects(rule, question, bridge))
        .min(Comparator.comparing(RuleSelection::dependsOnMore));
  }

  private RouteCause refused(RouteQuestion question, int errno, LongFunction<List<Route>> tables) {
    boolean mainAsked = false;
    long next = 0;
    for (RoutingRule rule : rules) {
      if (rule.preference() < next) {
        continue;
      }
      if (RuleSelection.dependsOnMore(rule) || !RuleSelection.selects(rule, question, bridge)) {
        continue;
      }
      switch (rule.action()) {
        case BLACKHOLE, UNREACHABLE, PROHIBIT -> {
          return new RouteCause.ByRule(rule);
        }
        case GOTO -> next = RuleSelection.next(rule);
        case NOP -> {}
        case LOOKUP -> {
          mainAsked |= rule.table() == Route.MAIN_TABLE;
          Optional<Route> found = longest(tables.apply(rule.table()), question, rule);
          if (found.isPresent() && DROPPING.contains(found.get().type())) {
            return new RouteCause.ByRoute(found.get(), Optional.of(rule));
          }
          if (found.isPresent() && !found.get().type().equals(THROW)) {
            return found(question, errno);
          }
        }
      }
    }
    return new RouteCause.NoRoute(mainAsked);
  }

  private static RouteCause found(RouteQuestion question, int errno) {
    if (question.inputLink() != 0
        && question.destination().family() == AddressFamily.IPV4
        && (errno == EXDEV || errno == Errno.EINVAL)) {
      return new RouteCause.SourceRefused();
    }
    if (question.inputLink() != 0 && errno == Errno.EHOSTUNREACH) {
      return new RouteCause.NotForwarded();
    }
    return new RouteCause.Unexplained(errno);
  }

  private static Optional<Route> longest(
      List<Route> routes, RouteQuestion question, RoutingRule rule) {
    boolean withoutDefault =
        rule.otherSelectors().stream().anyMatch(name -> name.startsWith("suppress_prefix"));
    return routes.stream()
        .filter(route -> route.destination().contains(question.destination()))
        .filter(route -> isFor(route, question))
        .filter(route -> (route.statusFlags() & DEAD) == 0)
        .filter(route -> !withoutDefault || route.destination().length() > 0)
        .min(
            Comparator.comparing((Route route) -> -route.destination().length())
                .thenComparing(Route::metric));
  }
}
