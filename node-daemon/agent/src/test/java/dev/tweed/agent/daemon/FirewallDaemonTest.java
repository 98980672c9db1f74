package dev.tweed.agent.daemon;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;
import static org.awaitility.Awaitility.await;

import dev.tweed.agent.UfwFiles;
import dev.tweed.crds.FirewallPolicy;
import dev.tweed.crds.FirewallPolicySpec;
import dev.tweed.crds.FirewallPolicySpec.Action;
import dev.tweed.crds.FirewallPolicySpec.Direction;
import dev.tweed.crds.NodeReport;
import dev.tweed.crds.NodeReportStatus;
import dev.tweed.crds.NodeReportStatus.PolicyState;
import dev.tweed.crds.testing.ApiServer;
import dev.tweed.crds.testing.ApiServerExtension;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** FirewallPolicies of a real API server in a real ufw. */
@Tag("api-server")
@Tag("kernel")
@ExtendWith(ApiServerExtension.class)
class FirewallDaemonTest {

  private static final Duration SOON = Duration.ofSeconds(30);

  private Cluster cluster;
  private TestDaemon daemon;
  private UfwFiles ufw;

  @BeforeEach
  void start(ApiServer server, @TempDir Path directory) {
    cluster = new Cluster(server.admin());
    daemon = new TestDaemon("n1", 1, directory, server.kubeconfig());
    cluster.node("n1");
    ufw = UfwFiles.install(directory.resolve("root"), daemon.netns).denying();
    daemon.withHostRoot(ufw.root());
  }

  @AfterEach
  void stop() {
    daemon.close();
    cluster.close();
  }

  @Test
  void aPolicyComesIntoForceIsToldAndGoesAgain() throws Exception {
    // Given a node of a network, and a policy
    cluster.network();
    cluster.subnet(1, "n1");
    FirewallPolicy policy = cluster.policy("api", allow("from-pods", "6443"));

    // When the daemon starts
    daemon.start();

    // Then it is in force, behind what a person typed and before what the network needs
    awaitState("api", true, null);
    assertThat(ufw.chain("ufw-user-input")).contains("--dport 6443 -j ACCEPT");
    assertThat(ufw.ufw("show added"))
        .containsSubsequence(
            "ufw allow 22/tcp comment 'ssh'",
            "ufw allow 6443/tcp comment 'tweed:policy/api/from-pods'",
            "tweed:network/agent-test/tunnel-port-in");
    NodeReportStatus.Firewall firewall = report().firewall();
    assertThat(firewall.backend()).isEqualTo("ufw");
    assertThat(firewall.rules()).isGreaterThan(5);

    // When it goes
    cluster.delete(policy);

    // Then so do its rules, and no others
    await().atMost(SOON).until(() -> !ufw.chain("ufw-user-input").contains("6443"));
    assertThat(ufw.text("etc/ufw/user.rules")).contains("8472").doesNotContain("6443");
  }

  @Test
  void aNodeInNoNetworkHasPoliciesToo() throws Exception {
    cluster.policy("web", allow("web", "80"));

    daemon.start();

    awaitState("web", true, null);
    assertThat(ufw.chain("ufw-user-input")).contains("--dport 80 -j ACCEPT");
    assertThat(daemon.get("/readyz").body()).startsWith("IDLE");
  }

  @Test
  void aPolicyThatWouldLockOutIsRefusedAndTheOthersAreNot() throws Exception {
    cluster.policy("web", allow("web", "80"));
    cluster.policy("all", Cluster.rule("no-ssh", Direction.In, Action.Deny, "22"));

    daemon.start();

    awaitState("all", false, "WouldLockOut");
    awaitState("web", true, null);
    assertThat(ufw.chain("ufw-user-input")).doesNotContain("DROP");
    assertThat(report().findings())
        .extracting(NodeReportStatus.Finding::reason, NodeReportStatus.Finding::object)
        .contains(tuple("FirewallPolicyFailed", "FirewallPolicy/all"));
  }

