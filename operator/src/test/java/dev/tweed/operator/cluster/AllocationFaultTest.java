package dev.tweed.operator.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.operator.ledger.ClaimWriter.ClaimResult.Refused;
import dev.tweed.operator.ledger.LedgerException;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A person has to know what to type. */
class AllocationFaultTest {

  @Test
  void aLedgerThatCannotBeReadIsToBeLookedAt() {
    AllocationFault fault = AllocationFault.of(new LedgerException("it is nonsense"), "tweed");

    assertThat(fault.reason()).isEqualTo("LedgerUnavailable");
    assertThat(fault.message())
        .contains("it is nonsense", "kubectl -n tweed get configmap tweed-allocations -o yaml");
  }

  @Test
  void aLedgerThatMayNotBeWrittenIsAMatterOfRoles() {
    AllocationFault fault =
        AllocationFault.of(
            new KubernetesClientException("configmaps is forbidden", 403, null), "tweed");

    assertThat(fault.reason()).isEqualTo("LedgerUnavailable");
    assertThat(fault.message())
        .contains("configmaps is forbidden", "kubectl -n tweed get role,rolebinding");
  }

  @Test
  void anAPIServerThatDoesNotAnswerIsTriedAgain() {
    AllocationFault fault =
        AllocationFault.of(new KubernetesClientException("timed out", 504, null), "tweed");

    assertThat(fault.reason()).isEqualTo("LedgerUnavailable");
    assertThat(fault.message()).contains("timed out").endsWith("tried again all the time");
  }

  @Test
  void whatTheAPIServerRefusesIsNamed() {
    AllocationFault fault =
        AllocationFault.refused(
            List.of(new Refused("10-0-0-0-24", "denied by x"), new Refused("b", "denied by x")));

    assertThat(fault.reason()).isEqualTo("NodeSubnetsRefused");
    assertThat(fault.message()).contains("10-0-0-0-24 (2 in all): denied by x");
  }

  @Test
  void aFaultOfTheProgramIsNoFaultOfTheLedger() {
    AllocationFault fault = AllocationFault.of(new NullPointerException(), "tweed");

    assertThat(fault.reason()).isEqualTo("AllocationFailed");
    assertThat(fault.message()).contains("NullPointerException", "log");
  }
}
