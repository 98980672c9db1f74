package dev.tweed.e2e.bench;

import dev.tweed.e2e.bed.BedException;
import dev.tweed.e2e.bed.Machine;
import dev.tweed.e2e.bed.Output;
import dev.tweed.e2e.bed.ProbeNamespace;
import dev.tweed.e2e.bed.ProbePod;
import dev.tweed.e2e.bed.TestCluster;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Pod to pod between two nodes, against a VXLAN made by hand between the same nodes in the same
 * run: bridge, veth and tunnel as plain as they can be, no rules. The two take turns, so that what
 * else the machine does hits both.
 */
final class PathBench {
  private static final int ROUNDS = 7;
  private static final int SECONDS = 3;
  private static final String TOOLS = "/opt/bench-tools";

  private final TestCluster cluster;
  private final String how;

  /**
   * @param how the pods' packets go, for the names of rows
   */
  PathBench(TestCluster cluster, String how) {
    this.cluster = cluster;
    this.how = how;
  }

  /** Two ends of a path: a namespace on n1, one on n2, and the address of the latter. */
  private record Path(String from, String to, String target) {}

  List<Row> run() {
    Machine n1 = cluster.machine("n1");
    Machine n2 = cluster.machine("n2");
    for (Machine machine : List.of(n1, n2)) {
      machine.exec("mkdir", "-p", TOOLS).text();
      machine
          .exec(
              "ctr", "-n", "k8s.io", "images", "mount", "--rw", "docker.io/tweed/probe:dev", TOOLS)
          .text();
    }
    try (ProbeNamespace probes = ProbeNamespace.create(cluster, "path-bench")) {
      List<ProbePod> pods = probes.pods("a", "n1", "b", "n2");
      Path tweed =
          new Path(
              pods.get(0).networkNamespace(),
              pods.get(1).networkNamespace(),
              pods.get(1).address());
      Path bare = bare(n1, n2);
      List<Row> rows = new ArrayList<>();
      rows.add(compare("TCP, 1 stream", "Gbit/s", tweed, bare, path -> bits(path, "-P", "1")));
      rows.add(compare("TCP, 8 streams", "Gbit/s", tweed, bare, path -> bits(path, "-P", "8")));
      rows.add(
          compare("UDP, 64 bytes", "1000 packets/s received", tweed, bare, this::thousandPackets));
      rows.add(compareInverse("round trip", "ms", tweed, bare, this::roundTrip));
      return rows;
    } finally {
      for (Machine machine : List.of(n1, n2)) {
        machine.exec("ip", "netns", "del", "bare");
        machine.exec("ip", "link", "del", "bare0");
        machine.exec("ip", "link", "del", "bare-br0");
        machine.exec("ctr", "-n", "k8s.io", "images", "unmount", "--rm", TOOLS);
      }
    }
  }

  private static Path bare(Machine n1, Machine n2) {
    bareEnd(n1, 1, n2, 2);
    bareEnd(n2, 2, n1, 1);
    return new Path("bare", "bare", "10.99.2.2");
  }

  private static void bareEnd(Machine self, int own, Machine peer, int other) {
    self.shell(
            """
            set -e
            ip link add bare0 address 02:99:00:00:00:0{own} type vxlan id 99 local {self} dstport 8999 nolearning
            ip address add 10.99.{own}.0/32 dev bare0
            ip link set bare0 up
            bridge fdb append 02:99:00:00:00:0{other} dev bare0 dst {peer}
            ip neighbour add 10.99.{other}.0 lladdr 02:99:00:00:00:0{other} dev bare0 nud permanent
            ip route add 10.99.{other}.0/24 via 10.99.{other}.0 dev bare0 onlink
            ip link add bare-br0 type bridge
            ip address add 10.99.{own}.1/24 dev bare-br0
            ip link set bare-br0 mtu 1450 up
            ip netns add bare
            ip link add bare-veth mtu 1450 type veth peer name eth0 mtu 1450 netns bare
            ip link set bare-veth master bare-br0 up
            ip -n bare link set lo up
            ip -n bare address add 10.99.{own}.2/24 dev eth0
            ip -n bare link set eth0 up
            ip -n bare route add default via 10.99.{own}.1
            """
                .replace("{own}", Integer.toString(own))
                .replace("{other}", Integer.toString(other))
                .replace("{self}", self.address())
                .replace("{peer}", peer.address()))
        .text();
  }

