package dev.tweed.e2e.bed;

import io.fabric8.kubernetes.api.model.Pod;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Supplier;

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

  private final TestCluster cluster;

  public Evidence(TestCluster cluster) {
    this.cluster = cluster;
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
    String text;
    try {
      text = content.get();
    } catch (RuntimeException e) {
      text = "not to be had: " + e;
    }
    try {
      Files.writeString(file, text);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
