package dev.tweed.agent.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.agent.cluster.Mapping;
import dev.tweed.agent.cluster.SnapshotMapper;
import dev.tweed.agent.cluster.Views;
import dev.tweed.dataplane.ClusterSnapshot;
import dev.tweed.ip.IpAddress;
import dev.tweed.ip.IpPrefix;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class RetiringBlocksTest {

  /** This node has 10.244.1.0/24, n2 10.244.2.0/24; the pool is 10.244.0.0/16. */
  private static final ClusterSnapshot NOW = snapshot();

  private static final List<IpPrefix> OLD = List.of(IpPrefix.parse("10.244.9.0/24"));

  private static ClusterSnapshot snapshot() {
    Views views = new Views().network("default", Views.day(1)).subnet(1).subnet(2);
    return ((Mapping.Program) new SnapshotMapper("n1").map(views.view())).snapshot();
  }

  private static RetiringBlocks plan(List<IpPrefix> before, String... leased) {
    return RetiringBlocks.plan(NOW, before, Arrays.stream(leased).map(IpAddress::parse).toList());
  }

  @Test
  void whatNoPodHasAnAddressOfIsNotServed() {
    assertThat(plan(OLD, "10.244.1.7").served()).isEmpty();
    assertThat(plan(OLD, "10.244.1.7").findings()).isEmpty();
    assertThat(plan(OLD, "10.244.1.7").addTo(NOW)).isEqualTo(NOW);
  }

  @Test
  void theBlockOfNowIsNotRetiring() {
    assertThat(plan(NOW.self().blocks(), "10.244.1.7").findings()).isEmpty();
  }

  @Test
  void anOldOneIsServedAfterThatOfNowAndItsPodsAreNamed() {
    RetiringBlocks retiring =
        plan(
            OLD,
            "10.244.9.1",
            "10.244.9.2",
            "10.244.9.3",
            "10.244.9.4",
            "10.244.9.5",
            "10.244.9.6");

    assertThat(retiring.addTo(NOW).self().blocks())
        .containsExactly(IpPrefix.parse("10.244.1.0/24"), IpPrefix.parse("10.244.9.0/24"));
    assertThat(retiring.findings())
        .singleElement()
        .satisfies(
            finding -> {
              assertThat(finding.object()).isEqualTo("10.244.9.0/24");
              assertThat(finding.blocking()).isFalse();
              assertThat(finding.message()).contains("6 pod(s)", "10.244.9.5 and 1 more");
              assertThat(finding.remedy()).contains("spec.nodeName=n1", "10.244.1.0/24");
            });
  }

  @Test
  void oneThatAnotherNodeWasGivenIsTheirs() {
    RetiringBlocks retiring = plan(List.of(IpPrefix.parse("10.244.2.0/24")), "10.244.2.9");

    assertThat(retiring.served()).isEmpty();
    assertThat(retiring.findings())
        .singleElement()
        .satisfies(finding -> assertThat(finding.message()).contains("It is node n2's now"));
  }

  @Test
  void oneOutsideThePoolsIsToldAndNotServed() {
    RetiringBlocks retiring = plan(List.of(IpPrefix.parse("10.9.0.0/24")), "10.9.0.4");

    assertThat(retiring.served()).isEmpty();
    assertThat(retiring.findings()).hasSize(1);
  }
}
