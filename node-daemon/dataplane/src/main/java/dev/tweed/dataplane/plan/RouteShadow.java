package dev.tweed.dataplane.plan;

import dev.tweed.netlink.Route;
import dev.tweed.netlink.RouteQuestion;
import java.util.List;
import java.util.Objects;

/**
 * Packets to a target that do not take the way planned.
 *
 * @param asked how those look that do not
 * @param cause why the first of them does not
 */
public record RouteShadow(RouteTarget target, List<RouteQuestion> asked, RouteCause cause) {
  /** Copies the list. */
  public RouteShadow {
    Objects.requireNonNull(target, "target");
    Objects.requireNonNull(cause, "cause");
    asked = List.copyOf(asked);
  }

  /**
   * Whether it may be only because our route is not there. One that the kernel refuses is told by
   * itself, and it may refuse it for the route of somebody.
   */
  public boolean isByAbsence() {
    return switch (cause) {
      case RouteCause.ByRoute by ->
          by.route().table() == Route.MAIN_TABLE
              && by.route().destination().length() < target.prefix().length();
      case RouteCause.ByRule by -> false;
      default -> true;
    };
  }
}
