package dev.tweed.firewall.nft;

import dev.tweed.firewall.backend.BackendKind;
import dev.tweed.firewall.backend.BackendOutcome;
import dev.tweed.firewall.backend.FirewallBackend;
import dev.tweed.firewall.nft.NftTableWriter.Reading;
import dev.tweed.firewall.rules.FilterRow;
import java.nio.file.Path;
import java.util.List;

/**
 * Rows in a table of our own, {@code inet tweed-filter}, for hosts without a firewall manager. The
 * table accepts what no row is for. It is replaced as a whole in one transaction, so that no packet
 * meets half of it, and one that is refused leaves the table before.
 *
 * <p>A drop is final, an accept is not: packets that other tables drop stay dropped. The table does
 * not outlive a reboot.
 */
public final class NftablesBackend implements FirewallBackend {

  private final NftTableWriter writer;
  private List<FilterRow> rendered = List.of();
  private NftText text = render(List.of());

  /**
   * @param nft path of nft, or just its name
   */
  public NftablesBackend(Path nft) {
    this.writer = new NftTableWriter(new NftProgram(nft));
  }

  @Override
  public BackendKind kind() {
    return BackendKind.NFTABLES;
  }

  @Override
  public BackendOutcome apply(List<FilterRow> rows) {
    return apply(rows, writer);
  }

  @Override
  public BackendOutcome check(List<FilterRow> rows) {
    return apply(rows, writer.withoutWriting());
  }

  private BackendOutcome apply(List<FilterRow> rows, NftTableWriter by) {
    NftText wanted = text(rows);
    return switch (by.read(NftTableCompiler.TABLE)) {
      // A kernel that has no tables has none of ours.
      case Reading.Unreadable(var refusal)
          when rows.isEmpty() && refusal.reason().equals(NftRefusal.KERNEL_TOO_OLD) ->
          BackendOutcome.applied(false);
      case Reading.Unreadable(var refusal) -> refusal;
      case Reading.Absent absent when rows.isEmpty() -> BackendOutcome.applied(false);
      case Reading.Found(var found) when !rows.isEmpty() && found.is(wanted) -> BackendOutcome.applied(false);
      case Reading reading ->
          (rows.isEmpty() ? by.remove(wanted.name()) : by.replace(wanted))
              .<BackendOutcome>map(refused -> refused)
              .orElseGet(() -> BackendOutcome.applied(true));
    };
  }

  private NftText text(List<FilterRow> rows) {
    if (!rows.equals(rendered)) {
      text = render(rows);
      rendered = List.copyOf(rows);
    }
    return text;
  }

  private static NftText render(List<FilterRow> rows) {
    return NftTableRenderer.render(NftTableCompiler.compile(rows));
  }
}
