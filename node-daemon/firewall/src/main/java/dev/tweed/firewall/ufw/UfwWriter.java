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

  /** A family's file before and after. */
  private record Change(UfwFile file, UfwRulesFile before, UfwRulesFile after) {
    boolean isOne() {
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
      UfwSettings settings,
      Map<AddressFamily, Change> changes,
      Map<AddressFamily, List<String>> running,
      List<UfwRulesFile.Overlap> overlaps) {

    Set<AddressFamily> changed() {
      Set<AddressFamily> families = EnumSet.noneOf(AddressFamily.class);
      changes.forEach(
          (family, change) -> {
            if (change.isOne()) {
              families.add(family);
            }
          });
      return families;
    }

    UfwApplied applied(Set<AddressFamily> written, Set<AddressFamily> restored) {
      return new UfwApplied(
          written,
          restored,
          running.containsKey(AddressFamily.IPV4),
          settings.enabled(),
          UfwHost.families(settings).contains(AddressFamily.IPV6),
          overlaps);
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
      Set<AddressFamily> written = write(plan);
      Set<AddressFamily> restored = fill(plan.changes(), plan.running(), written);
      return plan.applied(written, restored);
    } catch (IOException e) {
      throw new RefusalException(
          "FileError", String.valueOf(e.getMessage()), "make /etc/ufw writable for Tweed");
    }
  }

  /** What {@link #apply} would come to now; writes nothing and waits for nobody. */
  UfwApplied check(List<FilterRow> rows) throws RefusalException {
    try {
      Plan plan = plan(rows, host.settings());
      Set<AddressFamily> stale = EnumSet.noneOf(AddressFamily.class);
      plan.running()
          .forEach(
              (family, found) -> {
                if (isStale(family, plan.changes().get(family), found)) {
                  stale.add(family);
                }
              });
      return plan.applied(plan.changed(), stale);
    } catch (IOException e) {
      throw new RefusalException(
          "FileError", String.valueOf(e.getMessage()), "let the daemon read /etc/ufw of the host");
    }
  }

  private Plan plan(List<FilterRow> rows, UfwSettings settings)
      throws IOException, RefusalException {
    Map<AddressFamily, Change> changes = new EnumMap<>(AddressFamily.class);
    List<UfwRulesFile.Overlap> overlaps = new ArrayList<>();
    Set<AddressFamily> families = UfwHost.families(settings);
    for (AddressFamily family : rows.isEmpty() ? host.familiesWithFile() : families) {
      UfwRulesFile before = host.read(family);
      UfwRulesFile.Replacement replacement =
          before.withOurs(
              rows.stream().filter(row -> row.family() == family).map(UfwTuple::of).toList());
      overlaps.addAll(replacement.overlaps());
      changes.put(family, new Change(host.file(family), before, replacement.file()));
    }
    // Listed before anything is written: what cannot be listed could not be filled either.
    Map<AddressFamily, List<String>> running = new EnumMap<>(AddressFamily.class);
    for (AddressFamily family : families.stream().filter(changes::containsKey).toList()) {
      host.list(family).ifPresent(rules -> running.put(family, rules));
    }
    return new Plan(settings, changes, running, overlaps);
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

  private static Set<AddressFamily> write(Plan plan) throws IOException {
    Map<AddressFamily, Change> changes = plan.changes();
    Set<AddressFamily> families = plan.changed();
    try {
      for (AddressFamily family : families) {
        changes.get(family).file().prepare(changes.get(family).after().text());
      }
    } catch (IOException e) {
      for (AddressFamily family : families) {
        changes.get(family).file().discard();
      }
      throw e;
    }
    Set<AddressFamily> committed = EnumSet.noneOf(AddressFamily.class);
    for (AddressFamily family : families) {
      try {
        changes.get(family).file().commit();
        committed.add(family);
      } catch (IOException e) {
        changes.get(family).file().discard();
        putBack(changes, committed);
        throw e;
      }
    }
    return families;
  }

  /** The files that worked before. */
  private static void putBack(Map<AddressFamily, Change> changes, Set<AddressFamily> written)
      throws IOException {
    for (AddressFamily family : written) {
      changes.get(family).file().prepare(changes.get(family).before().text());
      changes.get(family).file().commit();
    }
  }

  /** Fills chains that are not as they should be; those of an ufw that stops meanwhile go. */
  private Set<AddressFamily> fill(
      Map<AddressFamily, Change> changes,
      Map<AddressFamily, List<String>> running,
      Set<AddressFamily> written)
      throws IOException, RefusalException {
    Set<AddressFamily> filled = EnumSet.noneOf(AddressFamily.class);
    Set<AddressFamily> stopped = EnumSet.noneOf(AddressFamily.class);
    for (Map.Entry<AddressFamily, List<String>> entry : running.entrySet()) {
      AddressFamily family = entry.getKey();
      UfwRulesFile after = changes.get(family).after();
      if (!isStale(family, changes.get(family), entry.getValue())) {
        continue;
      }
      String input = after.restoreInput();
      try {
        chains.restore(family, input);
        filled.add(family);
        Optional<List<String>> found = chains.list(family);
        if (found.isEmpty()) {
          chains.remove(family); // stopped meanwhile; what we filled would keep it from starting
          stopped.add(family);
        }
        List<String> now = found.orElse(List.of());
        // Fewer: somebody emptied a chain before it could be listed, and nothing is known.
        boolean lost = now.size() < input.lines().filter(line -> line.startsWith("-")).count();
        remember(family, after.ours().isEmpty() || lost ? "" : note(input, now));
      } catch (IOException e) {
        putBack(changes, written, filled);
        throw UfwHost.chainError(e);
      }
    }
    running.keySet().removeAll(stopped);
    return filled;
  }

  /** Whether chains are not as they were when they were last filled, and with this. */
  private boolean isStale(AddressFamily family, Change change, List<String> running) {
    String noted = noted(family);
    boolean never = noted.isEmpty() && !change.isOurs();
    return !never && !note(change.after().restoreInput(), running).equals(noted);
  }

  /** The last rules that worked, in the files and in the chains. */
  private void putBack(
      Map<AddressFamily, Change> changes, Set<AddressFamily> written, Set<AddressFamily> filled)
      throws IOException {
    putBack(changes, written);
    for (AddressFamily family : filled) {
      chains.restore(family, changes.get(family).before().restoreInput());
      remember(family, "");
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
