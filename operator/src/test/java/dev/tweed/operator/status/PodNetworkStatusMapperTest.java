package dev.tweed.operator.status;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.crds.Condition;
import dev.tweed.crds.PodNetworkStatus;
import dev.tweed.operator.allocation.NetworkOutcome;
import dev.tweed.operator.cluster.AllocationFault;
import dev.tweed.operator.cluster.ClusterOutcome.NetworkState;
import dev.tweed.operator.cluster.NetworkReadiness;
import dev.tweed.operator.reach.NetworkReach;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** Silent daemons and blocks that cannot be handed out; all else is in the golden plans. */
class PodNetworkStatusMapperTest {
  private static final AllocationFault LEDGER =
      new AllocationFault("LedgerUnavailable", "it cannot be read");

  @Test
  void aNetworkThatWorksOnHalfOfItsNodesCanBeUsedAndIsDegraded() {
    assertThat(condition(4, 2, "Ready").status()).isEqualTo("True");
    assertThat(condition(4, 2, "Ready").message()).isEqualTo("the data path works on 2 of 4 nodes");
    assertThat(condition(4, 2, "Progressing").status()).isEqualTo("False");

    Condition degraded = condition(4, 2, "Degraded");
    assertThat(degraded.status()).isEqualTo("True");
    assertThat(degraded.reason()).isEqualTo("NodesNotReady");
    assertThat(degraded.message())
        .startsWith("the data path works on 2 of 4 nodes; waiting for n0 (DaemonSilent)");
  }

  @Test
  void thatMostDaemonsAreSilentIsOneCondition() {
    assertThat(condition(4, 3, "Ready").status()).isEqualTo("False");
    for (String type : List.of("Ready", "Degraded")) {
      assertThat(condition(4, 3, type).reason()).isEqualTo("DaemonsSilent");
      assertThat(condition(4, 3, type).message())
          .startsWith("the data path works on 1 of 4 nodes, as far as is known")
          .contains("daemons of 3");
    }
  }

  @Test
  void thatMostReportsNameNoNodeSubnetIsOneConditionWithWhatToType() {
    assertThat(condition(4, 4, 2, 2, 0, Optional.empty(), "Degraded").reason())
        .isEqualTo("NodesNotReady");

    Condition ready = condition(4, 4, 3, 3, 0, Optional.empty(), "Ready");

    assertThat(ready.status()).isEqualTo("False");
    assertThat(ready.reason()).isEqualTo("ReportsOfEarlierVersion");
    assertThat(ready.message())
        .startsWith("the data path works on 1 of 4 nodes, as far as is known: the reports of 3")
        .contains("kubectl apply --server-side --force-conflicts -f helm/crds");
  }

  @Test
  void nodesThatJoinAreOnTheirWayAndNothingIsWrong() {
    Condition progressing = condition(4, 4, 1, 0, 1, Optional.empty(), "Progressing");

    assertThat(progressing.status()).isEqualTo("True");
    assertThat(progressing.reason()).isEqualTo("NodesJoining");
    assertThat(condition(4, 4, 1, 0, 1, Optional.empty(), "Degraded").status()).isEqualTo("False");
    assertThat(condition(4, 4, 2, 0, 1, Optional.empty(), "Degraded").status()).isEqualTo("True");
  }

  @Test
  void aNetworkWithoutNodesIsReady() {
    assertThat(condition(0, 0, "Ready").status()).isEqualTo("True");
    assertThat(condition(0, 0, "Ready").reason()).isEqualTo("NoNodes");
    assertThat(condition(0, 0, "Degraded").status()).isEqualTo("False");
  }

  @Test
  void whyNodesThatWaitGetNoBlocksIsTold() {
    Condition allocated = allocated(3, 2, LEDGER);

    assertThat(allocated.status()).isEqualTo("False");
    assertThat(allocated.reason()).isEqualTo("LedgerUnavailable");
    assertThat(allocated.message()).isEqualTo("2 of 3 nodes hold their blocks; it cannot be read");
  }

  @Test
  void aNetworkWhoseNodesAllHaveTheirBlocksNeedsNoLedger() {
    Condition allocated = allocated(3, 3, LEDGER);

    assertThat(allocated.status()).isEqualTo("True");
    assertThat(allocated.reason()).isEqualTo("Allocated");
  }

  private static Condition condition(int nodes, int silent, String type) {
    return condition(nodes, nodes, silent, 0, 0, Optional.empty(), type);
  }

  private static Condition allocated(int nodes, int allocated, AllocationFault fault) {
    return condition(nodes, allocated, 0, 0, 0, Optional.of(fault), "Allocated");
  }

  private static Condition condition(
      int nodes,
      int allocated,
      int waiting,
      int unnamed,
      int joining,
      Optional<AllocationFault> fault,
      String type) {
    PodNetworkStatus status =
        PodNetworkStatusMapper.status(
            new NetworkState(
                "uid",
                1,
                new NetworkOutcome(
                    new NetworkOutcome.Accepted(),
                    nodes,
                    allocated,
                    Map.of(),
                    List.of(),
                    List.of()),
                fault,
                new NetworkReadiness(
                    nodes - waiting,
                    List.of("n0 (DaemonSilent)"),
                    waiting,
                    0,
                    waiting - unnamed - joining,
                    unnamed,
                    joining,
                    new TreeSet<>()),
                nodes,
                List.of(),
                Optional.empty()),
            NetworkReach.none(),
            List.of(),
            Instant.EPOCH);
    return status.conditions().stream()
        .filter(c -> c.type().equals(type))
        .findFirst()
        .orElseThrow();
  }
}
