package dev.tweed.agent.policy;

import static org.awaitility.Awaitility.await;

import dev.tweed.agent.cluster.NodePolicyRecord;
import dev.tweed.crds.NodePolicyStatus;
import dev.tweed.enforce.table.PolicyTableCompiler;
import dev.tweed.policy.AddressSpace;
import dev.tweed.policy.NodeState;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;

class PolicyStatusPublisherTest {

  private final List<NodePolicyStatus> written = new CopyOnWriteArrayList<>();

  /** Else the operator would never hear of this node again. */
  @Test
  void aNodePolicyThatIsMadeAnewGetsTheSameStatusAgain() {
    try (PolicyStatusPublisher publisher =
        new PolicyStatusPublisher(
            written::add, () -> Instant.parse("2026-01-01T00:00:00Z"), (reason, finding) -> {})) {
      publisher.start();
      publisher.publish(Optional.of(enforced("first")));
      await().until(() -> written.size() == 1);

      publisher.publish(Optional.of(enforced("second")));

      await().until(() -> written.size() == 2);
    }
  }

  private static EnforcedPolicies enforced(String uid) {
    NodeState state =
        new NodeState(
            List.of(),
            Set.of(),
            new AddressSpace(List.of(), Map.of()),
            List.of(),
            Map.of(),
            Map.of());
    return new EnforcedPolicies(
        Optional.of(new NodePolicyRecord(uid, 1, List.of(), Set.of(), Optional.empty())),
        state,
        new PolicyTableCompiler(false).compile(state),
        Map.of(),
        0,
        Optional.empty(),
        Optional.empty());
  }
}
