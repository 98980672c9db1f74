package dev.tweed.dataplane.plan;

import dev.tweed.dataplane.Finding;
import dev.tweed.dataplane.Reason;
import dev.tweed.ip.AddressFamily;
import dev.tweed.ip.IpPrefix;
import dev.tweed.netlink.Address;
import dev.tweed.netlink.Errno;
import dev.tweed.netlink.Link;
import dev.tweed.netlink.Route;
import dev.tweed.netlink.RouteProtocol;
import dev.tweed.netlink.RouteQuestion;
import dev.tweed.netlink.RoutingRule;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What is told of packets that do not take the way planned. A remedy is the command that removes
 * what wins, and nothing besides.
 */
public final class RouteShadowPlanner {

  private static final Set<Long> STANDARD_TABLES =
      Set.of(253L, Route.MAIN_TABLE, Route.LOCAL_TABLE);

  /** So many targets have a finding of their own: there are other things to tell. */
  private static final int MAX_FINDINGS = 20;

  /** So many rules are named. */
  private static final int NAMED_RULES = 5;

  private final RouteRenderer renderer;
  private final String bridge;
  private final List<IpPrefix> pools;

  /**
   * @param bridge name of the device pods are on
   * @param pools all of the pod network
   * @param links devices, for their names
   * @param addresses of all devices
   */
  public RouteShadowPlanner(
      String bridge, List<IpPrefix> pools, Collection<Link> links, Collection<Address> addresses) {
    this.renderer = new RouteRenderer(links, addresses);
    this.bridge = bridge;
    this.pools = List.copyOf(pools);
  }

  /**
   * One finding for each target, none of them blocking; or a single blocking one where the pods of
   * this node are concerned, or more than half of the other nodes' blocks of a family.
   *
   * @param peers number of other nodes' blocks, by family
   */
  public List<Finding> plan(Collection<RouteShadow> shadows, Map<AddressFamily, Long> peers) {
    Map<AddressFamily, Long> shadowed =
        shadows.stream()
            .map(RouteShadow::target)
            .filter(RouteTarget.PeerBlock.class::isInstance)
            .collect(
                Collectors.groupingBy(RouteTarget::family, TreeMap::new, Collectors.counting()));
    List<RouteShadow> own =
        shadows.stream().filter(s -> s.target() instanceof RouteTarget.OwnBlock).toList();
    if (own.isEmpty()
        && shadowed.entrySet().stream().allMatch(e -> e.getValue() * 2 <= peers.get(e.getKey()))) {
      return each(shadows);
    }
    // The cause to remove first: that of this node's own pods, else the most frequent.
    RouteShadow first = own.isEmpty() ? mostFrequent(shadows) : own.getFirst();
    List<String> what = new ArrayList<>();
    own.forEach(shadow -> what.add("this node's block " + shadow.target().prefix()));
    shadowed.forEach(
        (family, count) ->
            what.add(
                "%d of %d %sblocks of other nodes"
                    .formatted(
                        count,
                        peers.get(family),
                        peers.size() == 1
                            ? ""
                            : family == AddressFamily.IPV4 ? "IPv4 " : "IPv6 ")));
    return List.of(
        new Finding(
            Reason.RouteShadowed,
            true,
            "routes",
            shadows.size() == 1
                ? message(first)
                : "packets to "
                    + String.join(" and to ", what)
                    + " do not take the way of the pod network; "
                    + message(first),
            remedy(first)));
  }

  private List<Finding> each(Collection<RouteShadow> shadows) {
    List<Finding> findings = new ArrayList<>();
    int room = shadows.size() > MAX_FINDINGS ? MAX_FINDINGS - 1 : MAX_FINDINGS;
    for (RouteShadow shadow : shadows) {
      if (findings.size() == room) {
        RouteShadow most = mostFrequent(shadows);
        findings.add(
            new Finding(
                Reason.RouteShadowed,
                "routes",
                "%d more blocks; most often: %s".formatted(shadows.size() - room, message(most)),
                remedy(most)));
        break;
      }
      findings.add(
          new Finding(Reason.RouteShadowed, object(shadow), message(shadow), remedy(shadow)));
    }
    return findings;
  }