  private Row compare(
      String what, String unit, Path tweed, Path bare, ToDoubleFunction<Path> measure) {
    return row(what, unit, tweed, bare, measure, false);
  }

  /** The same where less is better. */
  private Row compareInverse(
      String what, String unit, Path tweed, Path bare, ToDoubleFunction<Path> measure) {
    return row(what, unit, tweed, bare, measure, true);
  }

  private Row row(
      String what,
      String unit,
      Path tweed,
      Path bare,
      ToDoubleFunction<Path> measure,
      boolean inverse) {
    List<Double> ours = new ArrayList<>();
    List<Double> theirs = new ArrayList<>();
    List<Double> ratios = new ArrayList<>();
    for (int round = 0; round < ROUNDS; round++) {
      double own = measure.applyAsDouble(tweed);
      double hand = measure.applyAsDouble(bare);
      ours.add(own);
      theirs.add(hand);
      ratios.add(inverse ? hand / own : own / hand);
    }
    Sample ratio = new Sample(ratios);
    return new Row(
        "pod to pod%s against hand-made VXLAN: %s".formatted(how, what),
        "ratio (" + unit + ")",
        String.format(
            Locale.ROOT,
            "%.2f [%.2f-%.2f] (%.3g / %.3g)",
            ratio.median(),
            ratio.quantile(0.25),
            ratio.quantile(0.75),
            new Sample(ours).median(),
            new Sample(theirs).median()),
        ">= 0.98");
  }

  private double bits(Path path, String... options) {
    Map<?, ?> sum = (Map<?, ?>) end(path, options).get("sum_received");
    return number(sum.get("bits_per_second")) / 1e9;
  }

  private double thousandPackets(Path path) {
    Map<?, ?> sum = (Map<?, ?>) end(path, "-u", "-b", "0", "-l", "64").get("sum");
    double received = number(sum.get("packets")) - number(sum.get("lost_packets"));
    return received / number(sum.get("seconds")) / 1000;
  }

  private static double number(Object value) {
    return ((Number) value).doubleValue();
  }

  private Map<?, ?> end(Path path, String... options) {
    cluster
        .machine("n2")
        .exec("ip", "netns", "exec", path.to(), "chroot", TOOLS, "iperf3", "-s", "-1", "-D")
        .text();
    List<String> command =
        new ArrayList<>(
            List.of(
                "ip",
                "netns",
                "exec",
                path.from(),
                "chroot",
                TOOLS,
                "iperf3",
                "-J",
                "-c",
                path.target(),
                "-t",
                Integer.toString(SECONDS)));
    command.addAll(List.of(options));
    Output output = cluster.machine("n1").exec(command.toArray(String[]::new));
    Map<?, ?> result = Serialization.unmarshal(output.text(), Map.class);
    if (!(result.get("end") instanceof Map<?, ?> end)) {
      throw new BedException("iperf3 printed no result: " + output);
    }
    return end;
  }

  private static final Pattern AVERAGE = Pattern.compile("= [\\d.]+/([\\d.]+)/");

  private double roundTrip(Path path) {
    String text =
        cluster
            .machine("n1")
            .exec(
                "ip",
                "netns",
                "exec",
                path.from(),
                "ping",
                "-q",
                "-i",
                "0.005",
                "-c",
                "400",
                path.target())
            .text();
    Matcher average = AVERAGE.matcher(text);
    if (!average.find()) {
      throw new BedException("ping printed no average: " + text);
    }
    return Double.parseDouble(average.group(1));
  }
}
