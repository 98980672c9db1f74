package dev.tweed.e2e.bench;

import dev.tweed.e2e.bed.BedException;
import dev.tweed.e2e.bed.Installation;
import dev.tweed.e2e.bed.Machine;
import dev.tweed.e2e.bed.ProbeNamespace;
import dev.tweed.e2e.bed.ProbePod;
import dev.tweed.e2e.bed.TestCluster;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.IntStream;

/**
 * How long after a write of a NetworkPolicy packets of a flow that is under way are treated by it,
 * on another node than the operator's; and whether pods that a policy selects ever reach what it
 * denies, from their first instruction on.
 */
final class EnforcementBench {
  private static final String NAMESPACE = "enforcement";
  private static final int CHANGES = 100;
  private static final int PODS = 100;
  private static final int AT_ONCE = 10;

  /** Of one change, all of what follows from it included. */
  private static final long PAUSE_MILLIS = 700;

  /** What {@code ping -D} prints of an answer. */
  private static final Pattern ANSWER = Pattern.compile("(?m)^\\[(\\d+\\.\\d+)] \\d+ bytes from");

  private final TestCluster cluster;
  private final Installation tweed;
  private final Clock clock;

  EnforcementBench(TestCluster cluster, Installation tweed, Clock clock) {
    this.cluster = cluster;
    this.tweed = tweed;
    this.clock = clock;
  }

  List<Row> run() throws InterruptedException {
    ProcessFigures daemon = new ProcessFigures(cluster.machine("n2"), Installation.DAEMON_PROCESS);
    try (ProbeNamespace probes = ProbeNamespace.create(cluster, NAMESPACE)) {
      List<ProbePod> pods = probes.pods("client", "n1", "web", "n2");
      double before = daemon.residentMebibytes();
      List<Row> rows = new ArrayList<>(changes(pods.get(0), pods.get(1)));
      rows.add(
          new Row(
              "daemon RSS, without a policy and after %d changes of one".formatted(2 * CHANGES),
              "MiB",
              ProcessFigures.mebibytes(before)
                  + " / "
                  + ProcessFigures.mebibytes(daemon.residentMebibytes()),
              "+ 3"));
      rows.add(starts(probes, pods.get(1)));
      return rows;
    }
  }

  private List<Row> changes(ProbePod client, ProbePod web) throws InterruptedException {
    write("[]");
    Machine machine = client.machine();
    String log = "/tmp/enforcement.log";
    String pid =
        machine
            .shell(
                "setsid ip netns exec %s ping -D -i 0.002 %s >%s 2>&1 </dev/null & echo $!"
                    .formatted(client.networkNamespace(), web.address(), log))
            .text();
    List<Double> allowed = new ArrayList<>();
    List<Double> denied = new ArrayList<>();
    for (int change = 0; change < CHANGES; change++) {
      allowed.add(write("[{}]"));
      Thread.sleep(PAUSE_MILLIS + change % 10 * 17); // in step with no timer
      denied.add(write("[]"));
      Thread.sleep(PAUSE_MILLIS);
    }
    machine.shell("kill " + pid).text();
    List<Double> answers =
        ANSWER
            .matcher(machine.shell("cat " + log).stdout())
            .results()
            .map(line -> Double.valueOf(line.group(1)))
            .toList();
    return List.of(
        row(
            "a NetworkPolicy that allows",
            IntStream.range(0, CHANGES)
                .mapToObj(i -> first(answers, allowed.get(i), denied.get(i)) - allowed.get(i))
                .toList()),
        row(
            "a NetworkPolicy that denies",
            IntStream.range(0, CHANGES)
                .mapToObj(
                    i ->
                        last(
                                answers,
                                allowed.get(i),
                                i + 1 < CHANGES ? allowed.get(i + 1) : Double.MAX_VALUE)
                            - denied.get(i))
                .toList()));
  }

  private static double first(List<Double> answers, double from, double to) {
    return answers.stream()
        .filter(a -> a > from && a < to)
        .findFirst()
        .orElseThrow(() -> new BedException("what was allowed was not let through"));
  }

  private static double last(List<Double> answers, double from, double to) {
    return answers.stream()
        .filter(a -> a > from && a < to)
        .reduce((a, b) -> b)
        .orElseThrow(() -> new BedException("what was allowed was not let through"));
  }

  /** Writes the policy; the moment before, in seconds of the epoch. */
  private double write(String ingress) {
    String policy =
        """
        apiVersion: networking.k8s.io/v1
        kind: NetworkPolicy
        metadata: {name: changing, namespace: %s}
        spec: {podSelector: {matchLabels: {probe: web}}, policyTypes: [Ingress], ingress: %s}
        """
            .formatted(NAMESPACE, ingress);
    Instant now = clock.instant();
    cluster.client().resource(policy).forceConflicts().serverSideApply();
    return now.getEpochSecond() + now.getNano() / 1e9;
  }

  private static Row row(String what, List<Double> seconds) {
    return new Row(
        what + ", from the request to packets of a flow under way",
        "ms, median / p99 / max",
        new Sample(seconds.stream().map(s -> Math.max(0, s * 1_000)).toList()).medianP99AndMax(0),
        "p99 < 200");
  }

  private Row starts(ProbeNamespace probes, ProbePod web) {
    write("[{}]");
    tweed.apply(
        """
        apiVersion: networking.k8s.io/v1
        kind: NetworkPolicy
        metadata: {name: silent, namespace: %s}
        spec: {podSelector: {matchExpressions: [{key: probe, operator: NotIn, values: [web, client]}]}, policyTypes: [Egress]}
        """
            .formatted(NAMESPACE));
    int leaks = 0;
    for (int begin = 0; begin < PODS; begin += AT_ONCE) {
      List<String> names =
          IntStream.range(begin, begin + AT_ONCE).mapToObj(i -> "silent-" + i).toList();
      IntStream.range(0, AT_ONCE)
          .forEach(
              i ->
                  probes.requestThatBeginsWith(
                      names.get(i),
                      "n" + (1 + i % 3),
                      "probe http %s --timeout 500ms && echo LEAK || echo CLOSED"
                          .formatted(web.url("/hostname"))));
      for (String name : names) {
        probes.started(name);
        String said = cluster.kubectl("logs", "-n", NAMESPACE, name).text();
        if (said.contains("LEAK")) {
          leaks++;
        } else if (!said.contains("CLOSED")) {
          throw new BedException(name + " has not tried: " + said);
        }
      }
    }
    return new Row(
        "pods whose first instruction connects where a policy denies it, let through",
        "of " + PODS,
        Integer.toString(leaks),
        "0");
  }
}
