package dev.tweed.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.crds.NodeReportStatus.PolicyState;
import dev.tweed.e2e.bed.Installation;
import dev.tweed.e2e.bed.Machine;
import dev.tweed.e2e.bed.TestCluster;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;

/** Policies that would cut a node off from those who care for it. */
@OnCluster(Layout.NODES_WITH_FIREWALLS)
@Order(62)
@TestInstance(Lifecycle.PER_CLASS)
class FirewallLockoutIT {
  private static final String LISTENER = "/usr/bin/python3 -m http.server";

  private TestCluster cluster;
  private FirewallNodes nodes;
  private Machine plain;

  @BeforeAll
  void nodes(TestCluster cluster, Installation tweed) {
    this.cluster = cluster;
    nodes = FirewallNodes.given(cluster, tweed);
    plain = nodes.plainNode();
    // What listens there is what people log in by: the image has no sshd.
    plain.start("/tmp/22.log", LISTENER + " 22");
    plain.start("/tmp/7000.log", LISTENER + " 7000");
    Eventually.within(10, () -> assertThat(opens(22) && opens(7000)).isTrue());
  }

  @AfterAll
  void remove() {
    if (nodes != null) {
      plain.exec("pkill", "-f", LISTENER);
      nodes.deletePolicies();
    }
  }

  @Test
  void aPolicyThatWouldCutAServiceIsRefused() {
    Map<String, Integer> services = Map.of("cp", 6443, "n1", 10250, "n2", 10250);

    // When there is a policy for each, all at once, so that one wait serves them
    services.forEach(
        (node, port) ->
            nodes.policy(
                "cut-" + node,
                FirewallNodes.only(cluster.machine(node)),
                "",
                List.of(deny("harmless", 7001), deny("cut", port))));

    // Then each node refuses its own
    services.forEach(
        (node, port) ->
            Eventually.within(
                30,
                () ->
                    assertThat(nodes.state(cluster.machine(node), "cut-" + node))
                        .returns(false, PolicyState::applied)
                        .returns("WouldLockOut", PolicyState::reason)
                        .extracting(PolicyState::message)
                        .asString()
                        .contains("cut", Integer.toString(port))));
    assertThat(cluster.kubectl("get", "--raw", "/readyz").text()).isEqualTo("ok");
  }

  @Test
  void theEarlierGenerationStaysInForceUntilLeaveIsGiven() {
    // Given a policy that closes a port
    String selector = FirewallNodes.only(plain);
    nodes.policy("doors", selector, "", List.of(deny("door", 7000)));
    Eventually.within(20, () -> assertThat(opens(7000)).isFalse());

    // When its next generation opens that one and would cut SSH
    nodes.policy("doors", selector, "", List.of(deny("ssh", 22)));

    // Then the node refuses it as a whole and names the rule
    Eventually.within(
        30,
        () ->
            assertThat(nodes.state(plain, "doors"))
                .returns(false, PolicyState::applied)
                .returns("WouldLockOut", PolicyState::reason)
                .extracting(PolicyState::message)
                .asString()
                .contains("ssh", "22"));
    assertThat(opens(7000)).isFalse();
    assertThat(opens(22)).isTrue();
    // And the policy says on which node
    Eventually.within(
        30,
        () ->
            assertThat(
                    cluster
                        .kubectl(
                            "get",
                            "fwp",
                            "doors",
                            "-o",
                            "jsonpath={.status.failures[0].node} {.status.failures[0].reason}")
                        .text())
                .isEqualTo("n2 WouldLockOut"));

    // When it has leave to
    nodes.policy("doors", selector, "allowLockout: [SSH]", List.of(deny("ssh", 22)));

    // Then it is in force
    Eventually.within(20, () -> assertThat(opens(22)).isFalse());
    Eventually.within(20, () -> assertThat(opens(7000)).isTrue());
  }

  @Test
  void whereNobodyIsConnectedHalvesThatLeaveNobodyAreRefused() {
    nodes.deletePolicies();
    nodes.policy(
        "halves",
        FirewallNodes.only(plain),
        "",
        List.of(denyFrom("one-half", 22, "0.0.0.0/1"), denyFrom("the-other", 22, "128.0.0.0/1")));

    Eventually.within(
        30,
        () ->
            assertThat(nodes.state(plain, "halves"))
                .returns(false, PolicyState::applied)
                .returns("WouldLockOut", PolicyState::reason)
                .extracting(PolicyState::message)
                .asString()
                .contains("the-other", "SSH (tcp port 22) for everybody"));
    Eventually.within(20, () -> assertThat(opens(22)).isTrue());

    // When one of them is taken out, the other is as good as any rule
    nodes.policy(
        "halves", FirewallNodes.only(plain), "", List.of(denyFrom("one-half", 22, "0.0.0.0/1")));
    nodes.awaitApplied("halves", plain);
    nodes.deletePolicies();
  }

  private static String denyFrom(String name, int port, String cidr) {
    return "{name: %s, direction: In, action: Deny, protocol: TCP, ports: [{port: %d}], from: [{type: CIDR, cidr: %s}]}"
        .formatted(name, port, cidr);
  }

  private static String deny(String name, int port) {
    return "{name: %s, direction: In, action: Deny, protocol: TCP, ports: [{port: %d}]}"
        .formatted(name, port);
  }

  /** Whether a machine that is no node gets a connection. */
  private boolean opens(int port) {
    return cluster
        .outside()
        .exec("probe", "http", "http://%s:%d/".formatted(plain.address(), port), "--timeout", "1s")
        .succeeded();
  }
}
