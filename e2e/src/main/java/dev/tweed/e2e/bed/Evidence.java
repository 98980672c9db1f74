package dev.tweed.e2e.bed;

import io.fabric8.kubernetes.api.model.Pod;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/** What a person needs to find out why something failed, collected while it is still there. */
public final class Evidence {
  /** What is looked at on each machine. */
  private static final List<String> MACHINE_COMMANDS =
      List.of(
          "ip -d address",
          "ip route show table all",
          "ip neighbour",
          "bridge fdb show",
          "nft list ruleset",
          "sysctl net.ipv4.ip_forward net.bridge net.ipv4.conf.all.rp_filter",
          "ls -laL /etc/cni/net.d /run/tweed /opt/cni/bin",
          "cat /etc/cni/net.d/*",
          "cat /run/tweed/status",
          "cat /run/tweed/status.json",
          "ps axo pid,rss,etimes,args",
          "bed-logs 100");

  private static final String THREAD_DUMPS =
      "pkill -QUIT -f '%s|%s'"
          .formatted(Installation.DAEMON_PROCESS, Installation.OPERATOR_PROCESS);

  private static final String NODE_COLUMNS =
      "NODE:.metadata.name,READY:.status.conditions[?(@.type=='Ready')].status"
          + ",WHY:.status.conditions[?(@.type=='Ready')].message";

  private static final String REPORT_COLUMNS =
      "REPORT:.metadata.name,CONDITIONS:.status.conditions[*].type"
          + ",STATUS:.status.conditions[*].status,REASONS:.status.conditions[*].reason";

  private final TestCluster cluster;

  public Evidence(TestCluster cluster) {
    this.cluster = cluster;
  }

  /** On one screen: which Nodes and pods are not as they should be, and what the daemons say. */
  public String summary() {
    List<Supplier<String>> parts =
        List.of(
            () -> columns("nodes", NODE_COLUMNS),
            () -> cluster.kubectl("get", "pods", "-A", "-o", "wide").text(),
            () -> columns("nodereports", REPORT_COLUMNS),
            () ->
                cluster
                    .kubectl("get", "events", "-A", "--field-selector=type=Warning", "--no-headers")
                    .text());
    return parts.stream().map(Evidence::had).collect(Collectors.joining("\n"));
  }

  private String columns(String kind, String columns) {
    return cluster.kubectl("get", kind, "-o", "custom-columns=" + columns).text();
  }

  private static String had(Supplier<String> content) {
    try {
      return content.get();
    } catch (RuntimeException e) {
      return "not to be had: " + e;
    }
  }

  /** Writes everything into the directory; a part that cannot be had says so in its file. */
  public void writeTo(Path directory) {
    try {
      Files.createDirectories(directory);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    write(
        directory.resolve("tweed.yaml"),
        () ->
            cluster
                .kubectl(
                    "get", "podnetworks,nodesubnets,firewallpolicies,nodereports", "-o", "yaml")
                .toString());
    write(
        directory.resolve("cluster.txt"),
        () ->
            cluster.kubectl("get", "nodes,pods,services", "-A", "-o", "wide")
                + "\n\n"
                + cluster.kubectl("get", "events", "-A", "--sort-by=.lastTimestamp"));
    write(
        directory.resolve("nodes.yaml"),
        () -> cluster.kubectl("get", "nodes", "-o", "yaml").toString());
    write(
        directory.resolve("pods-described.txt"),
        () -> cluster.kubectl("describe", "pods", "-n", Installation.NAMESPACE).toString());
    // Each virtual machine writes what its threads do into its log.
    for (Machine machine : cluster.machines()) {
      had(() -> machine.shell(THREAD_DUMPS).toString());
    }
    writePodLogs(directory);
    for (Machine machine : cluster.machines()) {
      write(directory.resolve("machine-" + machine.name() + ".txt"), () -> state(machine));
    }
  }

  private void writePodLogs(Path directory) {
    List<Pod> pods;
    try {
      pods = cluster.client().pods().inNamespace(Installation.NAMESPACE).list().getItems();
    } catch (RuntimeException e) {
      write(directory.resolve("logs.txt"), e::toString);
      return;
    }
    for (Pod pod : pods) {
      String name = pod.getMetadata().getName();
      write(directory.resolve("log-" + name + ".txt"), () -> log(name));
    }
  }

  private String log(String pod) {
    return cluster.kubectl("logs", "-n", Installation.NAMESPACE, pod, "--all-containers")
        + "\n\n--- the one before ---\n"
        + cluster.kubectl("logs", "-n", Installation.NAMESPACE, pod, "--previous");
  }

  private static String state(Machine machine) {
    StringBuilder text = new StringBuilder();
    for (String command : MACHINE_COMMANDS) {
      text.append(machine.shell(command)).append("\n\n");
    }
    return text.toString();
  }

  private static void write(Path file, Supplier<String> content) {
    try {
      Files.writeString(file, had(content));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
