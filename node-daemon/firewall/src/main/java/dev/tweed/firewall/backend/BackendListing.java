package dev.tweed.firewall.backend;

import dev.tweed.firewall.rules.FilterRow;
import java.util.List;
import java.util.Optional;

/** Intended rows beside what was found. */
public sealed interface BackendListing {

  /**
   * The firewall could be read.
   *
   * @param entries intended rows in order, then what is ours and not intended
   */
  record Compared(List<Entry> entries) implements BackendListing {
    public Compared {
      entries = List.copyOf(entries);
    }
  }

  /**
   * It could not.
   *
   * @param message what is in the way
   * @param remedy what to do
   */
  record Unreadable(String message, String remedy) implements BackendListing {}

  /**
   * One line.
   *
   * @param row the intended row; empty if something of ours is there that is not intended
   * @param state how it stands
   * @param text what was found, as the firewall spells it; empty if nothing was
   */
  record Entry(Optional<FilterRow> row, State state, String text) {}

  /** How intention and finding stand to each other. */
  enum State {
    /** In force. */
    PRESENT,
    /** Written down, while the firewall is switched off. */
    WRITTEN,
    MISSING,
    /** A person's rule stands in its place. */
    DISPLACED,
    /** Ours, and not intended. */
    EXTRA
  }
}
