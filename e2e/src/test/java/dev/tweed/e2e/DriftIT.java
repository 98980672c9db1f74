package dev.tweed.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.e2e.bed.Installation;
import dev.tweed.e2e.bed.Machine;
import dev.tweed.e2e.bed.ProbeNamespace;
import dev.tweed.e2e.bed.ProbePod;
import dev.tweed.e2e.bed.Stranger;
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
 * Somebody damages a node by hand; nobody helps it but its daemon. How quick it is, the benchmark
 * says; here it has to happen.
 */
@OnCluster(Layout.THREE_NODES)
@Order(3)
@TestInstance(Lifecycle.PER_CLASS)
class DriftIT {
  private static final int REPAIR_SECONDS = 30;

  private Machine n1;
  private ProbeNamespace probes;
  private ProbePod a;
  private ProbePod b;
  private String blockOfN2;
  private String macOfN2;
  private Stranger outside;
  private String addressOfN1;

  @BeforeAll
  void pods(TestCluster cluster, Installation tweed) {
    Given.installed(tweed);
    n1 = cluster.machine("n1");
    addressOfN1 = n1.address();
    outside = cluster.outside();
    blockOfN2 = tweed.nodeSubnet("n2").orElseThrow().getSpec().cidr();
    macOfN2 = tweed.nodeSubnet("n2").orElseThrow().getSpec().vtepMAC();
    probes = ProbeNamespace.create(cluster, "drift");
    List<ProbePod> pods = probes.pods("a", "n1", "b", "n2");
    a = pods.get(0);
    b = pods.get(1);
  }

  @AfterAll
  void remove() {
    if (probes != null) {
      probes.close();
    }
  }

  static Stream<Arguments> damages() {
    return Stream.of(
        Arguments.of("route deleted", "ip route del {block}"),
        Arguments.of("neighbour deleted", "ip neighbour del {gateway} dev tweed.1"),
        Arguments.of("FDB entry deleted", "bridge fdb del {mac} dev tweed.1"),
        Arguments.of("all peers deleted", "ip nexthop flush dev tweed.1 proto 116"),
        Arguments.of("VXLAN device deleted", "ip link del tweed.1"),
        Arguments.of("VXLAN device down", "ip link set tweed.1 down"),
        Arguments.of(
            "VXLAN device down and up", "ip link set tweed.1 down; ip link set tweed.1 up"),
        Arguments.of("bridge down", "ip link set tweed-br0 down"),
        Arguments.of("bridge address removed", "ip address flush dev tweed-br0"),
        Arguments.of("forwarding off", "sysctl -qw net.ipv4.ip_forward=0"),
        Arguments.of("MTU changed", "ip link set tweed.1 mtu 600"));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("damages")
  void podsTalkAgainAfter(String what, String damage) {
    // Given pods that talk
    a.ping(b.address(), 1400).text();

    // When somebody damages the node
    n1.shell(
            damage
                .replace("{block}", blockOfN2)
                .replace("{gateway}", blockOfN2.replace("/24", ""))
                .replace("{mac}", macOfN2))
        .text();

    // Then they talk again, with packets as long as before
    Eventually.within(REPAIR_SECONDS, () -> a.ping(b.address(), 1400).text());
    Eventually.within(REPAIR_SECONDS, () -> assertThat(tableOfRules()).contains("masquerade"));
  }

  @Test
  void masqueradeComesBackAfterTheRulesWereFlushed() {
    // When somebody flushes every rule of ours
    n1.exec("nft", "flush", "table", "inet", "tweed").text();

    // Then pods are masqueraded again
    Eventually.within(
        REPAIR_SECONDS,
        () -> {
          assertThat(tableOfRules()).contains("masquerade");
          assertThat(a.http("http://" + outside.address() + ":8080/client")).isEqualTo(addressOfN1);
        });
  }

  @Test
  void masqueradeComesBackAfterTheTableWasDeleted() {
    n1.exec("nft", "delete", "table", "inet", "tweed").text();

    Eventually.within(REPAIR_SECONDS, () -> assertThat(tableOfRules()).contains("masquerade"));
  }

  @Test
  void theNodeReportCountsTheRepairs(Installation tweed) {
    // Given one repair at least, whatever ran before
    n1.exec("ip", "route", "del", blockOfN2).text();

    Eventually.within(
        60,
        () ->
            assertThat(tweed.nodeReport("n1").orElseThrow().getStatus().repairs())
                .anySatisfy(
                    repair -> {
                      assertThat(repair.kind()).containsIgnoringCase("route");
                      assertThat(repair.count()).isPositive();
                      assertThat(repair.lastTime()).isNotBlank();
                    }));
  }

  private String tableOfRules() {
    return n1.exec("nft", "list", "table", "inet", "tweed").text();
  }
}
