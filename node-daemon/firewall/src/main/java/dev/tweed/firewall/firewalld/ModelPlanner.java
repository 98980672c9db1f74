package dev.tweed.firewall.firewalld;

import dev.tweed.firewall.firewalld.Policy.Ends;
import dev.tweed.firewall.firewalld.Policy.PlacedRule;
import dev.tweed.firewall.rules.Action;
import dev.tweed.firewall.rules.Direction;
import dev.tweed.firewall.rules.FilterRow;
import dev.tweed.firewall.rules.IcmpPrecedence;
import dev.tweed.firewall.rules.Logging;
import dev.tweed.firewall.rules.Origin;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Rows as policies and zones. A policy holds the rows of one direction that stand together and name
 * the same devices; the first of each direction names none and is always there, so that most
 * changes are changes of rules only. Pure.
 */
final class ModelPlanner {

  private static final Pattern PLACED = Pattern.compile("rule priority=\"(-?[0-9]{1,5})\" (.*)");

  /** Rows that may change places among themselves: the first that matches decides alike. */
  private record Sort(Action action, Logging logging) {
    static Sort of(FilterRow row) {
      return new Sort(row.action(), row.logging());
    }
  }

  /** Rows that become one policy. */
  private record RowRun(Ends ends, List<FilterRow> rows) {}

  private final List<FilterRow> rows;
  private final Map<String, Settings> running;
  private final List<String> bans;
  private final Set<String> devices;

  private ModelPlanner(List<FilterRow> rows, Map<String, Settings> running, List<String> bans) {
    this.rows = rows;
    this.running = running;
    this.bans = bans;
    this.devices = devices(rows);
  }

  /**
   * Plans.
   *
   * @param rows all of them supported
   * @param running rules of ours in its policies stay where they are, if they can; bans in its
   *     zones are repeated
   */
  static Model plan(List<FilterRow> rows, FirewalldConfig running) {
    return new ModelPlanner(rows, running.policies(), ZoneBans.repeated(running.zones())).plan();
  }

  private Model plan() {
    List<Policy> policies = new ArrayList<>();
    if (!rows.isEmpty()) {
      for (Direction direction : Direction.values()) {
        List<RowRun> segments = segments(direction);
        for (int i = 0; i < segments.size(); i++) {
          policies.add(policy(direction, i, segments.get(i)));
        }
      }
    }
    // Those that no policy names would be there for nothing.
    Map<String, DeviceZone> zones = new TreeMap<>();
    devices.stream().map(DeviceZone::of).forEach(zone -> zones.put(zone.name(), zone));
    zones.keySet().retainAll(named(policies));
    return new Model(List.copyOf(zones.values()), policies);
  }

  /** Devices of pod networks; a network names the underlay's only as a way out. */
  private static Set<String> devices(List<FilterRow> rows) {
    return rows.stream()
        .flatMap(
            row ->
                row.origin().kind() == Origin.Kind.NETWORK && row.direction() == Direction.ROUTED
                    ? Stream.empty()
                    : Stream.of(row.interfaceIn(), row.interfaceOut()))
        .flatMap(Optional::stream)
        .collect(Collectors.toCollection(LinkedHashSet::new));
  }

  private static Set<String> named(List<Policy> policies) {
    return policies.stream()
        .flatMap(policy -> Stream.of(policy.ends().ingress(), policy.ends().egress()))
        .collect(Collectors.toSet());
  }

  private List<RowRun> segments(Direction direction) {
    IcmpPrecedence order =
        IcmpPrecedence.of(rows.stream().filter(row -> row.direction() == direction).toList());
    List<FilterRow> own = Stream.of(order.icmp(), order.rest()).flatMap(List::stream).toList();
    List<RowRun> segments = new ArrayList<>();
    segments.add(
        new RowRun(ends(direction, Optional.empty(), Optional.empty()), new ArrayList<>()));
    int i = 0;
    while (i < own.size()) {
      Map<Ends, List<FilterRow>> groups = new LinkedHashMap<>();
      Sort sort = Sort.of(own.get(i));
      for (; i < own.size() && Sort.of(own.get(i)).equals(sort); i++) {
        FilterRow row = own.get(i);
        groups
            .computeIfAbsent(
                ends(direction, row.interfaceIn(), row.interfaceOut()), e -> new ArrayList<>())
            .add(row);
      }
      // What can go on in the policy before needs none of its own.
      RowRun last = segments.getLast();
      last.rows().addAll(Optional.ofNullable(groups.remove(last.ends())).orElse(List.of()));
      groups.forEach((ends, rows) -> segments.add(new RowRun(ends, rows)));
    }
    return segments;
  }

  private Ends ends(Direction direction, Optional<String> in, Optional<String> out) {
    return switch (direction) {
      case IN -> new Ends(zone(in), Policy.HOST);
      case OUT -> new Ends(Policy.HOST, zone(out));
      case ROUTED -> new Ends(zone(in), zone(out));
    };
  }

  private String zone(Optional<String> device) {
    return device.filter(devices::contains).map(d -> DeviceZone.of(d).name()).orElse(Policy.ANY);
  }

  private Policy policy(Direction direction, int index, RowRun segment) {
    boolean first = direction == Direction.IN && index == 0;
    Set<RichRule> rules =
        new LinkedHashSet<>(first ? RichRuleCompiler.beforeIncoming(rows) : List.of());
    segment.rows().forEach(row -> rules.addAll(RichRuleCompiler.compile(row)));
    Policy empty = Policy.of(direction, index, segment.ends(), List.of(), List.of());
    List<String> bodies = rules.stream().map(RichRuleRenderer::body).toList();
    List<Integer> priorities = PriorityPlanner.plan(bodies, found(empty.name()));
    List<PlacedRule> placed = new ArrayList<>();
    int i = 0;
    for (RichRule rule : rules) {
      placed.add(new PlacedRule(priorities.get(i++), rule));
    }
    return Policy.of(direction, index, segment.ends(), first ? bans : List.of(), placed);
  }

  private Map<String, Integer> found(String policy) {
    Map<String, Integer> found = new HashMap<>();
    for (String text : FirewalldConfig.rules(running, policy)) {
      Matcher matcher = PLACED.matcher(text);
      if (matcher.matches()) {
        found.merge(matcher.group(2), Integer.parseInt(matcher.group(1)), Math::min);
      }
    }
    return found;
  }
}
