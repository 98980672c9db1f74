package dev.tweed.agent.command;

import dev.tweed.agent.daemon.RunLock;
import dev.tweed.agent.status.NodeStatus;
import dev.tweed.agent.status.StatusFiles;
import dev.tweed.agent.status.StatusText;
import dev.tweed.crds.NodeReportStatus;
import dev.tweed.dataplane.DataPath;
import dev.tweed.dataplane.DataPathException;
import dev.tweed.dataplane.Inspection;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.net.InetSocketAddress;
import java.net.Proxy;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URL;
import java.net.URLConnection;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/**
 * {@code tweed-node status}: what the daemon last found, and what is in the kernel now. Asks
 * neither the API server nor, but for numbers of packets, the daemon. Exit code 0 if the node is
 * ready and nothing is wrong, 1 otherwise.
 */
@Command(
    name = "status",
    mixinStandardHelpOptions = true,
    description = {
      "Shows device, peers, MTU, what is wrong and the remedy; works without the API server.",
      "Exit code 0: ready, nothing wrong. 1: not ready, or something is wrong."
    })
final class StatusCommand implements Callable<Integer> {

  private static final int PATIENCE_MILLIS = 2000;
  private static final int MOST_BYTES = 1 << 20;

  @Mixin NodeOptions node;

  @Option(
      names = "--http-address",
      paramLabel = "HOST:PORT",
      defaultValue = "${env:TWEED_HTTP_ADDRESS:-127.0.0.1:9464}",
      description =
          "Where the daemon answers, which is asked for packets of the fast path only. Default:"
              + " ${DEFAULT-VALUE}")
  String httpAddress;

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
    if (daemon && status.flatMap(NodeStatus::fastPath).filter(StatusCommand::isOn).isPresent()) {
      out.printf("  %-11s %s%n", "Packets", packets());
    }
    boolean kernel = kernel(out, status);
    out.flush();
    boolean healthy = daemon && kernel && status.filter(NodeStatus::ready).isPresent();
    return healthy ? 0 : 1;
  }

  private static boolean isOn(NodeReportStatus.FastPath fastPath) {
    return NodeReportStatus.FastPath.ON.equals(fastPath.state());
  }

  /** Since the programs were loaded; they are in the kernel, for nobody but the daemon. */
  private String packets() {
    try {
      InetSocketAddress address = RunCommand.httpAddress(httpAddress);
      URL metrics =
          new URI("http", null, address.getHostString(), address.getPort(), "/metrics", null, null)
              .toURL();
      URLConnection connection = metrics.openConnection(Proxy.NO_PROXY);
      connection.setConnectTimeout(PATIENCE_MILLIS);
      connection.setReadTimeout(PATIENCE_MILLIS);
      try (InputStream answer = connection.getInputStream()) {
        return FastPathPackets.parse(
                new String(answer.readNBytes(MOST_BYTES), StandardCharsets.UTF_8))
            .map(FastPathPackets::text)
            .orElse("not known: what answers at " + httpAddress + " does not tell");
      }
    } catch (IOException | URISyntaxException e) {
      return "not known: " + httpAddress + " does not answer: " + e.getMessage();
    }
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
