package dev.tweed.firewall.rules;

import dev.tweed.firewall.rules.ProtectedFlow.Remotes.Each;
import dev.tweed.firewall.rules.ProtectedFlow.Remotes.Somebody;
import dev.tweed.firewall.rules.ProtectedFlow.Way;
import dev.tweed.ip.AddressFamily;
import dev.tweed.ip.IpAddress;
import dev.tweed.ip.IpPrefix;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableSet;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.BiPredicate;
import java.util.stream.Stream;

/**
 * Finds rows that would cut what has to pass. Pure.
 *
 * <p>Rows are tried in order, as the firewall does. Where the remote ends are known, each has to
 * pass. Where they are not, somebody has to be left: an earlier row lets somebody in only if it is
 * for an address and a device that this node has and others come by, and for sources that packets
 * come from and that no row before it denies.
 *
 * <p>Where it cannot be told whether a row is for a flow (the device of the flow is not known, or
 * the row asks for source ports), a row that cuts is taken to be, and one that allows is not.
 * Limiting is cutting for everything but SSH, where six connections in 30 seconds are plenty.
 */
public final class LockoutGuard {

  private static final PortRange ALL_PORTS = new PortRange(1, 65_535);

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
   * Looks for rows that cut a flow.
   *
   * @param rows in order
   * @param flows to keep
   * @param mayCut whether an origin has leave to (spec.allowLockout)
   * @return a problem for each rule, flow and remote end it would cut off
   */
  public static Set<RuleProblem> check(
      List<FilterRow> rows,
      List<ProtectedFlow> flows,
      BiPredicate<Origin, ProtectedService> mayCut) {
    Set<RuleProblem> problems = new LinkedHashSet<>();
    for (ProtectedFlow flow : flows) {
      List<FilterRow> about = rows.stream().filter(row -> isAbout(row, flow)).toList();
      switch (flow.remotes()) {
        case Each(var addresses) ->
            flow.ways()
                .forEach(way -> cutOff(about, flow, way, addresses, mayCut).forEach(problems::add));
        case Somebody somebody ->
            lastForAll(about, flow, somebody)
                .filter(row -> !mayCut.test(row.origin(), flow.service()))
                .ifPresent(row -> problems.add(forAll(row, flow)));
      }
    }
    return problems;
  }

  private static Stream<RuleProblem> cutOff(
      List<FilterRow> rows,
      ProtectedFlow flow,
      Way way,
      NavigableSet<IpAddress> addresses,
      BiPredicate<Origin, ProtectedService> mayCut) {
    Set<RuleProblem> problems = new LinkedHashSet<>();
    NavigableSet<IpAddress> left = new TreeSet<>(addresses);
    for (FilterRow row : rows) {
      if (left.isEmpty()) {
        break;
      }
      if (isFor(row, flow, way)) {
        IpPrefix far = far(row, flow).network();
        Set<IpAddress> met = left.subSet(far.address(), true, far.last(), true);
        if (cuts(row, flow) && !mayCut.test(row.origin(), flow.service())) {
          met.forEach(remote -> problems.add(forOne(row, flow, remote)));
        }
        met.clear();
      }
    }
    return problems.stream();
  }

  /** The row after which nobody passes by any way, if there is one. */
  private static Optional<FilterRow> lastForAll(
      List<FilterRow> rows, ProtectedFlow flow, Somebody remotes) {
    int last = -1;
    for (Way way : flow.ways()) {
      int closing = closing(rows, flow, way, remotes);
      if (closing == rows.size()) {
        return Optional.empty();
      }
      last = Math.max(last, closing);
    }
    return last < 0 ? Optional.empty() : Optional.of(rows.get(last));
  }

