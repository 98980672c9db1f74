package dev.tweed.agent.policy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.agent.cluster.ClusterView.Listing;
import dev.tweed.agent.cluster.NodePolicyRecord;
import dev.tweed.agent.cluster.PolicyView;
import dev.tweed.agent.cluster.Views;
import dev.tweed.crds.PeerSliceName;
import dev.tweed.crds.PeerSliceSpec;
import dev.tweed.enforce.gate.LocalPod;
import dev.tweed.ip.IpAddress;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What commands take for in force has to be what the daemon enforces. */
class PolicyReadingTest {

  @ParameterizedTest
  @CsvSource({"'', 0", "spec.pods of a later version, 1"})
  void whereTheNodePolicyCannotBeReadEveryNewPodWaits(String unreadable, int waiting) {
    // Given a pod in a namespace that no policy selects
    LocalPod pod =
        new LocalPod(
            "uid", "free", "pod", Set.of(IpAddress.parse("10.244.1.2")), 7, Optional.empty());
    PolicyView policies =
        new PolicyView(
            Listing.RECEIVED,
            Optional.of(
                new NodePolicyRecord(
                    "uid",
                    1,
                    List.of(),
                    Set.of(),
                    Optional.of(unreadable).filter(why -> !why.isEmpty()))),
            Map.of(),
            Map.of(
                new PeerSliceName(PeerSliceName.NAMESPACES, 0),
                Optional.of(new PeerSliceSpec(1, List.of(), List.of(), null))));

    PolicyReading reading =
        PolicyReading.of(
            new Views().network("default", "2026-01-01T00:00:00Z").subnet(1).view(),
            policies,
            List.of(pod),
            Set.of(),
            Set.of(),
            "n1");

    assertThat(reading.waiting()).hasSize(waiting);
    assertThat(reading.state().pods()).hasSize(1 - waiting);
  }
}
