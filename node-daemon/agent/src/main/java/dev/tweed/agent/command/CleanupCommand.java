package dev.tweed.agent.command;

import dev.tweed.agent.cni.CniConfigFile;
import dev.tweed.agent.cni.CniPluginInstaller;
import dev.tweed.agent.cni.ForeignCniPolicy;
import dev.tweed.agent.daemon.RunLock;
import dev.tweed.agent.firewall.FirewallHost;
import dev.tweed.agent.status.StatusFiles;
import dev.tweed.agent.trace.TraceTable;
import dev.tweed.dataplane.Change;
import dev.tweed.dataplane.CleanupReport;
import dev.tweed.dataplane.DataPath;
import dev.tweed.dataplane.DataPathException;
import dev.tweed.enforce.kernel.PolicyKernel;
import dev.tweed.firewall.backend.BackendOutcome;
import dev.tweed.firewall.backend.FirewallBackend;
import dev.tweed.firewall.nft.GuardRules;
import dev.tweed.netlink.NetlinkException;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.function.Predicate;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/**
 * {@code tweed-node cleanup}: removes every mark of Tweed from this node, looks again, and tells
 * what is gone and what is left. Exit code 0 if nothing is left. A second run finds nothing to do.
 *
 * <p>First what would bring new pods here (the CNI configuration), then the data path, then files.
 */
@Command(
    name = "cleanup",
    mixinStandardHelpOptions = true,
    description = {
      "Removes everything Tweed has made on this node and verifies it.",
      "Pods that still run on the node lose their network: drain it first. CNI plugins are removed"
          + " if Tweed installed them and they are unchanged. CNI configurations that were set aside"
          + " get their names back.",
      "Sysctls get back the values they had before Tweed came, where nothing else has changed them"
          + " since. What has come to need forwarding (net.ipv4.ip_forward) only since then, such as"
          + " Docker, loses it: restart that, or set it with sysctl -w.",
      "Exit code 0: nothing of Tweed's is left. 1: something is, and is listed."
    })
final class CleanupCommand implements Callable<Integer> {

  @Mixin NodeOptions node;
  @Spec CommandSpec spec;

  @Option(names = "--force", description = "Clean up although a daemon runs (it will undo that)")
  boolean force;

  private final List<String> removed = new ArrayList<>();
  private final List<String> remaining = new ArrayList<>();

  @Override
  public Integer call() throws IOException {
    LogSetup.install(LogSetup.LogLevel.warn);
    PrintWriter out = spec.commandLine().getOut();
    Optional<RunLock> lock = RunLock.tryTake(node.runDir);
    if (lock.isEmpty() && !force) {
      throw new IllegalStateException(
          "the daemon runs on this node and would make everything anew; remove the DaemonSet or"
              + " stop the service first, or use --force");
    }
    cniConfig();
    plugins();
    dataPath();
    hostFirewall();
    traceTable();
    policyTable();
    if (lock.isPresent()) {
      lock.get().close();
    }
    runDir();
    empty(node.stateDir, file -> true);
    removed.forEach(r -> out.println("removed   " + r));
    remaining.forEach(r -> out.println("REMAINING " + r));
    out.println(
        remaining.isEmpty()
            ? removed.isEmpty() ? "nothing of Tweed's was here" : "nothing of Tweed's is left"
            : "something of Tweed's is left");
    out.flush();
    return remaining.isEmpty() ? 0 : 1;
  }

  private void cniConfig() {
    try {
      if (node.cniConfig().remove()) {
        removed.add("CNI configuration " + node.cniConfDir.resolve(CniConfigFile.NAME));
      }
    } catch (IOException e) {
      remaining.add("CNI configuration: " + e);
    }
    try {
      if (node.bootRemoval().isPresent() && node.bootRemoval().get().remove()) {
        removed.add("line of tmpfiles.d");
      }
    } catch (IOException e) {
      remaining.add("line of tmpfiles.d: " + e);
    }
    try {
      for (String name : new ForeignCniPolicy(node.cniConfDir, false).restore()) {
        removed.add("setting aside of " + node.cniConfDir.resolve(name));
      }
    } catch (IOException e) {
      remaining.add("CNI configurations set aside: " + e);
    }
  }

