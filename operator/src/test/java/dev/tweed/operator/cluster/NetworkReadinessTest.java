package dev.tweed.operator.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.crds.NodeSubnet;
import dev.tweed.crds.NodeSubnetSpec;
import dev.tweed.operator.allocation.SubnetFacts;
import dev.tweed.operator.policy.DataPathDigest;
import dev.tweed.operator.policy.DataPathDigest.Observed;
import dev.tweed.operator.policy.ReachDigest;
import dev.tweed.operator.policy.ReportDigest;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** What reports say of their nodes' blocks. */
class NetworkReadinessTest {

  private static final Instant CREATED = Instant.parse("2026-03-01T12:00:00Z");
  private static final Instant NOW = CREATED.plusSeconds(301);

  private final List<SubnetFacts> subnets = new ArrayList<>();
  private final Map<String, ReportDigest> reports = new TreeMap<>();

  @Test
  void aNodeWhoseFirewallBlocksIsProgrammedAndNotReady() {
    node("n1", 1, new DataPathDigest(false, true, "HostFirewallBlocks", 1450, about("n1", 1)));

    assertThat(NetworkReadiness.isReady(subnets.getFirst(), reports)).isFalse();
    assertThat(NetworkReadiness.isProgrammed(subnets.getFirst(), reports)).isTrue();
    assertThat(readiness().waiting()).containsExactly("n1 (HostFirewallBlocks)");
  }

  @Test
  void eachNodeThatIsNotReadyIsToldWithTheReason() {
    node("n1", 1, ready(about("n1", 1)));
    node("n2", 2, ready(about("n2", 1)));
    node("n3", 1, ready(about("n9", 1)));
    node("n4", 1, new DataPathDigest(false, false, "NoPeerAnswers", 0, List.of()));
    node("n5", 1, DataPathDigest.NONE);
    node("n6", 1, ready(List.of()));

    NetworkReadiness readiness = readiness();

    assertThat(readiness.ready()).isEqualTo(1);
    assertThat(readiness.mtus()).containsExactly(1450);
    assertThat(readiness.unreachable()).isEqualTo(1);
    assertThat(readiness.waiting())
        .containsExactly(
            "n2 (an older spec)",
            "n3 (no word of its NodeSubnet)",
            "n4 (NoPeerAnswers)",
            "n5 (no word from its daemon)",
            "n6 (names no NodeSubnet)");
    assertThat(readiness.unnamed()).isEqualTo(1);
  }

  @Test
  void aReportOfAnEarlierNodeOfTheNameSaysNothing() {
    node("n1", 1, ready(about("n1", 1)));
    reports.computeIfPresent("n1", (n, r) -> digest("uid-of-old", r.dataPath()));

    assertThat(readiness().waiting()).containsExactly("n1 (no word from its daemon)");
  }

  @Test
  void aNodeWhoseDaemonIsSilentIsNotCounted() {
    node("n1", 1, ready(about("n1", 1)));
    node("n2", 1, ready(about("n2", 1)));

    NetworkReadiness readiness =
        NetworkReadiness.of(subnets, reports, Set.of("n2", "elsewhere"), NOW).get("default");

    assertThat(readiness.ready()).isEqualTo(1);
    assertThat(readiness.silent()).isEqualTo(1);
    assertThat(readiness.waiting()).containsExactly("n2 (DaemonSilent)");
  }

  @Test
  void aNodeIsJoiningForFiveMinutesUnlessItIsReadyOrSilent() {
    node("n1", 1, DataPathDigest.NONE);
    node("n2", 1, ready(about("n2", 1)));
    node("n3", 1, DataPathDigest.NONE);
    Instant before = CREATED.plusSeconds(299);

    assertThat(NetworkReadiness.of(subnets, reports, Set.of("n3"), before).get("default").joining())
        .isEqualTo(1);
    assertThat(readiness().joining()).isZero();
  }

  private NetworkReadiness readiness() {
    return NetworkReadiness.of(subnets, reports, Set.of(), NOW).get("default");
  }

  private void node(String name, long generation, DataPathDigest said) {
    NodeSubnet subnet = new NodeSubnet();
    subnet.getMetadata().setUid("uid-of-block-of-" + name);
    subnet.getMetadata().setGeneration(generation);
    subnet.getMetadata().setCreationTimestamp(CREATED.toString());
    subnet.setSpec(
        new NodeSubnetSpec(
            "default", name, "uid-" + name, "10.244.1.0/24", List.of("192.0.2.1"), null));
    subnets.add(Facts.of(subnet));
    reports.put(name, digest("uid-" + name, said));
  }

  private static ReportDigest digest(String owner, DataPathDigest said) {
    return new ReportDigest(owner, List.of(), said, List.of(), 0, ReachDigest.NONE, "", List.of());
  }

  private static DataPathDigest ready(List<Observed> about) {
    return new DataPathDigest(true, true, "Programmed", 1450, about);
  }

  private static List<Observed> about(String node, long generation) {
    return List.of(new Observed("uid-of-block-of-" + node, generation));
  }
}
