package dev.tweed.firewall.nft;

import dev.tweed.firewall.backend.BackendOutcome.Refused;
import dev.tweed.firewall.nft.NftProgram.Run;
import dev.tweed.ip.IpAddress;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** Reads, replaces and removes a table of ours, each change in one transaction. */
final class NftTableWriter {

  private static final String ELEMENTS = "elements = {";
  private static final Pattern SEPARATORS = Pattern.compile("[\\s,{}]+");

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

  /** What came of reading. */
  sealed interface Reading {
    /** It is there. */
    record Found(FoundTable table) implements Reading {}

    /** It is not. */
    record Absent() implements Reading {}

    /** It cannot be told. */
    record Unreadable(Refused refusal) implements Reading {}
  }

  Reading read(String table) {
    return switch (nft.run("", "-a", "-t", "list", "table", "inet", table)) {
      case Run.Done(var output) -> new Reading.Found(FoundTable.parse(output));
      case Run.Failed(var message) when message.contains("No such file or directory") ->
          new Reading.Absent();
      case Run.Failed(var message) -> new Reading.Unreadable(NftRefusal.of(message));
      case Run.Missing(var message) -> new Reading.Unreadable(NftRefusal.missing(message));
    };
  }

  /**
   * Puts the table in place of the one before, and notes in the seal how it is listed. Empty if
   * that went well; else the table before is in force, or the new one without the note, which the
   * next reader takes for changed.
   */
  Optional<Refused> replace(NftText text) {
    return run(text.text())
        .or(
            () ->
                switch (read(text.name())) {
                  case Reading.Found(var found) when found.isUnsealed(text) ->
                      run("add rule inet %s %s return comment \"%s\"\n"
                              .formatted(text.name(), NftTableRenderer.SEAL, found.listed()))
                          .filter(refusal -> !refusal.message().contains("No such file or directory"));
                  // Somebody was quick; whoever looks next takes the table for what it is.
                  case Reading.Found found -> Optional.empty();
                  case Reading.Absent absent -> Optional.empty();
                  case Reading.Unreadable(var refusal) -> Optional.of(refusal);
                });
  }

  /** Addresses in a set of a table; empty if it cannot be read. */
  Optional<Set<IpAddress>> members(String table, String set) {
    if (!(nft.run("", "list", "set", "inet", table, set) instanceof Run.Done(var listing))) {
      return Optional.empty();
    }
    int start = listing.indexOf(ELEMENTS);
    return Optional.of(
        start < 0
            ? Set.of()
            : SEPARATORS
                .splitAsStream(listing.substring(start + ELEMENTS.length()))
                .flatMap(word -> IpAddress.tryParse(word).stream())
                .collect(Collectors.toSet()));
  }

  /** Removes the table; one that is not there is removed. Empty if that went well. */
  Optional<Refused> remove(String table) {
    return run("add table inet %1$s\ndelete table inet %1$s\n".formatted(table));
  }

  /** Runs commands in one transaction; empty if that went well, and else nothing has changed. */
  Optional<Refused> run(String commands) {
    if (!writes) {
      return Optional.empty();
    }
    return switch (nft.run(commands, "-f", "-")) {
      case Run.Done done -> Optional.empty();
      case Run.Failed(var message) -> Optional.of(NftRefusal.of(message));
      case Run.Missing(var message) -> Optional.of(NftRefusal.missing(message));
    };
  }
}
