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
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Somebody damages the rules of a node; nobody helps it but its daemon. How quick it is, the
 * benchmark says; here it has to happen, be counted and be told.
 */
@OnCluster(Layout.NODES_WITH_FIREWALLS)
@Order(63)
@TestInstance(Lifecycle.PER_CLASS)
class FirewallDriftIT {
  private static final int REPAIR_SECONDS = 15;

  /** What a person sees of ours, and what the kernel has of it; both families. */
  private static final String OURS_IN_UFW =
      "ufw show added | grep tweed: | sort; ufw status | grep tweed: | sort;"
          + " { iptables-save -t filter; ip6tables-save -t filter; }"
          + " | grep -- '-A ufw6*-user' | grep -E 'tweed|8472|7000|10[.]244[.]' | sort";

  private FirewallNodes nodes;
  private Machine ufw;
  private long repairsBefore;
  private ProbeNamespace probes;
  private ProbePod a;
  private ProbePod b;

  @BeforeAll
  void nodes(TestCluster cluster, Installation tweed) {
    nodes = FirewallNodes.given(cluster, tweed);
    ufw = nodes.ufwNode();
    probes = ProbeNamespace.create(cluster, "firewall-drift");
    List<ProbePod> pods = probes.pods("a", "n1", "b", "n2");
    a = pods.get(0);
    b = pods.get(1);
    nodes.policy(
        "kept",
        "{}",
        "",
        List.of(
            "{name: kept, direction: In, action: Reject, protocol: TCP, ports: [{port: 7000}]}"));
    nodes.awaitApplied("kept", ufw);
    repairsBefore = nodes.repairs(ufw);
  }

  @AfterAll
  void remove() {
    if (probes != null) {
      probes.close();
      nodes.deletePolicies();
    }
  }

  static Stream<Arguments> damages() {
    return Stream.of(
        Arguments.of(
            "a rule deleted",
            "ufw --force delete $(ufw status numbered | grep tweed: | sed -n '1s/^\\[ *\\([0-9]*\\)\\].*/\\1/p')"),
        Arguments.of("rule file edited", "sed -i /7000/d /etc/ufw/user.rules"),
        Arguments.of(
            "rule file edited, then a reload", "sed -i /7000/d /etc/ufw/user.rules; ufw reload"),
        Arguments.of("chain flushed", "iptables -F ufw-user-input"));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("damages")
  void ourRulesComeBackAfter(String what, String damage) {
    String before = ours();

    ufw.shell(damage).text();

    Eventually.within(REPAIR_SECONDS, () -> assertThat(ours()).isEqualTo(before));
  }

  @Test
  void aFileThatUfwCouldNotHaveWrittenIsNotTouched() {
    String before = ours();
    ufw.exec("cp", "/etc/ufw/user.rules", "/root/user.rules").text();
    ufw.exec(
            "sed",
            "-i",
            "s/tuple ### allow udp 8472/tuple ### perhaps udp 8472/",
            "/etc/ufw/user.rules")
        .text();
    String nonsense = ufw.exec("cat", "/etc/ufw/user.rules").text();
    try {
      // Then the node says what it does not understand
      Eventually.within(
          30,
          () ->
              assertThat(nodes.state(ufw, "kept"))
                  .returns(false, PolicyState::applied)
                  .returns("FileNotUnderstood", PolicyState::reason)
                  .extracting(PolicyState::message)
                  .asString()
                  .contains("perhaps"));
      assertThat(ufw.exec("cat", "/etc/ufw/user.rules").text()).isEqualTo(nonsense);
    } finally {
      ufw.exec("cp", "/root/user.rules", "/etc/ufw/user.rules").text();
    }
    // And goes on when it is mended
    nodes.awaitApplied("kept", ufw);
    assertThat(ours()).isEqualTo(before);
  }

  @Test
  void aReloadLeavesNothingToRepair() {
    String before = ours();

    ufw.exec("ufw", "reload").text();

    assertThat(ours()).isEqualTo(before);
  }

  @Test
  void ourRulesComeBackAfterAReset() {
    String before = ours();
    try {
      // When a person throws all rules away and switches ufw on again
      ufw.shell("ufw --force reset && ufw --force enable").text();

      // Then ours are back, and pods talk
      Eventually.within(REPAIR_SECONDS, () -> assertThat(ours()).isEqualTo(before));
      Eventually.within(
          10,
          () ->
              assertThat(b.exec("probe", "http", a.url("/hostname"), "--timeout", "1s").text())
                  .isEqualTo("a"));
    } finally {
      nodes.typeOnUfwNode();
    }
  }

  @Test
  @Order(Integer.MAX_VALUE - 1)
  void repairsAreCountedAndTold() {
    Eventually.within(
        30,
        () ->
            assertThat(nodes.repairs(ufw))
                .isGreaterThanOrEqualTo(repairsBefore + damages().count()));
    nodes.awaitRepairEvent(ufw);
  }

  private String ours() {
    return ufw.shell(OURS_IN_UFW).text();
  }

  @Test
  void ufwToggledUnderTrafficCostsWhatUfwItselfCosts() {
    String before = ours();
    RunningPing ping = b.startPing(a.address());
    Eventually.within(5, () -> assertThat(b.ping(a.address(), 56).succeeded()).isTrue());

    ufw.shell("ufw disable && ufw --force enable").text();

    Eventually.within(REPAIR_SECONDS, () -> assertThat(ours()).isEqualTo(before));
    RunningPing.Count count = ping.stop();
    System.out.printf(
        "ufw disable, enable: %d of %d echo requests lost%n", count.lost(), count.sent());
    // ufw itself drops what is forwarded for 0.3 to 0.4 s, which is 15 to 20 requests; 50 are a
    // second.
    assertThat(count.lost()).isLessThan(50);
    assertThat(b.http(a.url("/hostname"))).isEqualTo("a");
  }

  @Test
  @Order(Integer.MAX_VALUE)
  void ourTablesComeBackAfterTheRulesetWasFlushed() {
    Machine plain = nodes.plainNode();
    nodes.awaitApplied("kept", plain);
    long repairs = nodes.repairs(plain);
    String before = tables(plain);
    assertThat(before).contains("7000");

    plain.exec("nft", "flush", "ruleset").text();

    Eventually.within(REPAIR_SECONDS, () -> assertThat(tables(plain)).isEqualTo(before));
    Eventually.within(30, () -> assertThat(nodes.repairs(plain)).isGreaterThan(repairs));
    assertThat(a.http(b.url("/hostname"))).isEqualTo("b");
  }

  /** Without handles, counters and what sets have */
  private static String tables(Machine node) {
    return node.shell(
            "for t in tweed-filter tweed-guard tweed-tunnel tweed; do nft -st list table inet $t; done")
        .text();
  }
}