  private RouteShadow mostFrequent(Collection<RouteShadow> shadows) {
    Map<String, Integer> counts = new HashMap<>();
    shadows.forEach(shadow -> counts.merge(remedy(shadow), 1, Integer::sum));
    RouteShadow best = shadows.iterator().next();
    for (RouteShadow shadow : shadows) {
      if (counts.get(remedy(shadow)) > counts.get(remedy(best))) {
        best = shadow;
      }
    }
    return best;
  }

  private static String object(RouteShadow shadow) {
    return switch (shadow.target()) {
      case RouteTarget.PeerBlock peer -> peer.node() + " " + peer.prefix();
      case RouteTarget.OwnBlock own -> own.prefix().toString();
      case RouteTarget.Outside outside -> "outside";
    };
  }

  private String message(RouteShadow shadow) {
    return packets(shadow.asked()) + " to " + target(shadow) + " " + verb(shadow);
  }

  /** Which packets: of pods, of this host or both, and with which mark. */
  private static String packets(List<RouteQuestion> asked) {
    boolean pods = asked.stream().anyMatch(question -> question.inputLink() != 0);
    boolean host = asked.stream().anyMatch(question -> question.inputLink() == 0);
    boolean marked = asked.stream().noneMatch(question -> question.mark() == 0);
    return "packets"
        + (pods && host ? "" : pods ? " of pods" : " of this host")
        + (marked ? " with the mark 0x4000 (Services, to be masqueraded)" : "");
  }

  private static String target(RouteShadow shadow) {
    IpPrefix block = shadow.target().prefix();
    String part =
        choosing(shadow.cause())
            .filter(prefix -> prefix.length() > block.length())
            .map(prefix -> prefix + " in ")
            .orElse("");
    return switch (shadow.target()) {
      case RouteTarget.PeerBlock peer ->
          part + "block " + block + " of node " + RouteRenderer.readable(peer.node());
      case RouteTarget.OwnBlock own -> part + "this node's block " + block;
      case RouteTarget.Outside outside ->
          "the outside (asked for " + RouteQuestionPlanner.outside(outside.family()) + ")";
    };
  }

  /** Which destinations the cause is for. */
  private static Optional<IpPrefix> choosing(RouteCause cause) {
    return switch (cause) {
      case RouteCause.ByRoute(Route route, Optional<RoutingRule> rule) ->
          Stream.concat(
                  Stream.of(route.destination()),
                  rule.flatMap(RouteShadowPlanner::choosing).stream())
              .max(Comparator.comparing(IpPrefix::length));
      case RouteCause.ByRule(RoutingRule rule) -> choosing(rule);
      default -> Optional.empty();
    };
  }

  private static Optional<IpPrefix> choosing(RoutingRule rule) {
    return rule.destination().filter(to -> !rule.inverted());
  }

  private String verb(RouteShadow shadow) {
    return switch (shadow.cause()) {
      case RouteCause.ByRoute(Route route, Optional<RoutingRule> rule) ->
          "take route "
              + renderer.route(route)
              + " of table "
              + RouteRenderer.table(route.table())
              + rule.map(r -> ", by rule " + RouteRenderer.rule(r)).orElse("");
      case RouteCause.ByRule(RoutingRule rule) ->
          "are dropped by rule " + RouteRenderer.ruleAndAction(rule);
      case RouteCause.SourceRefused() ->
          "are dropped by the reverse path filter: there is a route, but by the routing tables"
              + " their source does not belong behind "
              + bridge;
      case RouteCause.NotForwarded() ->
          "are not forwarded, though there is a route: forwarding is off for " + bridge;
      case RouteCause.NoRoute(boolean mainAsked) ->
          mainAsked ? "have no route" : "have no route: no rule leads to the table main";
      case RouteCause.Unexplained(int errno) ->
          "are refused by the kernel (" + Errno.nameOf(errno) + "), and no route or rule says why";
    };
  }

