package dev.tweed.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.crds.NodeReportStatus.Firewall;
import dev.tweed.e2e.bed.Installation;
import dev.tweed.e2e.bed.Machine;
import dev.tweed.e2e.bed.Output;
import dev.tweed.e2e.bed.ProbeNamespace;
import dev.tweed.e2e.bed.ProbePod;
import dev.tweed.e2e.bed.RunningPing;
import dev.tweed.e2e.bed.TestCluster;
import java.time.Duration;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;

/** A person brings firewalld to a node of a running cluster, uses it, and takes it away again. */
@OnCluster(value = Layout.NODES_WITH_FIREWALLS, steps = true)
@Order(64)
@TestInstance(Lifecycle.PER_CLASS)
class FirewalldIT {
  /** The ports of the probe's servers on the node, which are not all a person's to open. */
  private static final int HTTP = 8080;

  private static final int TCP = 9000;
  private static final int DNS = 5353;

  /** What drops by default, and the few things this person wants. */
  private static final String SET_UP =
      """
      set -e
      cp -a /opt/firewalld /etc/firewalld
      firewall-offline-cmd --set-default-zone=drop
      firewall-offline-cmd --zone=drop --add-port=10250/tcp --add-port=5353/tcp
      firewall-offline-cmd --zone=drop --add-rich-rule='rule family="ipv4" source address="172.31.77.0/24" port port="9000" protocol="tcp" accept'
      firewall-offline-cmd --new-zone=mine
      firewall-offline-cmd --zone=mine --add-source=192.0.2.0/24
      """;

  private static final String THEIRS =
      "cat /etc/firewalld/zones/drop.xml /etc/firewalld/zones/mine.xml";
  private static final String THEIRS_RUNNING =
      "firewall-cmd --info-zone=drop && firewall-cmd --info-zone=mine";

  /** In its files, in what it runs and in the kernel; places among each other may change. */
  private static final String OURS =
      "{ cat /etc/firewalld/policies/tweed-* /etc/firewalld/zones/tweed*;"
          + " firewall-cmd --list-all-policies; firewall-cmd --list-all-zones; }"
          + " | sed 's/priority=\"-*[0-9]*\"//'; "
          + FirewalldIT.CLOSED_IN_KERNEL;

  /** Of both families. */
  private static final String CLOSED_IN_KERNEL =
      "[ $(nft list table inet firewalld | grep -c 'dport 5353.*drop') = 2 ]";

  private TestCluster cluster;
  private Installation tweed;
  private FirewallNodes nodes;
  private Machine node;
  private ProbeNamespace probes;
  private ProbePod there;
  private ProbePod here;
  private String tablesBefore;
  private String theirs;

  @BeforeAll
  void nodes(TestCluster cluster, Installation tweed) {
    this.cluster = cluster;
    this.tweed = tweed;
    nodes = FirewallNodes.given(cluster, tweed);
    node = nodes.plainNode();
    tablesBefore = othersTables();
    probes = ProbeNamespace.create(cluster, "firewalld");
    List<ProbePod> pods = probes.pods("there", "n1", "here", "n2");
    there = pods.get(0);
    here = pods.get(1);
    probes.hostNetworkPod("host", "n2");
  }

  @AfterAll
  void remove() {
    if (probes != null) {
      probes.close();
      nodes.deletePolicies();
      node.exec("bed-firewalld", "remove").text();
      Eventually.within(
          30,
          () -> {
            assertThat(nodes.report(node).firewall())
                .returns("none", Firewall::manager)
                .returns("nftables", Firewall::backend);
            assertThat(othersTables()).isEqualTo(tablesBefore);
          });
    }
  }

  /**
   * All but the one for policies, of which some may just be going, and those of iptables: kubelet
   * makes them again, within a minute, when another test has flushed the ruleset.
   */
  private String othersTables() {
    return node.shell(
            "nft list tables | grep -vE 'tweed-filter|table ip6? (filter|mangle|nat)$' | sort")
        .text();
  }

  private String tables() {
    return node.exec("nft", "list", "tables").text();
  }

  /** With its number in the kernel. */
  private String firewalldsTable() {
    return node.shell("nft -a list tables | grep firewalld").text();
  }

  @Test
  @Order(1)
  void whileItIsOnlyConfiguredRulesAreInNftables() {
    node.shell(SET_UP).text();
    theirs = node.shell(THEIRS).text();
    nodes.policy(
        "ports",
        FirewallNodes.only(node),
        "",
        List.of(
            "{name: open, direction: In, action: Allow, protocol: TCP, ports: [{port: 8080}]}",
            "{name: closed, direction: In, action: Deny, protocol: TCP, ports: [{port: 5353}]}"));
    nodes.awaitApplied("ports", node);

    Eventually.within(
        30,
        () ->
            assertThat(nodes.report(node).firewall())
                .returns("firewalld", Firewall::manager)
                .returns("Inactive", Firewall::state)
                .returns("nftables", Firewall::backend));
    assertThat(ours()).isEmpty();
  }

