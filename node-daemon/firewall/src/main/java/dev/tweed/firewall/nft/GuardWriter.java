package dev.tweed.firewall.nft;

import dev.tweed.firewall.backend.BackendOutcome;
import dev.tweed.firewall.backend.Obstacle;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Keeps our table {@code inet tweed-guard}, which is there beside every sort of host firewall: a
 * drop in it is final wherever rows are kept. Replaced as a whole in one transaction. Used by one
 * thread at a time; never throws for what the host does.
 */
public final class GuardWriter {

  /** Name of the table. */
  public static final String TABLE = GuardTableCompiler.TABLE;

  private final NftTableWriter writer;

  /**
   * @param nft path of nft, or just its name
   */
  public GuardWriter(Path nft) {
    this(new NftTableWriter(new NftProgram(nft)));
  }

  private GuardWriter(NftTableWriter writer) {
    this.writer = writer;
  }

  /**
   * Makes the table hold these rules, and removes it where there are none. A second call with the
   * same rules writes nothing.
   */
  public BackendOutcome apply(GuardRules rules) {
    Optional<NftTable> table = GuardTableCompiler.compile(rules);
    try {
      Optional<FoundTable> found = writer.read(GuardTableCompiler.TABLE);
      if (table.isPresent()) {
        return BackendOutcome.applied(keep(table.get(), found));
      }
      if (found.isPresent()) {
        writer.remove(GuardTableCompiler.TABLE);
      }
      return BackendOutcome.applied(found.isPresent());
    } catch (Obstacle e) {
      // A kernel that has no tables has none of ours.
      return table.isEmpty() && e.refused().reason().equals(NftProgram.KERNEL_TOO_OLD)
          ? BackendOutcome.applied(false)
          : e.refused();
    }
  }

  /** What {@link #apply} would come to now, told without changing anything. */
  public BackendOutcome check(GuardRules rules) {
    return new GuardWriter(writer.withoutWriting()).apply(rules);
  }

  /** Whether anything had to be written. */
  private boolean keep(NftTable table, Optional<FoundTable> found) throws Obstacle {
    NftText text = NftTableRenderer.render(table);
    if (found.filter(there -> there.is(text)).isPresent()) {
      return false;
    }
    writer.replace(text);
    return true;
  }
}
