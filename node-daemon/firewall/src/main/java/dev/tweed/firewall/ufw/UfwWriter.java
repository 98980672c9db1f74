package dev.tweed.firewall.ufw;

import dev.tweed.firewall.backend.BackendOutcome;
import dev.tweed.firewall.backend.RefusalException;
import dev.tweed.firewall.iptables.IptablesTable;
import dev.tweed.firewall.rules.FilterRow;
import dev.tweed.ip.AddressFamily;
import dev.tweed.netlink.Sha256;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Keeps rules of ours in ufw: in its files and in its running chains, under its lock. Never runs
 * {@code ufw reload} (which drops forwarded packets for a fifth of a second, and switches ufw off
 * on disk when it fails) and never changes whether ufw is enabled.
 *
 * <p>Files come first, then the chains, each family in one transaction. A crash in between is
 * noticed by the next run: it knows from a note in its state directory what the chains looked like
 * after it had last filled them, and fills them again if they differ or the file does. A run that
 * finds all as it should be writes nothing. If the kernel refuses, the files are put back.
 */
public final class UfwWriter {

  private final Path root;
  private final Path state;
  private final UfwHost host;
  private final UfwChains chains;
  private final Duration patience;
  private final Map<AddressFamily, String> notes = new EnumMap<>(AddressFamily.class);

  /** A family's rules: in the file, before and after, and in the chains of an ufw that runs. */
  private record FamilyRules(
      AddressFamily family,
      UfwFile file,
      UfwRulesFile before,
      UfwRulesFile after,
      Optional<List<String>> running) {
    boolean isChanged() {
      return !before.text().equals(after.text());
    }

    boolean isOurs() {
      return !before.ours().isEmpty() || !after.ours().isEmpty();
    }
  }

  /**
   * @param root root directory of the host's files
   * @param state directory for the note about the chains; must not outlive a reboot
   * @param table of the host, by the programs ufw uses
   * @param patience how long to wait for ufw's lock
   */
  public UfwWriter(Path root, Path state, IptablesTable table, Duration patience) {
    this(root, state, new UfwChains(table), patience);
  }

  UfwWriter(Path root, Path state, UfwChains chains, Duration patience) {
    this(root, state, new UfwHost(root, chains), chains, patience);
  }

  UfwWriter(Path root, Path state, UfwHost host, UfwChains chains, Duration patience) {
    this.root = root;
    this.state = state;
    this.host = host;
    this.chains = chains;
    this.patience = patience;
  }

  /** What is there, and what should be. */
  private record Plan(
      UfwSettings settings, List<FamilyRules> rules, List<UfwRulesFile.Overlap> overlaps) {

    List<FamilyRules> changed() {
      return rules.stream().filter(FamilyRules::isChanged).toList();
    }

    /** Families of which there are chains. */
    Set<AddressFamily> running() {
      return families(rules.stream().filter(one -> one.running().isPresent()).toList());
    }

    UfwApplied applied(List<FamilyRules> restored, Set<AddressFamily> running) {
      return new UfwApplied(
          families(changed()),
          families(restored),
          running.contains(AddressFamily.IPV4),
          settings.enabled(),
          UfwHost.families(settings).contains(AddressFamily.IPV6),
          overlaps);
    }

    private static Set<AddressFamily> families(List<FamilyRules> rules) {
      return rules.stream()
          .map(FamilyRules::family)
          .collect(Collectors.toCollection(() -> EnumSet.noneOf(AddressFamily.class)));
    }
  }

  /**
   * Makes these rows our rules in ufw, and no others; with no rows it removes ours.
   *
   * @throws RefusalException if nothing is changed
   */
  UfwApplied apply(List<FilterRow> rows) throws RefusalException {
    UfwSettings settings = host.settings();
    try (UfwLock lock = lock()) {
      for (AddressFamily family : host.familiesWithFile()) {
        host.file(family).discard(); // left by a crash
      }
      Plan plan = plan(rows, settings);
      write(plan.changed());
      return fill(plan);
    } catch (IOException e) {
      throw new RefusalException(
          "FileError", String.valueOf(e.getMessage()), "make /etc/ufw writable for Tweed");
    }
  }

  /** What {@link #apply} would come to now; writes nothing and waits for nobody. */
  UfwApplied check(List<FilterRow> rows) throws RefusalException {
    try {
      Plan plan = plan(rows, host.settings());
      return plan.applied(plan.rules().stream().filter(this::isStale).toList(), plan.running());
    } catch (IOException e) {
      throw new RefusalException(
          "FileError", String.valueOf(e.getMessage()), "let the daemon read /etc/ufw of the host");
    }
  }

