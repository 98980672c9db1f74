package dev.tweed.firewall.ufw;

import dev.tweed.firewall.backend.BackendKind;
import dev.tweed.firewall.backend.BackendOutcome;
import dev.tweed.firewall.backend.FirewallBackend;
import dev.tweed.firewall.backend.RefusalException;
import dev.tweed.firewall.rules.FilterRow;
import dev.tweed.firewall.rules.Protocol;
import dev.tweed.ip.AddressFamily;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/** ufw as one of the firewalls rows can be kept in. */
public final class UfwBackend implements FirewallBackend {

  private static final Set<AddressFamily> BOTH = Set.of(AddressFamily.values());

  private final UfwWriter writer;

  /**
   * @param writer for the host's ufw
   */
  public UfwBackend(UfwWriter writer) {
    this.writer = writer;
  }

  @Override
  public BackendKind kind() {
    return BackendKind.UFW;
  }

  @Override
  public Optional<String> unsupported(FilterRow row) {
    if (row.protocol() == Protocol.AH && row.family() == AddressFamily.IPV6) {
      return Optional.of(
          "ufw writes AH over IPv6 in a way that ip6tables never matches; give the rule a source or"
              + " destination of IPv4, such as 0.0.0.0/0");
    }
    if (row.protocol() == Protocol.SCTP) {
      return Optional.of("ufw has no rules for SCTP; select nodes with another firewall");
    }
    if (row.protocol().isIcmp()) {
      return Optional.of(
          "ufw has no rules for ICMP beside those in /etc/ufw/before.rules and before6.rules; change"
              + " them there, or select nodes with another firewall");
    }
    return Stream.of(row.interfaceIn(), row.interfaceOut())
        .flatMap(Optional::stream)
        .filter(device -> device.endsWith("port"))
        .filter(device -> row.protocol() == Protocol.ANY && !row.hasPorts())
        .findFirst()
        .map(
            device ->
                "ufw takes the end of '%s' for a port, and the rule for one of TCP and UDP only; give a protocol"
                    .formatted(device));
  }

  @Override
  public BackendOutcome apply(List<FilterRow> rows) {
    return outcome(rows, writer::apply);
  }

  @Override
  public BackendOutcome check(List<FilterRow> rows) {
    return outcome(rows, writer::check);
  }

  private interface Run {
    UfwApplied of(List<FilterRow> rows) throws RefusalException;
  }

  private static BackendOutcome outcome(List<FilterRow> rows, Run run) {
    try {
      UfwApplied applied = run.of(rows);
      return new BackendOutcome.Applied(
          applied.changed(),
          applied.live(),
          applied.ipv6() ? BOTH : Set.of(AddressFamily.IPV4),
          displaced(rows, applied.overlaps()));
    } catch (RefusalException e) {
      return e.refused();
    }
  }

  private static List<BackendOutcome.Displaced> displaced(
      List<FilterRow> rows, List<UfwRulesFile.Overlap> overlaps) {
    if (overlaps.isEmpty()) {
      return List.of();
    }
    Map<UfwTuple, FilterRow> byTuple = new HashMap<>();
    rows.forEach(row -> byTuple.putIfAbsent(UfwTuple.of(row), row));
    return overlaps.stream()
        .filter(overlap -> byTuple.containsKey(overlap.ours()))
        .map(
            overlap ->
                new BackendOutcome.Displaced(
                    byTuple.get(overlap.ours()),
                    UfwStatusRenderer.text(overlap.theirs()),
                    overlap.contradicts()))
        .toList();
  }
}
