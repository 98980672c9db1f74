package dev.tweed.firewall.firewalld;

import dev.tweed.firewall.backend.BackendKind;
import dev.tweed.firewall.backend.BackendOutcome;
import dev.tweed.firewall.backend.BackendOutcome.Applied;
import dev.tweed.firewall.backend.BackendOutcome.Refused;
import dev.tweed.firewall.backend.FirewallBackend;
import dev.tweed.firewall.backend.RefusalException;
import dev.tweed.firewall.rules.FilterRow;
import dev.tweed.firewall.rules.RowText;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Rows in firewalld (0.9 or newer), in its files and in what it runs: as rich rules of policies of
 * our own ({@code tweed-in-1}, {@code tweed-out-1}, {@code tweed-routed-1}...), which it asks
 * before any zone, and after the policies with a priority below -10000. A policy is ours as a
 * whole, since rich rules have no comments. Devices of pod networks get a zone of their own each,
 * because firewalld knows devices by zones only. Zones and policies of people stay as they are.
 *
 * <p>It is asked by D-Bus, which tells of changes too. Its files are written by us: D-Bus has no
 * way to add a policy to what runs, its permanent half does not bring files to the disk, and what
 * is ours has to go out of the files of a firewalld that is stopped.
 *
 * <p>Rules come and go without a reload. Another set of policies or zones needs one (the first rows
 * do, a network that comes or goes, a policy that names a device): connections that conntrack has
 * seen an answer to go on, new ones and packets of a VXLAN tunnel find no way for about a tenth of
 * a second, more on a busy machine. It is refused as long as it would undo something that a person
 * did ({@link ModelReload}).
 *
 * <p>What firewalld does otherwise than other firewalls: it accepts packets of known connections,
 * and those that were DNATed (NodePorts), before any rule. Where a network names the device of the
 * underlay, rules here name none, as that device's zone is a person's: pods may leave by any.
 */
public final class FirewalldBackend implements FirewallBackend, AutoCloseable {

  private static final Set<String> WITHOUT_FIREWALLD =
      Set.of("NotRunning", BackendOutcome.NOT_FOUND);

  /** Thousands of rules take firewalld many seconds. */
  private static final Duration LIMIT = Duration.ofSeconds(60);

  private final Firewalld firewalld;
  private final ModelFiles files;
  private final ModelWriter writer;

  /**
   * @param root root directory of the host's files, and of its D-Bus's socket
   */
  public FirewalldBackend(Path root) {
    this(root, LIMIT);
  }

  FirewalldBackend(Path root, Duration limit) {
    this.firewalld = new Firewalld(root, limit);
    this.files = new ModelFiles(root.resolve("etc/firewalld"));
    this.writer = new ModelWriter(firewalld, files);
  }

  /**
   * Tells of changes in firewalld as long as rows of ours are in it; from another thread.
   *
   * @param onChange must return quickly
   */
  public void watch(Runnable onChange) {
    firewalld.onChange(onChange);
  }

  @Override
  public BackendKind kind() {
    return BackendKind.FIREWALLD;
  }

  @Override
  public Optional<String> unsupported(FilterRow row) {
    return RichRuleCompiler.unsupported(row);
  }

  @Override
  public BackendOutcome apply(List<FilterRow> rows) {
    return run(rows, writer::write, files::write);
  }

  @Override
  public BackendOutcome check(List<FilterRow> rows) {
    return run(rows, writer::isNeeded, none -> {});
  }

  private interface Writing {
    boolean write(Model model, FirewalldConfig running) throws IOException, RefusalException;
  }

  private interface FileWriting {
    void write(Map<String, String> files) throws IOException;
  }

  private BackendOutcome run(List<FilterRow> rows, Writing model, FileWriting alone) {
    try {
      requireSupported(rows);
      FirewalldConfig running = firewalld.running();
      return new Applied(model.write(plan(rows, running), running), true, List.of());
    } catch (RefusalException e) {
      return rows.isEmpty() ? emptied(e.refused(), alone) : e.refused();
    } catch (IOException e) {
      return fileError(e);
    } finally {
      if (rows.isEmpty()) {
        firewalld.close();
      }
    }
  }

  /** What can be removed without firewalld: everything, if it does not run. */
  private BackendOutcome emptied(Refused refused, FileWriting alone) {
    try {
      if (files.read().isEmpty()) {
        return new Applied(false, true, List.of());
      }
      if (!WITHOUT_FIREWALLD.contains(refused.reason())) {
        return refused;
      }
      alone.write(Map.of());
      return new Applied(true, true, List.of());
    } catch (IOException e) {
      return fileError(e);
    }
  }

  private static Refused fileError(IOException e) {
    return new Refused(
        "FileError",
        "/etc/firewalld cannot be read or written: " + e.getMessage(),
        "make /etc/firewalld writable for Tweed");
  }

  private static void requireSupported(List<FilterRow> rows) throws RefusalException {
    for (FilterRow row : rows) {
      Optional<String> reason = RichRuleCompiler.unsupported(row);
      if (reason.isPresent()) {
        throw new RefusalException(
            "NotSupportedHere",
            "'" + RowText.of(row) + "' of " + row.origin() + ": " + reason.get(),
            "change that rule, or choose other nodes for it");
      }
    }
  }

  private static Model plan(List<FilterRow> rows, FirewalldConfig running) throws RefusalException {
    try {
      return ModelPlanner.plan(rows, running);
    } catch (IllegalArgumentException e) {
      throw new RefusalException(
          "TooManyRows", e.getMessage(), "use fewer addresses, or larger prefixes");
    }
  }

  /** Until it is used again, changes are not told any more. */
  @Override
  public void close() {
    firewalld.close();
  }
}
