package dev.tweed.firewall.nft;

import dev.tweed.firewall.backend.Obstacle;
import java.util.Optional;

/** Reads, replaces and removes a table of ours, each change in one transaction. */
final class NftTableWriter {

  private final NftProgram nft;
  private final boolean writes;

  NftTableWriter(NftProgram nft) {
    this(nft, true);
  }

  private NftTableWriter(NftProgram nft, boolean writes) {
    this.nft = nft;
    this.writes = writes;
  }

  /** One that reads the same, and takes each change for made. */
  NftTableWriter withoutWriting() {
    return new NftTableWriter(nft, false);
  }

  /** The table; empty if there is none. */
  Optional<FoundTable> read(String table) throws Obstacle {
    try {
      return Optional.of(FoundTable.parse(nft.run("", "-a", "-t", "list", "table", "inet", table)));
    } catch (Obstacle e) {
      if (NftProgram.isNotFound(e)) {
        return Optional.empty();
      }
      throw e;
    }
  }

  /**
   * Puts the table in place of the one before, and notes in the seal how it is listed. If that
   * fails the table before is in force, or the new one without the note, which the next reader
   * takes for changed.
   */
  void replace(NftText text) throws Obstacle {
    run(text.text());
    Optional<FoundTable> written = writes ? read(text.name()) : Optional.empty();
    // If somebody was quick, whoever looks next takes the table for what it is.
    if (written.isPresent() && written.get().isUnsealed(text)) {
      try {
        run(
            "add rule inet %s %s return comment \"%s\"\n"
                .formatted(text.name(), NftTableRenderer.SEAL, written.get().listed()));
      } catch (Obstacle e) {
        if (!NftProgram.isNotFound(e)) {
          throw e;
        }
      }
    }
  }

  /** Removes the table; one that is not there is removed. */
  void remove(String table) throws Obstacle {
    run("add table inet %1$s\ndelete table inet %1$s\n".formatted(table));
  }

  /** Runs commands in one transaction. */
  void run(String commands) throws Obstacle {
    if (writes) {
      nft.run(commands, "-f", "-");
    }
  }
}
