package dev.tweed.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.crds.NodeReportStatus.PolicyState;
import dev.tweed.e2e.bed.Installation;
import dev.tweed.e2e.bed.Machine;
import dev.tweed.e2e.bed.ProbeNamespace;
import dev.tweed.e2e.bed.ProbePod;
import dev.tweed.e2e.bed.RunningPing;
import dev.tweed.e2e.bed.TestCluster;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;

/** Two hundred policies of ten rules each on one node with ufw. */
@OnCluster(Layout.NODES_WITH_FIREWALLS)
@Order(66)
@TestInstance(Lifecycle.PER_CLASS)
class FirewallScaleIT {
  private static final int POLICIES = 200;
  private static final int RULES = 10;

  private FirewallNodes nodes;
  private TestCluster cluster;
  private ProbeNamespace probes;
  private ProbePod a;
  private ProbePod b;

  @BeforeAll
  void nodes(TestCluster cluster, Installation tweed) {
    this.cluster = cluster;
    nodes = FirewallNodes.given(cluster, tweed);
    probes = ProbeNamespace.create(cluster, "firewall-scale");
    List<ProbePod> pods = probes.pods("a", "n1", "b", "n2");
    a = pods.get(0);
    b = pods.get(1);
  }

  @AfterAll
  void remove() {
    if (probes != null) {
      probes.close();
      nodes.deletePolicies();
    }
  }

  @Test
  void allAreInForceAndReported() {
    Machine node = nodes.ufwNode();
    RunningPing ping = b.startPing(a.address());
    long began = System.nanoTime();

    // When all are applied at once
    IntStream.range(0, POLICIES)
        .forEach(policy -> cluster.client().resource(policy(policy)).create());
    double written = seconds(began);

    // Then all are in force
    String last = "%s %d".formatted(address(POLICIES - 1, RULES - 1), port(POLICIES - 1));
    Eventually.within(
        60,
        () ->
            assertThat(
                    node.shell(
                            "iptables-save -t filter | grep -c -- '-A ufw-user-input.*10\\.99\\.'")
                        .text())
                .isEqualTo(Integer.toString(POLICIES * RULES)));
    double live = seconds(began);
    assertThat(node.exec("ufw", "show", "added").text()).contains(last.split(" ")[0]);
    // And reported, each with its generation
    Eventually.within(
        60,
        () ->
            assertThat(nodes.report(node).policies())
                .filteredOn(state -> state.name().startsWith("scale-"))
                .hasSize(POLICIES)
                .allSatisfy(
                    state ->
                        assertThat(state)
                            .returns(true, PolicyState::applied)
                            .returns(1L, PolicyState::generation)));
    RunningPing.Count count = ping.stop();
    System.out.printf(
        "%d policies of %d rules: written after %.1f s, live after %.1f s, reported after %.1f s,"
            + " %d of %d echo requests lost%n",
        POLICIES, RULES, written, live, seconds(began), count.lost(), count.sent());
  }

  private static double seconds(long began) {
    return (System.nanoTime() - began) / 1e9;
  }

  private String policy(int policy) {
    String rules =
        IntStream.range(0, RULES)
            .mapToObj(
                rule ->
                    "  - {name: r%d, direction: In, action: Allow, protocol: TCP, ports: [{port: %d}], from: [{type: CIDR, cidr: %s}]}\n"
                        .formatted(rule, port(policy), address(policy, rule)))
            .collect(Collectors.joining());
    return """
        apiVersion: tweed.dev/v1alpha1
        kind: FirewallPolicy
        metadata: {name: scale-%d}
        spec:
          nodeSelector: %s
          rules:
        %s"""
        .formatted(policy, FirewallNodes.only(nodes.ufwNode()), rules);
  }

  private static int port(int policy) {
    return 20000 + policy;
  }

  private static String address(int policy, int rule) {
    return "10.99.%d.%d".formatted(policy, rule + 1);
  }
}
