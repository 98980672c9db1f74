package dev.tweed.firewall.nft;

import dev.tweed.firewall.backend.BackendKind;
import dev.tweed.firewall.backend.BackendOutcome;
import dev.tweed.firewall.backend.FirewallBackend;
import dev.tweed.firewall.backend.Obstacle;
import dev.tweed.firewall.rules.FilterRow;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

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
    try {
      NftText wanted = text(rows);
      Optional<FoundTable> found = by.read(NftTableCompiler.TABLE);
      boolean changed =
          rows.isEmpty() ? found.isPresent() : found.filter(f -> f.is(wanted)).isEmpty();
      if (changed && rows.isEmpty()) {
        by.remove(wanted.name());
      } else if (changed) {
        by.replace(wanted);
      }
      return BackendOutcome.applied(changed);
    } catch (Obstacle e) {
      // A kernel that has no tables has none of ours.
      return rows.isEmpty() && e.refused().reason().equals(NftProgram.KERNEL_TOO_OLD)
          ? BackendOutcome.applied(false)
          : e.refused();
    }
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