  private Plan plan(List<FilterRow> rows, UfwSettings settings)
      throws IOException, RefusalException {
    List<FamilyRules> rules = new ArrayList<>();
    List<UfwRulesFile.Overlap> overlaps = new ArrayList<>();
    Set<AddressFamily> families = UfwHost.families(settings);
    for (AddressFamily family : rows.isEmpty() ? host.familiesWithFile() : families) {
      UfwRulesFile before = host.read(family);
      UfwRulesFile.Replacement replacement =
          before.withOurs(
              rows.stream().filter(row -> row.family() == family).map(UfwTuple::of).toList());
      overlaps.addAll(replacement.overlaps());
      rules.add(
          new FamilyRules(
              family,
              host.file(family),
              before,
              replacement.file(),
              // Before anything is written: what cannot be listed could not be filled either.
              families.contains(family) ? host.list(family) : Optional.empty()));
    }
    return new Plan(settings, rules, overlaps);
  }

  private UfwLock lock() throws RefusalException {
    Path file = root.resolve("run/ufw.lock");
    Optional<UfwLock> lock;
    try {
      lock = UfwLock.acquire(file, patience);
    } catch (IOException e) {
      throw new RefusalException(
          "FileError",
          "ufw's lock cannot be had: " + e.getMessage(),
          "let the daemon write to /run of the host");
    }
    return lock.orElseThrow(
        () ->
            new RefusalException(
                BackendOutcome.LOCKED,
                "somebody holds " + file + " for more than " + patience.toMillis() + " ms",
                "look for a ufw command that waits for an answer"));
  }

  private static void write(List<FamilyRules> changed) throws IOException {
    try {
      for (FamilyRules rules : changed) {
        rules.file().prepare(rules.after().text());
      }
    } catch (IOException e) {
      for (FamilyRules rules : changed) {
        rules.file().discard();
      }
      throw e;
    }
    List<FamilyRules> committed = new ArrayList<>();
    for (FamilyRules rules : changed) {
      try {
        rules.file().commit();
        committed.add(rules);
      } catch (IOException e) {
        rules.file().discard();
        putBack(committed);
        throw e;
      }
    }
  }

  /** The files that worked before. */
  private static void putBack(List<FamilyRules> written) throws IOException {
    for (FamilyRules rules : written) {
      rules.file().prepare(rules.before().text());
      rules.file().commit();
    }
  }

  /** Fills chains that are not as they should be; those of an ufw that stops meanwhile go. */
  private UfwApplied fill(Plan plan) throws IOException, RefusalException {
    List<FamilyRules> filled = new ArrayList<>();
    Set<AddressFamily> running = plan.running();
    for (FamilyRules rules : plan.rules().stream().filter(this::isStale).toList()) {
      AddressFamily family = rules.family();
      String input = rules.after().restoreInput();
      try {
        chains.restore(family, input);
        filled.add(rules);
        Optional<List<String>> found = chains.list(family);
        if (found.isEmpty()) {
          chains.remove(family); // stopped meanwhile; what we filled would keep it from starting
          running.remove(family);
        }
        List<String> now = found.orElse(List.of());
        // Fewer: somebody emptied a chain before it could be listed, and nothing is known.
        boolean lost = now.size() < input.lines().filter(line -> line.startsWith("-")).count();
        remember(family, rules.after().ours().isEmpty() || lost ? "" : note(input, now));
      } catch (IOException e) {
        putBack(plan.changed());
        refill(filled);
        throw UfwHost.chainError(e);
      }
    }
    return plan.applied(filled, running);
  }

  /** Whether there are chains that are not as they were when they were last filled, with this. */
  private boolean isStale(FamilyRules rules) {
    String noted = noted(rules.family());
    boolean never = noted.isEmpty() && !rules.isOurs();
    return !never
        && rules
            .running()
            .filter(found -> !note(rules.after().restoreInput(), found).equals(noted))
            .isPresent();
  }

  /** The last rules that worked. */
  private void refill(List<FamilyRules> filled) throws IOException {
    for (FamilyRules rules : filled) {
      chains.restore(rules.family(), rules.before().restoreInput());
      remember(rules.family(), "");
    }
  }

  private Path notePath(AddressFamily family) {
    return state.resolve("ufw-" + UfwRulesFile.name(family));
  }

  private String noted(AddressFamily family) {
    return notes.computeIfAbsent(
        family,
        f -> {
          try {
            return Files.readString(notePath(f));
          } catch (IOException e) {
            return "";
          }
        });
  }

  /** Where it cannot be written, the next process fills the chains once more. */
  private void remember(AddressFamily family, String note) {
    notes.put(family, note);
    try {
      if (note.isEmpty()) {
        Files.deleteIfExists(notePath(family));
      } else {
        Files.createDirectories(state);
        Files.writeString(notePath(family), note);
      }
    } catch (IOException e) {
      // It is in memory.
    }
  }

  private static String note(String input, List<String> running) {
    return Sha256.hex(input, Sha256.BYTES)
        + "\n"
        + Sha256.hex(String.join("\n", running), Sha256.BYTES)
        + "\n";
  }
}
