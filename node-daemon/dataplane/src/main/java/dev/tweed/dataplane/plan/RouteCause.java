package dev.tweed.dataplane.plan;

import dev.tweed.netlink.Route;
import dev.tweed.netlink.RoutingRule;
import java.util.Objects;
import java.util.Optional;

/** Why packets do not take the way planned. */
public sealed interface RouteCause {

  /**
   * Another route decides.
   *
   * @param rule the rule that leads into its table, if it is known
   */
  record ByRoute(Route route, Optional<RoutingRule> rule) implements RouteCause {
    /** Refuses nulls. */
    public ByRoute {
      Objects.requireNonNull(route, "route");
      Objects.requireNonNull(rule, "rule");
    }
  }

  /** A rule drops them. */
  record ByRule(RoutingRule rule) implements RouteCause {
    /** Refuses null. */
    public ByRule {
      Objects.requireNonNull(rule, "rule");
    }
  }

  /** There is a route, but the source address is not believed to come from the bridge. */
  record SourceRefused() implements RouteCause {}

  /** There is a route, but nothing is forwarded that comes from the bridge. */
  record NotForwarded() implements RouteCause {}

  /**
   * No route at all.
   *
   * @param mainAsked whether some rule leads such packets into the table main
   */
  record NoRoute(boolean mainAsked) implements RouteCause {}

  /** The kernel refuses, and nothing in its tables says why. */
  record Unexplained(int errno) implements RouteCause {}
}
