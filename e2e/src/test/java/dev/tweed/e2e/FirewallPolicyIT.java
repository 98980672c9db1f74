package dev.tweed.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.e2e.bed.Installation;
import dev.tweed.e2e.bed.Machine;
import dev.tweed.e2e.bed.Output;
import dev.tweed.e2e.bed.ProbeNamespace;
import dev.tweed.e2e.bed.ProbePod;
import dev.tweed.e2e.bed.TestCluster;
import java.io.IOException;
import java.nio.file.Files;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;

/** The policy of docs/examples on a control plane where a person typed the usual rules. */
@OnCluster(value = Layout.NODES_WITH_FIREWALLS, steps = true)
@Order(60)
@TestInstance(Lifecycle.PER_CLASS)
class FirewallPolicyIT {
  private TestCluster cluster;
  private Installation tweed;
  private FirewallNodes nodes;
  private Machine controlPlane;
  private ProbeNamespace probes;
  private ProbePod onUfw;
  private ProbePod otherOnUfw;
  private ProbePod onPlain;
  private ProbePod otherOnPlain;

  @BeforeAll
  void nodes(TestCluster cluster, Installation tweed) {
    this.cluster = cluster;
    this.tweed = tweed;
    nodes = FirewallNodes.given(cluster, tweed);
    controlPlane = nodes.controlPlane();
    probes = ProbeNamespace.create(cluster, "policy");
    List<ProbePod> pods = probes.pods("a", "n1", "other-a", "n1", "b", "n2", "other-b", "n2");
    onUfw = pods.get(0);
    otherOnUfw = pods.get(1);
    onPlain = pods.get(2);
    otherOnPlain = pods.get(3);
  }

  @AfterAll
  void remove() {
    if (probes != null) {
      probes.close();
      nodes.deletePolicies();
    }
  }

  @Test
  @Order(1)
  void podsReachTheApiServersPortByThePolicyOnly() throws IOException {
    // Given a port that is open to the machines' addresses only (a person typed it), and pods of
    // other nodes that come with their own. Those of the control plane itself come by the bridge,
    // which the network's own rules open.
    assertThat(askApiServer(onUfw).succeeded()).isFalse();
    assertThat(askApiServer(onPlain).succeeded()).isFalse();

    // When the policy comes
    tweed.apply(
        Files.readString(
            cluster.settings().chart().resolveSibling("docs/examples/firewallpolicy.yaml")));

    // Then the API server answers, to both
    Eventually.within(20, () -> assertThat(askApiServer(onUfw).text()).contains("400 Bad Request"));
    assertThat(askApiServer(onPlain).text()).contains("400 Bad Request");
  }

  /** It speaks TLS only, and says so to who does not. */
  private Output askApiServer(ProbePod pod) {
    return pod.exec(
        "probe", "tcp", controlPlane.address() + ":6443", "GET / HTTP/1.0", "--timeout", "1s");
  }

  @Test
  @Order(2)
  void ufwShowsTheTable() {
    String status = controlPlane.exec("ufw", "status", "verbose").text();

    assertThat(status)
        .startsWith("Status: active")
        .contains("Default: deny (incoming), deny (outgoing), deny (routed)")
        .containsPattern("(?m)^8472/udp +ALLOW IN +Anywhere ")
        .containsPattern("(?m)^8472/udp +ALLOW OUT +Anywhere ")
        .containsPattern("(?m)^6443 +ALLOW IN +10\\.244\\.0\\.0/16 ")
        .containsPattern("(?m)^10\\.244\\.0\\.0/16 6443 +ALLOW OUT +Anywhere ")
        .containsPattern("(?m)^10\\.244\\.0\\.0/16 7416/udp +ALLOW IN +10\\.244\\.0\\.0/16 ")
        .containsPattern("(?m)^10\\.244\\.0\\.0/16 +ALLOW OUT +Anywhere ")
        .containsPattern("(?m)^Anywhere on tweed\\.1 +ALLOW IN +Anywhere ")
        .containsPattern("(?m)^Anywhere +ALLOW OUT +Anywhere on tweed\\.1 ")
        .containsPattern("(?m)^8472/udp \\(v6\\) +ALLOW IN +Anywhere \\(v6\\) ")
        .containsPattern("(?m)^8472/udp \\(v6\\) +ALLOW OUT +Anywhere \\(v6\\) ")
        .containsPattern("(?m)^Anywhere \\(v6\\) on tweed\\.1 +ALLOW IN +Anywhere \\(v6\\) ")
        .containsPattern("(?m)^Anywhere \\(v6\\) +ALLOW OUT +Anywhere \\(v6\\) on tweed\\.1 ")
        .containsPattern("(?m)^Anywhere on tweed-br0 +ALLOW FWD +Anywhere on tweed\\.1 ")
        .containsPattern("(?m)^Anywhere on tweed\\.1 +ALLOW FWD +Anywhere on tweed-br0 ");
    // And nothing a person typed is lost
    assertThat(added()).startsWith(nodes.typedOn(controlPlane));
  }

