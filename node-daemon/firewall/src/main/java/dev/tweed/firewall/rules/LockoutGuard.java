package dev.tweed.firewall.rules;

import dev.tweed.firewall.rules.ProtectedService.End;
import dev.tweed.ip.AddressFamily;
import dev.tweed.ip.IpPrefix;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Stream;

/**
 * Finds rows that would cut what keeps the node in reach. Pure.
 *
 * <p>Rows are tried in order, as the firewall does, with the ends in use now; and with everybody
 * who may connect later. Those are cut by the row after which nobody of a family is left, alone or
 * with the rows before it, by whatever device others come by; and not if an earlier row lets
 * somebody in to that port: who writes "allow from here, deny from anywhere" has thought of it.
 * Limiting is cutting for everything but SSH, where six connections in 30 seconds are plenty.
 *
 * <p>Where it cannot be told whether a row is for an end (its device is not known, or the row asks
 * for source ports or an address of this node), a row that cuts is taken to be, and one that allows
 * is not.
 */
public final class LockoutGuard {

  private static final String SSH = "SSH";
  private static final String LOOPBACK = "lo";

  /** Where clients take their ports from; Linux begins here, others above. */
  private static final PortRange OF_CLIENTS = new PortRange(32_768, 65_535);

  /**
   * What no router brings packets from (RFC 6890; for IPv6 all but 2000::/3 and fc00::/7): leaving
   * it open leaves nobody.
   */
  private static final Map<AddressFamily, List<IpPrefix>> NOBODY =
      Map.of(
          AddressFamily.IPV4,
          prefixes("0.0.0.0/8 127.0.0.0/8 169.254.0.0/16 224.0.0.0/3"),
          AddressFamily.IPV6,
          prefixes("::/3 4000::/2 8000::/2 c000::/3 e000::/4 f000::/5 f800::/6 fe00::/7"));

  private LockoutGuard() {}

  /**
   * Looks for rows that cut a service.
   *
   * @param rows in order
   * @param services to keep
   * @param mayLockOut whether an origin has leave to (spec.allowLockout)
   * @return a problem for each rule, service and way it would cut it
   */
  public static List<RuleProblem> check(
      List<FilterRow> rows, List<ProtectedService> services, Predicate<Origin> mayLockOut) {
    Set<RuleProblem> problems = new LinkedHashSet<>();
    for (ProtectedService service : services) {
      List<FilterRow> about = rows.stream().filter(row -> isAbout(row, service)).toList();
      service.ends().stream()
          .flatMap(end -> firstFor(about, service, end).stream())
          .filter(row -> cuts(row, service) && !mayLockOut.test(row.origin()))
          .forEach(row -> problems.add(problem(row, service, "it would cut %s")));
      lastForEverybody(about, service)
          .filter(row -> !mayLockOut.test(row.origin()))
          .ifPresent(
              row ->
                  problems.add(
                      problem(
                          row,
                          service,
                          far(row, service).length() == 0 && device(row, service).isEmpty()
                              ? "it would cut %s"
                              : "with what is denied before, it would cut %s for everybody")));
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

  /** The row after which nobody can connect who has not yet, if there is one. */
  private static Optional<FilterRow> lastForEverybody(
      List<FilterRow> rows, ProtectedService service) {
    Map<AddressFamily, Closed> families = new EnumMap<>(AddressFamily.class);
    for (FilterRow row : rows) {
      Closed closed = families.computeIfAbsent(row.family(), f -> new Closed(f, service.devices()));
      if (!cuts(row, service)) {
        if (letsIn(row, service, closed)) {
          return Optional.empty();
        }
      } else {
        boolean surely = row.sourcePorts().isEmpty() && near(row, service).length() == 0;
        closed.add(far(row, service), device(row, service), surely);
        if (closed.leavesNobody()) {
          return Optional.of(row);
        }
      }
    }
    return Optional.empty();
  }

  /**
   * Whether somebody can connect by a row. One that lets in whatever comes by a device, as by that
   * of the pods, was not written with the service in mind.
   */
  private static boolean letsIn(FilterRow row, ProtectedService service, Closed closed) {
    Optional<String> device = device(row, service);
    IpPrefix far = far(row, service);
    return row.sourcePorts().isEmpty()
        && (device.isEmpty() || !row.destinationPorts().isEmpty())
        && !device.equals(Optional.of(LOOPBACK))
        && !far.address().isLoopback()
        && !closed.surely.containsAll(far);
  }

  /** Who of a family cannot connect any more. */
  private static final class Closed {
    private final IpPrefix everybody;
    private final Set<String> devices;

    /** By whatever device, from whatever port, to whatever address of the node. */
    private final AddressSet surely = new AddressSet(List.of());

    /** Those too of whom ports and address cannot be told, and those who never could. */
    private final AddressSet perhaps;

    /** The same by one device; all but those have the set above. */
    private final Map<String, AddressSet> byDevice = new HashMap<>();

    Closed(AddressFamily family, Set<String> devices) {
      this.everybody = IpPrefix.any(family);
      this.devices = devices;
      this.perhaps = new AddressSet(NOBODY.get(family));
    }

    void add(IpPrefix far, Optional<String> device, boolean whatever) {
      if (device.isEmpty()) {
        if (whatever) {
          surely.add(far);
        }
        perhaps.add(far);
        byDevice.values().forEach(set -> set.add(far));
      } else if (devices.contains(device.get())) {
        byDevice.computeIfAbsent(device.get(), d -> new AddressSet(perhaps)).add(far);
      }
    }

    boolean leavesNobody() {
      return perhaps.containsAll(everybody)
          || !devices.isEmpty()
              && byDevice.keySet().equals(devices)
              && byDevice.values().stream().allMatch(set -> set.containsAll(everybody));
    }
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

  private static List<IpPrefix> prefixes(String texts) {
    return Stream.of(texts.split(" ")).map(IpPrefix::parse).toList();
  }

  private static RuleProblem problem(FilterRow row, ProtectedService service, String what) {
    return new RuleProblem(
        PolicyReason.WouldLockOut,
        row.origin(),
        row.rule(),
        "action",
        what.formatted(
            "%s (%s port %d)".formatted(service.name(), service.protocol().text(), service.port())),
        "narrow the rule, allow this port before it, or set spec.allowLockout");
  }
}
