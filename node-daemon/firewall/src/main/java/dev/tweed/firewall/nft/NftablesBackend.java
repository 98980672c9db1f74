package dev.tweed.firewall.nft;

import dev.tweed.firewall.backend.BackendKind;
import dev.tweed.firewall.backend.BackendOutcome;
import dev.tweed.firewall.backend.FirewallBackend;
import dev.tweed.firewall.rules.FilterRow;
import dev.tweed.netlink.nft.NfTableContent;
import dev.tweed.netlink.nft.NfTables;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Supplier;

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
  private final Supplier<OptionalInt> log;
  private List<FilterRow> compiled = List.of();
  private Optional<NfTableContent> content = Optional.empty();

  /**
   * Writes by these.
   *
   * @param log group of the packet log that lines go to, if the kernel has one
   */
  public NftablesBackend(NfTables tables, Supplier<OptionalInt> log) {
    this.writer = new NftTableWriter(tables, NftTableCompiler.TABLE);
    this.log = log;
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
      content =
          rows.isEmpty()
              ? Optional.empty()
              : Optional.of(NftTableCompiler.compile(rows, log.get()));
      compiled = List.copyOf(rows);
    }
    return content;
  }
}
