package dev.tweed.firewall.ufw;

import dev.tweed.firewall.backend.BackendKind;
import dev.tweed.firewall.backend.BackendListing;
import dev.tweed.firewall.backend.BackendOutcome;
import dev.tweed.firewall.backend.FirewallBackend;
import dev.tweed.firewall.rules.FilterRow;
import dev.tweed.firewall.rules.Protocol;
import dev.tweed.ip.AddressFamily;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/** ufw as one of the firewalls rows can be kept in. */
public final class UfwBackend implements FirewallBackend {

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
    boolean ports = !row.destinationPorts().isEmpty() || !row.sourcePorts().isEmpty();
    return Stream.of(row.interfaceIn(), row.interfaceOut())
        .flatMap(Optional::stream)
        .filter(device -> device.endsWith("port"))
        .filter(device -> row.protocol() == Protocol.ANY && !ports)
        .findFirst()
        .map(
            device ->
                "ufw takes the end of '%s' for a port, and the rule for one of TCP and UDP only; give a protocol"
                    .formatted(device));
  }

  @Override
  public BackendOutcome apply(List<FilterRow> rows) {
    return switch (writer.apply(rows)) {
      case UfwOutcome.Applied applied ->
          new BackendOutcome.Applied(
              applied.changed(), applied.live(), displaced(rows, applied.overlaps()));
      case UfwOutcome.Refused refused ->
          new BackendOutcome.Refused(reason(refused.reason()), refused.message(), refused.remedy());
    };
  }

  @Override
  public BackendListing look(List<FilterRow> intended) {
    try {
      return compared(intended);
    } catch (UfwObstacle e) {
      return new BackendListing.Unreadable(e.refused().message(), e.refused().remedy());
    } catch (IOException e) {
      return new BackendListing.Unreadable(
          String.valueOf(e.getMessage()), "let the daemon read /etc/ufw of the host");
    }
  }

  /**
   * Rows of a family that ufw does not take care of are left out: with IPV6=no it drops whatever is
   * IPv6, and no rule of its would be asked.
   */
  private BackendListing compared(List<FilterRow> intended) throws IOException, UfwObstacle {
    UfwHost host = writer.host();
    Map<FilterRow, BackendListing.Entry> byRow = new HashMap<>();
    List<BackendListing.Entry> extra = new ArrayList<>();
    for (AddressFamily family : UfwHost.families(host.settings())) {
      UfwComparison.Result result =
          UfwComparison.compare(
              host.read(family),
              family,
              intended.stream().filter(row -> row.family() == family).toList(),
              host.list(family));
      byRow.putAll(result.entries());
      extra.addAll(result.extra());
    }
    List<BackendListing.Entry> entries = new ArrayList<>();
    intended.stream().filter(byRow::containsKey).map(byRow::get).forEach(entries::add);
    entries.addAll(extra);
    return new BackendListing.Compared(entries);
  }

  private static String reason(UfwOutcome.Reason reason) {
    return switch (reason) {
      case NOT_FOUND -> "NotFound";
      case LOCKED -> "Locked";
      case FILE_NOT_UNDERSTOOD -> "FileNotUnderstood";
      case FILE_ERROR -> "FileError";
      case CHAIN_ERROR -> "ChainError";
    };
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