  @Test
  void aPolicyThatIsOnlyTriedRefusesNothingAndSaysWhatWouldRefuseIt() throws Exception {
    FirewallPolicySpec deny = Cluster.rule("ssh", Direction.In, Action.Deny, "22");
    cluster.policy(
        "tried",
        new FirewallPolicySpec(
            deny.nodeSelector(), null, FirewallPolicySpec.Mode.Audit, null, null, deny.rules()));

    daemon.start();

    awaitState("tried", true, "RefusedIfEnforced");
    assertThat(ufw.chain("ufw-user-input")).doesNotContain("DROP");
    assertThat(daemon.netns.exec("nft", "list", "table", "inet", "tweed-guard"))
        .contains("chain audit-input", "tweed would-deny tried/ssh", "group 7416")
        .doesNotContain("drop");
  }

  @Test
  void whatSomebodyFlushedComesBackAndIsCounted() throws Exception {
    cluster.policy("web", allow("web", "80"));
    daemon.start();
    awaitState("web", true, null);

    daemon.netns.exec("iptables", "-F", "ufw-user-input");

    await().atMost(SOON).until(() -> ufw.chain("ufw-user-input").contains("--dport 80"));
    await()
        .atMost(SOON)
        .untilAsserted(
            () ->
                assertThat(report().repairs())
                    .extracting(NodeReportStatus.Repair::kind)
                    .contains("Firewall"));
  }

  @Test
  void whatTheDaemonWritesItselfIsNoRepair() throws Exception {
    cluster.policy("web", allow("web", "80"));
    daemon.start();
    awaitState("web", true, null);

    // Its own writes are told back to it by the kernel, and it looks again
    await()
        .during(Duration.ofSeconds(2))
        .atMost(SOON)
        .untilAsserted(
            () ->
                assertThat(daemon.get("/metrics").body())
                    .contains("tweed_repairs_total{kind=\"Firewall\"} 0.0"));
  }

  @Test
  void ufwThatIsSwitchedOffAndOnIsFollowed() throws Exception {
    cluster.policy("web", Cluster.rule("web", Direction.In, Action.Deny, "80"));
    daemon.start();
    awaitState("web", true, null);

    ufw.ufw("disable");

    // A table of our own takes over, and ufw's files keep the rule
    await().atMost(SOON).until(() -> tables().contains("tweed-filter"));
    awaitState("web", true, null);
    await().atMost(SOON).until(() -> "nftables".equals(report().firewall().backend()));
    assertThat(ufw.ufw("show added")).contains("tweed:policy/web/web");

    ufw.ufw("--force enable");

    await().atMost(SOON).until(() -> !tables().contains("tweed-filter"));
    assertThat(ufw.chain("ufw-user-input")).contains("--dport 80 -j DROP");
    await().atMost(SOON).until(() -> "ufw".equals(report().firewall().backend()));
    assertThat(ufw.ufw("show added")).containsOnlyOnce("tweed:policy/web/web");
  }

  private String tables() {
    return daemon.netns.exec("nft", "list", "tables");
  }

  private static FirewallPolicySpec allow(String name, String port) {
    return Cluster.rule(name, Direction.In, Action.Allow, port);
  }

  private void awaitState(String policy, boolean applied, String reason) {
    await()
        .atMost(SOON)
        .untilAsserted(
            () ->
                assertThat(report().policies())
                    .filteredOn(p -> p.name().equals(policy))
                    .extracting(PolicyState::applied, PolicyState::reason)
                    .containsExactly(tuple(applied, reason)));
  }

  private NodeReportStatus report() {
    NodeReport report = cluster.client.resources(NodeReport.class).withName("n1").get();
    return report.getStatus() == null
        ? new NodeReportStatus(
            null, null, null, null, null, null, null, null, null, null, null, null, null, null,
            null)
        : report.getStatus();
  }
}