  @Test
  @Order(2)
  void rulesMoveIntoItWhenItIsStarted() {
    RunningPing ping = here.startPing(there.address());

    long began = System.nanoTime();
    node.exec("bed-firewalld", "start").text();

    // Then new connections find their way, in and out, pods and node, though the zone drops
    Eventually.within(
        30,
        () -> {
          assertThat(ask(there, here.url("/hostname")).text()).isEqualTo("here");
          assertThat(ask(here, there.url("/hostname")).text()).isEqualTo("there");
        });
    System.out.printf(
        "firewalld started: pods talk after %.1f s, %s%n", seconds(began), counted(ping));
    String outside = cluster.outside().address();
    assertThat(here.http("http://" + outside + ":8080/client")).isEqualTo(node.address());
    // And our own table has gone
    Eventually.within(
        30,
        () -> {
          assertThat(nodes.report(node).firewall())
              .returns("firewalld", Firewall::manager)
              .returns("Active", Firewall::state)
              .returns("firewalld", Firewall::backend)
              .extracting(Firewall::backendReason)
              .asString()
              .contains("firewalld is active");
          assertThat(tables()).doesNotContain("tweed-filter");
        });
    assertThat(ours()).contains("tweed-in-1.xml", "tweed-br0.xml");
    assertThat(tweed.isNodeReady(node.name())).isTrue();
  }

  @Test
  @Order(3)
  void aPolicyOpensAPortAndClosesOne() {
    nodes.awaitApplied("ports", node);

    // From another node: with that one's address
    Eventually.within(
        20, () -> assertThat(ask(there, nodeUrl()).text()).isEqualTo(nodes.ufwNode().address()));
    assertThat(askDns().succeeded()).isFalse();
    assertThat(askTcp().text()).endsWith("hello");

    // When the policy goes, the zone alone decides
    nodes.deletePolicies();
    Eventually.within(30, () -> assertThat(ask(there, nodeUrl()).succeeded()).isFalse());
    Eventually.within(20, () -> assertThat(askDns().succeeded()).isTrue());
    assertThat(askTcp().text()).endsWith("hello");
  }

  @Test
  @Order(4)
  void whatAPersonMadeStays() {
    closeAgain();

    assertThat(node.shell(THEIRS).text()).isEqualTo(theirs);
    assertThat(node.shell(THEIRS_RUNNING).text())
        .contains(
            "drop (default, active)",
            "ports: 10250/tcp 5353/tcp",
            "port port=\"9000\" protocol=\"tcp\" accept",
            "mine (active)",
            "sources: 192.0.2.0/24");
    assertThat(askTcp().text()).endsWith("hello");

    // And what they add by hand, too, when they reload
    node.shell("firewall-cmd --permanent --zone=drop --add-port=7001/tcp && firewall-cmd --reload")
        .text();
    closeAgain();
    assertThat(node.exec("firewall-cmd", "--zone=drop", "--list-ports").text())
        .contains("7001/tcp");
  }

  @Test
  @Order(5)
  void aReloadLeavesNothingToRepair() {
    String before = oursInForce();
    RunningPing ping = here.startPing(there.address());
    Eventually.within(5, () -> assertThat(here.ping(there.address(), 56).succeeded()).isTrue());

    node.exec("firewall-cmd", "--reload").text();

    String loaded = firewalldsTable();
    assertThat(oursInForce()).isEqualTo(before);
    System.out.printf("firewall-cmd --reload: %s%n", counted(ping));
    assertThat(here.http(there.url("/hostname"))).isEqualTo("there");
    // And it stays the one reload: each makes a table with another number
    Awaitility.await()
        .during(Duration.ofSeconds(3))
        .atMost(Duration.ofSeconds(6))
        .untilAsserted(() -> assertThat(firewalldsTable()).isEqualTo(loaded));
  }

  @Test
  @Order(6)
  void damageIsRepairedCountedAndTold() {
    String before = oursInForce();
    long repairs = nodes.repairs(node);

    repaired(
        "a rule removed",
        "firewall-cmd --policy=tweed-in-1 --remove-rich-rule=\"$(firewall-cmd --policy=tweed-in-1"
            + " --list-rich-rules | grep 5353 | head -n 1)\"",
        CLOSED_IN_KERNEL,
        before);
    repaired(
        "a policy removed for good, and a reload",
        "firewall-cmd --permanent --delete-policy=tweed-in-1 && firewall-cmd --reload",
        CLOSED_IN_KERNEL,
        before);
    repaired(
        "the tunnel taken out of its zone",
        "firewall-cmd --zone=tweed_1 --remove-interface=tweed.1",
        "nft list table inet firewalld | grep -q 'iifname \"tweed.1\"'",
        before);

    Eventually.within(
        30, () -> assertThat(nodes.repairs(node)).isGreaterThanOrEqualTo(repairs + 3));
    nodes.awaitRepairEvent(node);
  }