  /** The command that ends it. */
  private String remedy(RouteShadow shadow) {
    String ip = RouteRenderer.ip(shadow.target().family());
    return switch (shadow.cause()) {
      case RouteCause.ByRoute(Route route, Optional<RoutingRule> rule) ->
          // A route that is about more than pods is somebody's, and only the rule puts it first.
          rule.isPresent() && !STANDARD_TABLES.contains(route.table()) && !isOfPods(route)
              ? RouteRenderer.removal(rule.get())
              : renderer.removal(route);
      case RouteCause.ByRule(RoutingRule rule) -> RouteRenderer.removal(rule);
      case RouteCause.SourceRefused() ->
          "sysctl -w net.ipv4.conf.all.rp_filter=2 net.ipv4.conf." + bridge + ".rp_filter=2";
      case RouteCause.NotForwarded() ->
          "sysctl -w net.%s.conf.%s.forwarding=1"
              .formatted(ip.contains("-6") ? "ipv6" : "ipv4", bridge);
      case RouteCause.NoRoute(boolean mainAsked) -> {
        if (!mainAsked) {
          yield ip + "rule add pref 32766 lookup main";
        }
        yield shadow.target() instanceof RouteTarget.OwnBlock own
            ? ip
                + "route add "
                + own.prefix()
                + " dev "
                + bridge
                + " proto kernel"
                + (ip.contains("-6") ? "" : " scope link src " + own.gateway().address())
            : ip + "route show table all";
      }
      case RouteCause.Unexplained(int errno) -> ip + "route show table all";
    };
  }

  private boolean isOfPods(Route route) {
    return pools.stream().anyMatch(pool -> pool.contains(route.destination()));
  }

  /**
   * Rules that are for packets of a kind that is not asked about: with another mark, a port or a
   * user, or of some of this node's pods. Tables of the system, which have our routes, are left
   * out, and so is what rules drop of all pods.
   *
   * @param ours protocol of our own rules
   * @param own blocks of this node
   */
  public static List<RoutingRule> notAsked(
      Collection<RoutingRule> rules, RouteProtocol ours, Collection<IpPrefix> own) {
    return rules.stream()
        .filter(rule -> !rule.inverted() && !rule.protocol().equals(ours))
        .filter(
            rule ->
                switch (rule.action()) {
                  case LOOKUP ->
                      !STANDARD_TABLES.contains(rule.table())
                          && (RuleSelection.dependsOnMore(rule)
                              || RuleSelection.isOfSome(rule, own)
                              || !RuleSelection.hasMark(rule, 0)
                                  && !RuleSelection.hasMark(
                                      rule, RouteQuestionPlanner.MASQUERADE_MARK));
                  case BLACKHOLE, UNREACHABLE, PROHIBIT -> RuleSelection.isOfSome(rule, own);
                  case GOTO, NOP -> false;
                })
        .toList();
  }

  /**
   * What is told of such rules.
   *
   * @param leading those that drop, or whose table has a route to pods
   */
  public static Optional<Finding> notChecked(List<RoutingRule> leading) {
    if (leading.isEmpty()) {
      return Optional.empty();
    }
    String named =
        leading.stream()
            .limit(NAMED_RULES)
            .map(RouteRenderer::ruleAndAction)
            .collect(Collectors.joining(", "));
    return Optional.of(
        new Finding(
            Reason.RulesNotChecked,
            "rules",
            "packets to pods that these rules are for take routes of their tables or are dropped;"
                + " which packets they are cannot be told: "
                + named
                + (leading.size() > NAMED_RULES
                    ? " and " + (leading.size() - NAMED_RULES) + " more"
                    : ""),
            RouteRenderer.ip(leading.getFirst().family()) + "rule show"));
  }
}