  private void plugins() {
    try {
      if (node.cniEntry().remove()) {
        removed.add("CNI plugin " + node.cniBinDir.resolve("tweed"));
      }
      for (String name : new CniPluginInstaller(node.cniPluginsDir, node.cniBinDir).uninstall()) {
        removed.add("CNI plugin " + node.cniBinDir.resolve(name));
      }
    } catch (IOException e) {
      remaining.add("CNI plugins: " + e);
    }
  }

  private void dataPath() {
    try (DataPath path = DataPath.open(node.dataPath())) {
      CleanupReport report = path.cleanup();
      for (Change change : report.removed()) {
        removed.add(
            change.kind().name().toLowerCase(Locale.ROOT)
                + " "
                + change.object()
                + (change.kind() == Change.Kind.SYSCTL
                    ? ": " + change.detail() + ", as it was before Tweed"
                    : ""));
      }
      remaining.addAll(report.remaining());
    } catch (DataPathException e) {
      remaining.add("data path, it cannot be worked on: " + e.getMessage());
    }
  }

  private void hostFirewall() {
    FirewallHost host = node.firewallHost();
    switch (host.guard(GuardRules.none())) {
      case BackendOutcome.Applied applied -> {
        if (applied.changed()) {
          removed.add("table tweed-guard");
        }
      }
      case BackendOutcome.Refused refused ->
          remaining.add("table tweed-guard: " + refused.message() + "; " + refused.remedy());
    }
    for (FirewallBackend backend : host.backends()) {
      switch (backend.apply(List.of())) {
        case BackendOutcome.Applied applied -> {
          if (applied.changed()) {
            removed.add("rules in " + backend.kind().text());
          }
        }
        case BackendOutcome.Refused refused -> {
          if (!refused.reason().equals(BackendOutcome.NOT_FOUND)) {
            remaining.add(
                "rules in %s: %s; %s"
                    .formatted(backend.kind().text(), refused.message(), refused.remedy()));
          }
        }
      }
    }
  }

  private void traceTable() {
    switch (node.traceTable().remove()) {
      case TraceTable.Outcome.Done done -> removed.add("table tweed-trace");
      case TraceTable.Outcome.Absent absent -> {}
      case TraceTable.Outcome.Failed failed ->
          remaining.add("table tweed-trace: " + failed.message());
    }
  }

  private void policyTable() {
    try (PolicyKernel kernel = new PolicyKernel(node.sysctlDir)) {
      if (kernel.remove()) {
        removed.add("tables of network policies");
      }
    } catch (NetlinkException e) {
      remaining.add("tables of network policies: " + e.getMessage());
    }
  }

  private void runDir() {
    try {
      new StatusFiles(node.runDir).delete();
      Files.deleteIfExists(node.runDir.resolve(RunLock.FILE));
    } catch (IOException e) {
      remaining.add(node.runDir + ": " + e);
      return;
    }
    // Notes of sysctls that could not be put back are there for the next try.
    Path notes = node.dataPath().sysctlNotes();
    empty(node.runDir, file -> !file.equals(notes));
  }

  /** Empties a directory of ours; the directory itself may be a mount, and then stays, empty. */
  private void empty(Path directory, Predicate<Path> goes) {
    if (!Files.isDirectory(directory, LinkOption.NOFOLLOW_LINKS)) {
      return;
    }
    try {
      boolean held = false;
      try (Stream<Path> files = Files.walk(directory)) {
        for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
          if (!file.equals(directory) && goes.test(file)) {
            Files.delete(file);
            held = true;
          }
        }
      }
      if (held) {
        removed.add("contents of " + directory);
      }
      directory.toFile().delete();
    } catch (IOException e) {
      remaining.add(directory + ": " + e);
    }
  }
}