  /** Index of the row after which nobody passes by a way; the number of rows if somebody does. */
  private static int closing(List<FilterRow> rows, ProtectedFlow flow, Way way, Somebody remotes) {
    AddressSet closed = new AddressSet(NOBODY.get(flow.family()));
    remotes.besides().forEach(closed::add);
    flow.ways().stream()
        .map(Way::near)
        .filter(near -> near.length() == near.family().bits())
        .forEach(closed::add); // what the node sends to itself comes by lo
    for (int i = 0; i < rows.size(); i++) {
      FilterRow row = rows.get(i);
      if (!isFor(row, flow, way)) {
        continue;
      }
      IpPrefix far = far(row, flow);
      if (cuts(row, flow)) {
        closed.add(far);
        if (remotes.prefixes().stream().allMatch(closed::containsAll)) {
          return i;
        }
      } else if (remotes.prefixes().stream()
          .filter(far::overlaps)
          .anyMatch(remote -> !closed.containsAll(remote.contains(far) ? far : remote))) {
        break;
      }
    }
    return rows.size();
  }

  private static boolean isAbout(FilterRow row, ProtectedFlow flow) {
    return row.direction() == flow.direction()
        && row.family() == flow.family()
        && (row.protocol() == Protocol.ANY || row.protocol() == flow.protocol())
        && isForPort(row, flow)
        && (row.sourcePorts().isEmpty()
            || PortRange.union(row.sourcePorts()).stream()
                .anyMatch(
                    cuts(row, flow)
                        ? flow.sourcePorts()::overlaps
                        : ports -> ports.containsAll(flow.sourcePorts())));
  }

  private static boolean isForPort(FilterRow row, ProtectedFlow flow) {
    if (row.destinationPorts().isEmpty()) {
      return true;
    }
    List<PortRange> ports = PortRange.union(row.destinationPorts());
    return flow.port() == 0
        ? ports.equals(List.of(ALL_PORTS))
        : ports.stream().anyMatch(range -> range.contains(flow.port()));
  }

  private static boolean isFor(FilterRow row, ProtectedFlow flow, Way way) {
    boolean cuts = cuts(row, flow);
    return (flow.inbound() ? row.destination() : row.source()).contains(way.near())
        && isForDevice(row.interfaceIn(), way.in(), cuts)
        && isForDevice(row.interfaceOut(), way.out(), cuts);
  }

  private static boolean isForDevice(Optional<String> row, Optional<String> way, boolean cuts) {
    return row.isEmpty() || (way.isEmpty() ? cuts : row.equals(way));
  }

  private static IpPrefix far(FilterRow row, ProtectedFlow flow) {
    return flow.inbound() ? row.source() : row.destination();
  }

  private static boolean cuts(FilterRow row, ProtectedFlow flow) {
    return switch (row.action()) {
      case ALLOW -> false;
      case DENY, REJECT -> true;
      case LIMIT -> flow.service() != ProtectedService.SSH;
    };
  }

  private static List<IpPrefix> prefixes(String texts) {
    return Stream.of(texts.split(" ")).map(IpPrefix::parse).toList();
  }

  private static RuleProblem forOne(FilterRow row, ProtectedFlow flow, IpAddress remote) {
    String end = (flow.inbound() ? "from " : "to ") + remote;
    return problem(
        row,
        flow,
        "it would cut %s %s".formatted(flow.text(), end) + because(", ", flow),
        "allow %s %s".formatted(flow.ports(), end));
  }

  private static RuleProblem forAll(FilterRow row, ProtectedFlow flow) {
    boolean alone =
        far(row, flow).length() == 0 && row.interfaceIn().isEmpty() && row.interfaceOut().isEmpty();
    return problem(
        row,
        flow,
        "%sit would cut %s for everybody over %s"
                .formatted(
                    alone ? "" : "with what is denied before, ",
                    flow.text(),
                    flow.family() == AddressFamily.IPV4 ? "IPv4" : "IPv6")
            + because("; ", flow),
        "allow %s for somebody".formatted(flow.ports()));
  }

  private static String because(String separator, ProtectedFlow flow) {
    return flow.who().isEmpty() ? "" : separator + flow.who();
  }

  private static RuleProblem problem(
      FilterRow row, ProtectedFlow flow, String message, String allow) {
    return new RuleProblem(
        PolicyReason.WouldLockOut,
        row.origin(),
        row.rule(),
        "action",
        message,
        "%s in a rule before it, narrow the rule, or name %s in spec.allowLockout"
            .formatted(allow, flow.service().field()));
  }
}
