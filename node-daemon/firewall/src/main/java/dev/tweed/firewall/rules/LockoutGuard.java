package dev.tweed.firewall.rules;

import dev.tweed.firewall.rules.RuleProblem.Kind;
import dev.tweed.netlink.IpAddress;
import dev.tweed.netlink.IpPrefix;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;

/**
 * Finds rows that would cut what keeps the node in reach. Pure.
 *
 * <p>Rows are tried in order, as the firewall does, with the ends in use now; and with the end that
 * nobody has connected from yet, who is cut only by a row for anywhere, and not if an earlier row
 * lets somebody in to that port: who writes "allow from here, deny from anywhere" has thought of
 * it. Limiting is cutting for everything but SSH, where six connections in 30 seconds are plenty.
 */
public final class LockoutGuard {

  private static final String SSH = "SSH";

  private LockoutGuard() {}

  /**
   * Looks for rows that cut a service.
   *
   * @param rows in order
   * @param services to keep
   * @param mayLockOut whether an origin has leave to (spec.allowLockout)
   * @return a problem for each rule and service
   */
  public static List<RuleProblem> check(
      List<FilterRow> rows, List<ProtectedService> services, Predicate<Origin> mayLockOut) {
    Set<RuleProblem> problems = new LinkedHashSet<>();
    for (ProtectedService service : services) {
      service.peers().stream()
          .flatMap(peer -> firstFor(rows, service, peer).stream())
          .filter(row -> cuts(row, service))
          .filter(row -> !mayLockOut.test(row.origin()))
          .forEach(row -> problems.add(problem(row, service)));
      firstForStranger(rows, service)
          .filter(row -> !mayLockOut.test(row.origin()))
          .ifPresent(row -> problems.add(problem(row, service)));
    }
    return List.copyOf(problems);
  }

  private static Optional<FilterRow> firstFor(
      List<FilterRow> rows, ProtectedService service, IpAddress peer) {
    return rows.stream()
        .filter(row -> isAbout(row, service))
        .filter(row -> row.family() == peer.family())
        .filter(row -> far(row, service).contains(peer))
        .findFirst();
  }

  private static Optional<FilterRow> firstForStranger(
      List<FilterRow> rows, ProtectedService service) {
    for (FilterRow row : rows) {
      if (!isAbout(row, service)) {
        continue;
      }
      if (!cuts(row, service)) {
        return Optional.empty();
      }
      // A row for one device may still leave another open.
      if (far(row, service).length() == 0
          && row.interfaceIn().isEmpty()
          && row.interfaceOut().isEmpty()) {
        return Optional.of(row);
      }
    }
    return Optional.empty();
  }

  private static IpPrefix far(FilterRow row, ProtectedService service) {
    return service.direction() == Direction.IN ? row.source() : row.destination();
  }

  private static boolean isAbout(FilterRow row, ProtectedService service) {
    return row.direction() == service.direction()
        && (row.protocol() == Protocol.ANY || row.protocol() == service.protocol())
        && row.sourcePorts().isEmpty()
        && (row.destinationPorts().isEmpty()
            || row.destinationPorts().stream().anyMatch(p -> p.contains(service.port())));
  }

  private static boolean cuts(FilterRow row, ProtectedService service) {
    return switch (row.action()) {
      case ALLOW -> false;
      case DENY, REJECT -> true;
      case LIMIT -> !service.name().equals(SSH);
    };
  }

  private static RuleProblem problem(FilterRow row, ProtectedService service) {
    return new RuleProblem(
        Kind.WOULD_LOCK_OUT,
        row.origin(),
        row.rule(),
        "action",
        "it would cut %s (%s port %d)"
            .formatted(service.name(), service.protocol().text(), service.port()),
        "narrow the rule, allow this port before it, or set spec.allowLockout");
  }
}
