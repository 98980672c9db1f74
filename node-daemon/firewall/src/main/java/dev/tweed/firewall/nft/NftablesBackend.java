package dev.tweed.firewall.nft;

import dev.tweed.firewall.backend.BackendKind;
import dev.tweed.firewall.backend.BackendOutcome;
import dev.tweed.firewall.backend.FirewallBackend;
import dev.tweed.firewall.rules.FilterRow;
import dev.tweed.netlink.nft.NfTableContent;
import dev.tweed.netlink.nft.NfTables;
import java.util.List;
import java.util.Optional;

/**
 * Rows in a table of our own, {@code inet tweed-filter}, for hosts without a firewall manager. The
 * table accepts what no row is for. Each change of it is one transaction, so that no packet meets
 * half of it, and one that is refused leaves the table before; rules that stay keep their counts.
 *
 * <p>A drop is final, an accept is not: packets that other tables drop stay dropped. The table does
 * not outlive a reboot.
 */
public final class NftablesBackend implements FirewallBackend {

  private final NftTableWriter writer;
  private List<FilterRow> compiled = List.of();
  private Optional<NfTableContent> content = Optional.empty();

  /** Writes by these. */
  public NftablesBackend(NfTables tables) {
    this.writer = new NftTableWriter(tables, NftTableCompiler.TABLE);
  }

  @Override
  public BackendKind kind() {
    return BackendKind.NFTABLES;
  }

  @Override
  public BackendOutcome apply(List<FilterRow> rows) {
    return writer.keep(content(rows), true);
  }

  @Override
  public BackendOutcome check(List<FilterRow> rows) {
    return writer.keep(content(rows), false);
  }

  private Optional<NfTableContent> content(List<FilterRow> rows) {
    if (!rows.equals(compiled)) {
      content = rows.isEmpty() ? Optional.empty() : Optional.of(NftTableCompiler.compile(rows));
      compiled = List.copyOf(rows);
    }
    return content;
  }
}