  /** Does damage, and prints for how long the kernel was not as {@code whole} asks. */
  private void repaired(String what, String damage, String whole, String before) {
    String missing =
        node.shell(
                """
                watch() {
                  gone= end=$(($(date +%%s) + 10))
                  while [ $(date +%%s) -lt $end ]; do
                    now=$(date +%%s%%N)
                    if { %s; } >/dev/null 2>&1; then
                      [ -z "$gone" ] || { echo $(((now - gone) / 1000000)) ms; return; }
                    else
                      gone=${gone:-$now}
                    fi
                  done
                  echo "no time, or more than 10 s"
                }
                watch &
                { %s; } >&2
                wait
                """
                    .formatted(whole, damage))
            .text();
    System.out.printf("firewalld, %s: missing for %s%n", what, missing);
    Eventually.within(20, () -> assertThat(oursInForce()).isEqualTo(before));
    assertThat(ask(there, here.url("/hostname")).text()).isEqualTo("here");
  }

  @Test
  @Order(7)
  void theCommandLineShowsIntendedBesideFound() {
    Output status = tweed.nodeCommand(node.name(), "firewall", "status");

    assertThat(status.exitCode()).as(status.toString()).isZero();
    assertThat(status.text()).contains("firewalld, Active", "in force", "policy/ports");
    assertThat(tweed.nodeCommand(node.name(), "firewall", "plan").text())
        .contains("0 to add, 0 to remove");
    // And for a daemon without the host's tools there would be nothing but advice
    assertThat(
            cluster
                .kubectl(
                    "exec",
                    "--namespace",
                    Installation.NAMESPACE,
                    tweed.daemonPod(node.name()).getMetadata().getName(),
                    "--",
                    "env",
                    "-u",
                    "TWEED_HOST_ROOT",
                    "tweed-node",
                    "firewall",
                    "plan")
                .stdout())
        .contains("firewalld is active", "firewall.hostTools");
  }

  @Test
  @Order(8)
  void rulesMoveOutWhenItIsStopped() {
    node.exec("bed-firewalld", "stop").text();

    Eventually.within(
        30,
        () -> {
          assertThat(nodes.report(node).firewall())
              .returns("Inactive", Firewall::state)
              .returns("nftables", Firewall::backend);
          assertThat(node.exec("nft", "list", "table", "inet", "tweed-filter").text())
              .contains("5353");
          assertThat(ours()).isEmpty();
        });
    assertThat(askDns().succeeded()).isFalse();
    assertThat(ask(there, here.url("/hostname")).text()).isEqualTo("here");

    // And into it again
    node.exec("bed-firewalld", "start").text();
    closeAgain();
    Eventually.within(
        30, () -> assertThat(nodes.report(node).firewall().backend()).isEqualTo("firewalld"));
    assertThat(ask(there, here.url("/hostname")).text()).isEqualTo("here");
  }

  /** Until the policy that a step before may have taken away, or firewalld lost, is in force. */
  private void closeAgain() {
    if (tweed.firewallPolicy("ports").isEmpty()) {
      nodes.policy(
          "ports",
          FirewallNodes.only(node),
          "",
          List.of(
              "{name: closed, direction: In, action: Deny, protocol: TCP, ports: [{port: 5353}]}"));
    }
    nodes.awaitApplied("ports", node);
    Eventually.within(30, () -> assertThat(node.shell(CLOSED_IN_KERNEL).succeeded()).isTrue());
  }

  /** Names of files. */
  private String ours() {
    return node.shell("cd /etc/firewalld && ls policies zones | grep tweed").stdout().strip();
  }

  private String oursInForce() {
    return node.shell(OURS).text();
  }

  private String nodeUrl() {
    return "http://%s:%d/client".formatted(node.address(), HTTP);
  }

  private static Output ask(ProbePod pod, String url) {
    return pod.exec("probe", "http", url, "--timeout", "1s");
  }

  private Output askTcp() {
    return there.exec("probe", "tcp", node.address() + ":" + TCP, "hello", "--timeout", "1s");
  }

  private Output askDns() {
    return there.exec(
        "probe", "dns", node.address() + ":" + DNS, "a.test", "--tcp", "--timeout", "1s");
  }

  private static double seconds(long began) {
    return (System.nanoTime() - began) / 1e9;
  }

  private static String counted(RunningPing ping) {
    RunningPing.Count count = ping.stop();
    return "%d of %d echo requests lost".formatted(count.lost(), count.sent());
  }
}
