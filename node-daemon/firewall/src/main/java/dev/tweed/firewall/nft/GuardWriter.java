package dev.tweed.firewall.nft;

import dev.tweed.firewall.backend.BackendOutcome.Refused;
import dev.tweed.firewall.backend.BackendOutcome;
import dev.tweed.firewall.nft.NftTableWriter.Reading;
import dev.tweed.ip.IpAddress;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Keeps our table {@code inet tweed-guard}, which is there beside every sort of host firewall: a
 * drop in it is final wherever rows are kept. Replaced as a whole in one transaction; where only
 * peers came or went, only they are added and removed, in one transaction, too. Used by one thread
 * at a time; never throws for what the host does.
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
    Reading reading = writer.read(GuardTableCompiler.TABLE);
    return GuardTableCompiler.compile(rules)
        .map(table -> keep(table, reading))
        .orElseGet(() -> remove(reading));
  }

  /** What {@link #apply} would come to now, told without changing anything. */
  public BackendOutcome check(GuardRules rules) {
    return new GuardWriter(writer.withoutWriting()).apply(rules);
  }

  private BackendOutcome remove(Reading reading) {
    return switch (reading) {
      case Reading.Absent absent -> BackendOutcome.applied(false);
      case Reading.Found found -> outcome(writer.remove(GuardTableCompiler.TABLE));
      case Reading.Unreadable(var refusal) ->
          refusal.reason().equals(NftRefusal.KERNEL_TOO_OLD)
              ? BackendOutcome.applied(false)
              : refusal;
    };
  }

  private BackendOutcome keep(NftTable table, Reading reading) {
    NftText text = NftTableRenderer.render(table);
    return switch (reading) {
      case Reading.Unreadable(var refusal) -> refusal;
      case Reading.Found(var found) when found.is(text) -> keepMembers(table, text);
      case Reading.Found found -> outcome(writer.replace(text));
      case Reading.Absent absent -> outcome(writer.replace(text));
    };
  }

  private BackendOutcome keepMembers(NftTable table, NftText text) {
    List<String> commands = new ArrayList<>();
    for (NftTable.Set set : table.sets()) {
      if (set instanceof NftTable.Set.Members members) {
        Optional<Set<IpAddress>> found = writer.members(table.name(), members.name());
        if (found.isEmpty()) {
          return outcome(writer.replace(text));
        }
        Set<IpAddress> wanted = Set.copyOf(members.addresses());
        add(commands, "delete", table, members, minus(found.get(), wanted));
        add(commands, "add", table, members, minus(wanted, found.get()));
      }
    }
    if (commands.isEmpty()) {
      return BackendOutcome.applied(false);
    }
    // Refused, where somebody else was quicker with an element: the whole table is always right.
    return writer
        .run(String.join("", commands))
        .map(refusal -> outcome(writer.replace(text)))
        .orElseGet(() -> BackendOutcome.applied(true));
  }

  private static List<IpAddress> minus(Set<IpAddress> some, Set<IpAddress> others) {
    return some.stream().filter(address -> !others.contains(address)).sorted().toList();
  }

  private static void add(
      List<String> commands,
      String verb,
      NftTable table,
      NftTable.Set set,
      List<IpAddress> addresses) {
    if (!addresses.isEmpty()) {
      commands.add(
          addresses.stream()
              .map(IpAddress::toString)
              .collect(
                  Collectors.joining(
                      ", ",
                      "%s element inet %s %s { ".formatted(verb, table.name(), set.name()),
                      " }\n")));
    }
  }

  private static BackendOutcome outcome(Optional<Refused> refusal) {
    return refusal.<BackendOutcome>map(refused -> refused).orElse(BackendOutcome.applied(true));
  }
}