  @Test
  @Order(3)
  void reloadAndDisableAndEnableKeepIt() {
    String before = look();

    controlPlane.exec("ufw", "reload").text();
    assertThat(look()).isEqualTo(before);

    controlPlane.shell("ufw disable && ufw --force enable").text();
    assertThat(look()).isEqualTo(before);
    assertThat(askApiServer(onUfw).text()).contains("400 Bad Request");
  }

  /** What a person sees and what the kernel has. */
  private String look() {
    return controlPlane
        .shell(
            "ufw status verbose; ufw show added; iptables-save -t filter | grep -- '-A ufw-user';"
                + " ip6tables-save -t filter | grep -- '-A ufw6-user'")
        .text();
  }

  private String added() {
    return controlPlane.exec("ufw", "show", "added").text();
  }

  @Test
  @Order(4)
  void aRoutedRuleKeepsSomePodsFromTheOutside() {
    String outside = "http://" + cluster.outside().address() + ":8080/client";
    for (ProbePod pod : List.of(onUfw, otherOnUfw, onPlain, otherOnPlain)) {
      assertThat(pod.http(outside)).isEqualTo(pod.machine().address());
    }

    // When one pod of each node may not
    nodes.policy(
        "no-outside",
        "{}",
        "",
        List.of(
            "{name: outside, direction: Routed, action: Reject, from: [{type: CIDR, cidr: %s}, {type: CIDR, cidr: %s}], to: [{type: CIDR, cidr: %s}]}"
                .formatted(onUfw.address(), onPlain.address(), cluster.outside().address())));

    // Then it cannot, its neighbour can, and it reaches everything else
    for (ProbePod denied : List.of(onUfw, onPlain)) {
      Eventually.within(
          20,
          () ->
              assertThat(denied.exec("probe", "http", outside, "--timeout", "1s").succeeded())
                  .isFalse());
      assertThat(denied.http(otherOnPlain.url("/hostname"))).isEqualTo("other-b");
    }
    assertThat(otherOnUfw.http(outside)).isEqualTo(nodes.ufwNode().address());
    assertThat(otherOnPlain.http(outside)).isEqualTo(nodes.plainNode().address());
  }

  @Test
  @Order(5)
  void kubectlTellsTheStory() {
    Eventually.within(
        40,
        () -> {
          String policies = cluster.kubectl("get", "fwp").text();
          assertThat(policies)
              .containsPattern(
                  "(?m)^NAME +PRIORITY +MODE +SELECTED +APPLIED-NODES +ACCEPTED +APPLIED +READY +AGE")
              .containsPattern("(?m)^control-plane +100 +Enforce +1 +1 +True +True +True ")
              .containsPattern("(?m)^no-outside +100 +Enforce +3 +3 +True +True +True ");
        });
    assertThat(nodes.report(controlPlane).firewall().backend()).isEqualTo("ufw");
    assertThat(nodes.report(nodes.plainNode()).firewall().backend()).isEqualTo("nftables");
    assertThat(nodes.report(nodes.plainNode()).firewall().backendReason()).isNotBlank();
  }

  @Test
  @Order(6)
  void theCommandLineShowsIntendedBesideFound() {
    for (Machine node : cluster.nodes()) {
      Output status = tweed.nodeCommand(node.name(), "firewall", "status");

      assertThat(status.exitCode()).as(status.toString()).isZero();
      assertThat(status.text()).contains("no-outside").contains(onUfw.address());
      // And there is nothing to do
      assertThat(tweed.nodeCommand(node.name(), "firewall", "plan").text())
          .contains("0 to add, 0 to remove");
    }
  }
}
