package dev.tweed.agent.status;

import dev.tweed.agent.cluster.Connected;
import dev.tweed.agent.finding.NodeFinding;
import dev.tweed.crds.NodeReportStatus.FastPath;
import dev.tweed.crds.NodeReportStatus.Firewall;
import dev.tweed.crds.NodeReportStatus.PolicyState;
import java.util.List;
import java.util.Optional;

/** Renders a node's state for a person: the file {@code status} and {@code tweed-node status}. */
public final class StatusText {
  private StatusText() {}

  /** Several lines, each ended; equal states give equal text. */
  public static String render(NodeStatus status) {
    StringBuilder out = new StringBuilder();
    out.append("Node ").append(status.node()).append(": ").append(headline(status)).append('\n');
    if (!status.podNetwork().isEmpty()) {
      row(
          out,
          "PodNetwork",
          status.podNetwork() + ", pods of this node in " + String.join(", ", status.blocks()));
    }
    status.dataPath().ifPresent(d -> dataPath(out, d));
    if (status.dataPath().isPresent()) {
      row(out, "Reachable", reachable(status.reachable()));
      checksums(status).ifPresent(text -> row(out, "Checksums", text));
    }
    status.fastPath().ifPresent(f -> row(out, "Fast path", fastPath(f)));
    row(out, "Connected", connected(status.connected()));
    status.firewall().ifPresent(f -> row(out, "Firewall", firewall(f)));
    if (!status.policies().isEmpty()) {
      row(
          out,
          "Policies",
          status.policies().stream().filter(PolicyState::applied).count()
              + " of "
              + status.policies().size()
              + " in force");
    }
    if (!status.repairs().isEmpty()) {
      row(
          out,
          "Repaired",
          String.join(
              ", ",
              status.repairs().stream()
                  .map(r -> r.kind() + " " + r.count() + " (last " + r.lastTime() + ")")
                  .toList()));
    }
    findings(out, "Wrong", status.findings().stream().filter(NodeFinding::blocking).toList());
    findings(out, "Notable", status.findings().stream().filter(f -> !f.blocking()).toList());
    return out.toString();
  }

  private static String firewall(Firewall f) {
    return f.manager()
        + ", "
        + f.state()
        + (f.backend() == null || f.rules() == null || f.rules() == 0
            ? ""
            : "; %d %s of Tweed's in %s"
                .formatted(f.rules(), f.rules() == 1 ? "rule" : "rules", f.backend()));
  }

  private static String fastPath(FastPath f) {
    return f.state()
        + (f.reason() == null ? "" : " (" + f.reason() + ")")
        + (f.message() == null ? "" : ": " + f.message());
  }

  private static String reachable(Reachable reachable) {
    return switch (reachable.status()) {
      case True -> reachable.message();
      case False -> "NO: " + reachable.message();
      case Unknown -> "not known (" + reachable.reason() + "): " + reachable.message();
    };
  }

  private static Optional<String> checksums(NodeStatus status) {
    return status
        .reachability()
        .flatMap(
            seen ->
                switch (seen.txChecksum()) {
                  case NOT_MEASURED -> Optional.empty();
                  case WORKS -> Optional.of("left to the network card: peers answer so");
                  case DAMAGES ->
                      Optional.of(
                          "computed by the kernel: left to the network card they are wrong");
                  case OFF ->
                      Optional.of("computed by the kernel: the offload of the tunnel is off");
                  case DAMAGED_ANYWAY -> Optional.of("damaged on the way");
                  case TRYING -> Optional.of("tried without the network card");
                  case NOT_SWITCHED ->
                      Optional.of("damaged, and the offload of the tunnel cannot be switched");
                });
  }

  private static String connected(Connected connected) {
    return switch (connected.status()) {
      case True -> connected.message();
      case False -> "NO: " + connected.message();
      case Unknown -> "not known: " + connected.message();
    };
  }

  private static String headline(NodeStatus status) {
    return switch (status.state()) {
      case READY ->
          status.blocking().map(f -> "programmed, but NOT ready: " + f.reason()).orElse("ready");
      case IDLE -> "ready, nothing to do: " + status.reason();
      case WAITING -> "waiting: " + status.reason();
      case FAILED -> "NOT ready: " + status.reason();
    };
  }

  private static void dataPath(StringBuilder out, NodeStatus.DataPathStatus d) {
    String over =
        d.underlayDevice().isEmpty()
            ? "underlay unknown"
            : "over " + d.underlayDevice() + " " + d.underlayAddress();
    row(out, "Device", (d.device().isEmpty() ? "none" : d.device()) + " " + over);
    row(out, "MTU", d.mtu() == 0 ? "unknown" : d.mtu() + " for pods");
    row(out, "Peers", d.peersProgrammed() + " of " + d.peersExpected() + " programmed");
  }

  private static void findings(StringBuilder out, String title, List<NodeFinding> findings) {
    for (NodeFinding f : findings) {
      row(out, title, f.reason() + ": " + f.object() + ": " + f.message());
      if (!f.remedy().isEmpty()) {
        row(out, "", "Remedy: " + f.remedy());
      }
    }
  }

  private static void row(StringBuilder out, String title, String text) {
    out.append(String.format("  %-11s ", title))
        .append(text.replace("\n", "\n" + " ".repeat(14)))
        .append('\n');
  }
}
