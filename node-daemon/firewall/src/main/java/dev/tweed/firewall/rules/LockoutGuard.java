package dev.tweed.firewall.rules;

import dev.tweed.firewall.rules.ProtectedService.End;
import dev.tweed.firewall.rules.RuleProblem.Kind;
import dev.tweed.netlink.IpPrefix;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Stream;

/**
 * Finds rows that would cut what keeps the node in reach. Pure.
 *
 * <p>Rows are tried in order, as the firewall does, with the ends in use now; and with the end that
 * nobody has connected from yet, who is cut only by a row for anywhere, and not if an earlier row
 * lets somebody in to that port: who writes "allow from here, deny from anywhere" has thought of
 * it. Limiting is cutting for everything but SSH, where six connections in 30 seconds are plenty.
 *
 * <p>Where it cannot be told whether a row is for an end (its device is not known, or the row asks
 * for source ports), a row that cuts is taken to be, and one that allows is not.
 */
public final class LockoutGuard {

  private static final String SSH = "SSH";

  /** Where clients take their ports from; Linux begins here, others above. */
  private static final PortRange OF_CLIENTS = new PortRange(32_768, 65_535);

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
      List<FilterRow> about = rows.stream().filter(row -> isAbout(row, service)).toList();
      Stream.concat(
              service.ends().stream().flatMap(end -> firstFor(about, service, end).stream()),
              firstForStranger(about, service).stream())
          .filter(row -> cuts(row, service))
          .filter(row -> !mayLockOut.test(row.origin()))
          .forEach(row -> problems.add(problem(row, service)));
    }
    return List.copyOf(problems);
  }

  private static Optional<FilterRow> firstFor(
      List<FilterRow> rows, ProtectedService service, End end) {
    return rows.stream()
        .filter(row -> row.family() == end.peer().family())
        .filter(row -> far(row, service).contains(end.peer()))
        .filter(row -> cuts(row, service) ? mayBeFor(row, service, end) : isFor(row, service, end))
        .findFirst();
  }

  private static boolean isFor(FilterRow row, ProtectedService service, End end) {
    IpPrefix near = near(row, service);
    Optional<String> device = device(row, service);
    return row.sourcePorts().isEmpty()
        && (near.length() == 0 || end.own().filter(near::contains).isPresent())
        && (device.isEmpty() || device.equals(end.device()));
  }

  private static boolean mayBeFor(FilterRow row, ProtectedService service, End end) {
    IpPrefix near = near(row, service);
    Optional<String> device = device(row, service);
    return end.own().filter(own -> !near.contains(own)).isEmpty()
        && (device.isEmpty() || end.device().isEmpty() || device.equals(end.device()));
  }

  private static Optional<FilterRow> firstForStranger(
      List<FilterRow> rows, ProtectedService service) {
    for (FilterRow row : rows) {
      // A row for one device may still leave another open; and one that lets in whatever comes by a
      // device, as by that of the pods, was not written with this service in mind.
      boolean anyDevice = device(row, service).isEmpty();
      if (!cuts(row, service)) {
        if (row.sourcePorts().isEmpty() && (anyDevice || !row.destinationPorts().isEmpty())) {
          return Optional.empty();
        }
      } else if (far(row, service).length() == 0 && anyDevice) {
        return Optional.of(row);
      }
    }
    return Optional.empty();
  }

  private static IpPrefix far(FilterRow row, ProtectedService service) {
    return service.direction() == Direction.IN ? row.source() : row.destination();
  }

  private static IpPrefix near(FilterRow row, ProtectedService service) {
    return service.direction() == Direction.IN ? row.destination() : row.source();
  }

  private static Optional<String> device(FilterRow row, ProtectedService service) {
    return service.direction() == Direction.IN ? row.interfaceIn() : row.interfaceOut();
  }

  private static boolean isAbout(FilterRow row, ProtectedService service) {
    return row.direction() == service.direction()
        && service.families().contains(row.family())
        && (row.protocol() == Protocol.ANY || row.protocol() == service.protocol())
        && (row.sourcePorts().isEmpty()
            || row.sourcePorts().stream().anyMatch(p -> p.overlaps(OF_CLIENTS)))
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
