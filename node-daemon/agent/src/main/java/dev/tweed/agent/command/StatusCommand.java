package dev.tweed.agent.command;

import dev.tweed.agent.daemon.RunLock;
import dev.tweed.agent.status.NodeStatus;
import dev.tweed.agent.status.StatusFiles;
import dev.tweed.agent.status.StatusText;
import dev.tweed.dataplane.DataPath;
import dev.tweed.dataplane.DataPathException;
import dev.tweed.dataplane.Inspection;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/**
 * {@code tweed-node status}: what the daemon last found, and what is in the kernel now. Asks
 * neither the API server nor the daemon. Exit code 0 if the node is ready and nothing is wrong, 1
 * otherwise.
 */
@Command(
    name = "status",
    mixinStandardHelpOptions = true,
    description = {
      "Shows device, peers, MTU, what is wrong and the remedy; works without the API server.",
      "Exit code 0: ready, nothing wrong. 1: not ready, or something is wrong."
    })
final class StatusCommand implements Callable<Integer> {

  @Mixin NodeOptions node;
  @Spec CommandSpec spec;

  @Override
  public Integer call() {
    LogSetup.install(LogSetup.LogLevel.error);
    PrintWriter out = spec.commandLine().getOut();
    Optional<NodeStatus> status = new StatusFiles(node.runDir).read();
    out.print(
        status
            .map(StatusText::render)
            .orElse("No daemon has reported on this node since it was booted.\n"));
    boolean daemon = daemonRuns();
    out.printf(
        "  %-11s %s%n",
        "Daemon",
        daemon
            ? "running"
            : "NOT running: nothing repairs or follows changes; what is programmed keeps working");
    boolean kernel = kernel(out, status);
    out.flush();
    boolean healthy = daemon && kernel && status.filter(NodeStatus::ready).isPresent();
    return healthy ? 0 : 1;
  }

  private boolean daemonRuns() {
    if (!Files.exists(node.runDir.resolve(RunLock.FILE))) {
      return false;
    }
    try {
      Optional<RunLock> lock = RunLock.tryTake(node.runDir);
      if (lock.isPresent()) {
        lock.get().close();
      }
      return lock.isEmpty();
    } catch (IOException e) {
      return false;
    }
  }

  /** Shows what is in the kernel now; false if that does not fit what the daemon said. */
  private boolean kernel(PrintWriter out, Optional<NodeStatus> status) {
    Inspection now;
    try (DataPath path = DataPath.open(node.dataPath())) {
      now = path.inspect();
    } catch (DataPathException e) {
      out.printf("  %-11s cannot be read: %s%n", "Kernel", e.getMessage());
      return false;
    }
    if (now.devices().isEmpty()) {
      out.printf("  %-11s nothing of Tweed's is there%n", "Kernel");
    }
    for (Inspection.Device d : now.devices()) {
      out.printf(
          "  %-11s %s (%s) %s, MTU %d, %s%n",
          "Kernel",
          d.name(),
          d.kind(),
          d.up() ? "up" : "DOWN",
          d.mtu(),
          String.join(", ", d.addresses().stream().map(Object::toString).toList()));
    }
    if (!now.devices().isEmpty()) {
      out.printf(
          "  %-11s %d routes, %d forwarding entries, %d neighbours, %d rules, nftables table %s%n",
          "",
          now.routes(),
          now.fdbEntries(),
          now.neighbours(),
          now.rules(),
          now.masquerade() ? "there" : "not there");
    }
    now.tunnelFilter()
        .ifPresent(
            filter ->
                out.printf(
                    "  %-11s tunnel filter: %d addresses of nodes let in, %d packets of others"
                        + " dropped%n",
                    "", filter.peers(), filter.dropped()));
    now.problems().forEach(p -> out.printf("  %-11s %s%n", "", p));
    String wanted =
        status.flatMap(NodeStatus::dataPath).map(NodeStatus.DataPathStatus::device).orElse("");
    boolean there =
        wanted.isEmpty()
            || now.devices().stream().anyMatch(d -> d.name().equals(wanted) && d.up())
            // HostGateway uses the node's own link, which carries no mark.
            || status
                .flatMap(NodeStatus::dataPath)
                .filter(d -> d.device().equals(d.underlayDevice()))
                .isPresent();
    if (!there) {
      out.printf("  %-11s device %s is not there or not up%n", "Wrong", wanted);
    }
    return there && now.problems().isEmpty();
  }
}
