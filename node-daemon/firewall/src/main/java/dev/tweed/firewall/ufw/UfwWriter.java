package dev.tweed.firewall.ufw;

import dev.tweed.firewall.rules.FilterRow;
import dev.tweed.firewall.ufw.UfwOutcome.Reason;
import dev.tweed.firewall.ufw.UfwOutcome.Refused;
import dev.tweed.netlink.AddressFamily;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.HexFormat;
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

  private static final Path IPV6_IN_KERNEL = Path.of("/proc/sys/net/ipv6");

  private final Path root;
  private final Path state;
  private final UfwChains chains;
  private final Duration patience;

  /** A family's file before and after. */
  private record Change(UfwFile file, UfwRulesFile before, UfwRulesFile after) {
    boolean isOne() {
      return !before.text().equals(after.text());
    }

    boolean isOurs() {
      return !before.ours().isEmpty() || !after.ours().isEmpty();
    }
  }

  /** A run that cannot go on. */
  private static final class Obstacle extends Exception {
    private static final long serialVersionUID = 1;
    private final transient Refused refused;

    Obstacle(Reason reason, String message, String remedy) {
      super(message);
      this.refused = new Refused(reason, message, remedy);
    }
  }

  /**
   * @param root root directory of the host's files
   * @param state directory for the note about the chains; must not outlive a reboot
   * @param chains of the host
   * @param patience how long to wait for ufw's lock
   */
  public UfwWriter(Path root, Path state, UfwChains chains, Duration patience) {
    this.root = root;
    this.state = state;
    this.chains = chains;
    this.patience = patience;
  }

  /** Makes these rows our rules in ufw, and no others; with no rows it removes ours. */
  public UfwOutcome apply(List<FilterRow> rows) {
    try {
      UfwSettings settings = settings();
      try (UfwLock lock = lock()) {
        return apply(rows, settings);
      } catch (IOException e) {
        return new Refused(
            Reason.FILE_ERROR, String.valueOf(e.getMessage()), "make /etc/ufw writable for Tweed");
      }
    } catch (Obstacle e) {
      return e.refused;
    }
  }

  private UfwOutcome apply(List<FilterRow> rows, UfwSettings settings)
      throws IOException, Obstacle {
    boolean ipv6 = settings.ipv6() && Files.isDirectory(IPV6_IN_KERNEL);
    Map<AddressFamily, Change> changes = new EnumMap<>(AddressFamily.class);
    List<UfwRulesFile.Overlap> overlaps = new ArrayList<>();
    for (AddressFamily family :
        ipv6 ? EnumSet.allOf(AddressFamily.class) : EnumSet.of(AddressFamily.IPV4)) {
      UfwFile file = file(family);
      UfwRulesFile before = read(file, family);
      UfwRulesFile.Replacement replacement =
          before.withOurs(
              rows.stream().filter(row -> row.family() == family).map(UfwTuple::of).toList());
      overlaps.addAll(replacement.overlaps());
      changes.put(family, new Change(file, before, replacement.file()));
    }
    // Listed before anything is written: what cannot be listed could not be filled either.
    Map<AddressFamily, List<String>> running = new EnumMap<>(AddressFamily.class);
    for (AddressFamily family : changes.keySet()) {
      list(family).ifPresent(rules -> running.put(family, rules));
    }
    Set<AddressFamily> written = write(changes);
    Set<AddressFamily> restored = fill(changes, running, written);
    return new UfwOutcome.Applied(
        written,
        restored,
        running.containsKey(AddressFamily.IPV4),
        settings.enabled(),
        ipv6,
        overlaps);
  }

  private UfwSettings settings() throws Obstacle {
    try {
      return UfwSettings.read(root);
    } catch (IOException e) {
      throw new Obstacle(
          Reason.NOT_FOUND,
          "ufw's settings cannot be read: " + e.getMessage(),
          "install ufw, or let the daemon see the host's files (chart value firewall.hostTools)");
    }
  }

  private UfwLock lock() throws Obstacle {
    Path file = root.resolve("run/ufw.lock");
    Optional<UfwLock> lock;
    try {
      lock = UfwLock.acquire(file, patience);
    } catch (IOException e) {
      throw new Obstacle(
          Reason.FILE_ERROR,
          "ufw's lock cannot be had: " + e.getMessage(),
          "let the daemon write to /run of the host");
    }
    return lock.orElseThrow(
        () ->
            new Obstacle(
                Reason.LOCKED,
                "somebody holds " + file + " for more than " + patience.toMillis() + " ms",
                "look for a ufw command that waits for an answer"));
  }

  private UfwFile file(AddressFamily family) {
    return new UfwFile(root.resolve("etc/ufw").resolve(name(family)));
  }

  private static String name(AddressFamily family) {
    return family == AddressFamily.IPV4 ? "user.rules" : "user6.rules";
  }

  private static UfwRulesFile read(UfwFile file, AddressFamily family)
      throws IOException, Obstacle {
    return switch (UfwRulesFile.parse(file.read(), family)) {
      case UfwRulesFile.Reading.Read(var read) -> read;
      case UfwRulesFile.Reading.Refused(var reason) ->
          throw new Obstacle(
              Reason.FILE_NOT_UNDERSTOOD,
              "/etc/ufw/" + name(family) + " is not as ufw writes it: " + reason,
              "correct the file by hand; 'ufw reset' makes new ones, and disables ufw");
    };
  }

  private Optional<List<String>> list(AddressFamily family) throws Obstacle {
    try {
      return chains.list(family);
    } catch (IOException e) {
      throw chainError(e);
    }
  }

  private static Obstacle chainError(IOException e) {
    return new Obstacle(
        Reason.CHAIN_ERROR,
        String.valueOf(e.getMessage()),
        "the rules before are in force; look with: ufw status, ufw show raw");
  }

  private static Set<AddressFamily> write(Map<AddressFamily, Change> changes) throws IOException {
    Set<AddressFamily> families = EnumSet.noneOf(AddressFamily.class);
    changes.forEach(
        (family, change) -> {
          if (change.isOne()) {
            families.add(family);
          }
        });
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
    for (AddressFamily family : families) {
      changes.get(family).file().commit();
    }
    return families;
  }

  private Set<AddressFamily> fill(
      Map<AddressFamily, Change> changes,
      Map<AddressFamily, List<String>> running,
      Set<AddressFamily> written)
      throws IOException, Obstacle {
    Set<AddressFamily> filled = EnumSet.noneOf(AddressFamily.class);
    for (Map.Entry<AddressFamily, List<String>> entry : running.entrySet()) {
      AddressFamily family = entry.getKey();
      UfwRulesFile after = changes.get(family).after();
      String noted = noted(family);
      if (noted.isEmpty() && !changes.get(family).isOurs()) {
        continue; // nothing of ours was ever here
      }
      String input = after.restoreInput();
      if (note(input, entry.getValue()).equals(noted)) {
        continue;
      }
      try {
        chains.restore(family, input);
        filled.add(family);
        if (after.ours().isEmpty()) {
          Files.deleteIfExists(notePath(family));
        } else {
          remember(family, note(input, chains.list(family).orElse(List.of())));
        }
      } catch (IOException e) {
        putBack(changes, written, filled);
        throw chainError(e);
      }
    }
    return filled;
  }

  /** The last rules that worked, in the files and in the chains. */
  private void putBack(
      Map<AddressFamily, Change> changes, Set<AddressFamily> written, Set<AddressFamily> filled)
      throws IOException {
    for (AddressFamily family : written) {
      changes.get(family).file().prepare(changes.get(family).before().text());
      changes.get(family).file().commit();
    }
    for (AddressFamily family : filled) {
      chains.restore(family, changes.get(family).before().restoreInput());
      Files.deleteIfExists(notePath(family));
    }
  }

  private Path notePath(AddressFamily family) {
    return state.resolve("ufw-" + name(family));
  }

  private String noted(AddressFamily family) {
    try {
      return Files.readString(notePath(family));
    } catch (IOException e) {
      return "";
    }
  }

  private void remember(AddressFamily family, String note) throws IOException {
    Files.createDirectories(state);
    Files.writeString(notePath(family), note);
  }

  private static String note(String input, List<String> running) {
    return hash(input) + "\n" + hash(String.join("\n", running)) + "\n";
  }

  private static String hash(String text) {
    try {
      return HexFormat.of()
          .formatHex(
              MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8)));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e); // every Java platform has it
    }
  }
}
