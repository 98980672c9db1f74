package dev.tweed.firewall.nft;

import dev.tweed.firewall.backend.BackendOutcome;
import dev.tweed.firewall.backend.Obstacle;
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
      return keepMembers(table, text);
    }
    writer.replace(text);
    return true;
  }

  private boolean keepMembers(NftTable table, NftText text) throws Obstacle {
    List<String> commands = new ArrayList<>();
    for (NftTable.Set set : table.sets()) {
      if (set instanceof NftTable.Set.Members members) {
        Optional<Set<IpAddress>> found = writer.members(table.name(), members.name());
        if (found.isEmpty()) {
          writer.replace(text);
          return true;
        }
        Set<IpAddress> wanted = Set.copyOf(members.addresses());
        add(commands, "delete", table, members, minus(found.get(), wanted));
        add(commands, "add", table, members, minus(wanted, found.get()));
      }
    }
    try {
      if (!commands.isEmpty()) {
        writer.run(String.join("", commands));
      }
    } catch (Obstacle e) {
      // Somebody else was quicker with an element: the whole table is always right.
      writer.replace(text);
    }
    return !commands.isEmpty();
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
}
