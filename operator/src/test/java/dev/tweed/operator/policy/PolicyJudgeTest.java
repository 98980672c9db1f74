package dev.tweed.operator.policy;

import static dev.tweed.operator.policy.Policies.from;
import static dev.tweed.operator.policy.Policies.label;
import static dev.tweed.operator.policy.Policies.network;
import static dev.tweed.operator.policy.Policies.nodes;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.crds.FirewallPolicySpec;
import dev.tweed.crds.FirewallPolicySpec.Peer;
import dev.tweed.crds.LabelSelector;
import dev.tweed.crds.MirroredLabels;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

class PolicyJudgeTest {
  private static final String ZONE = "topology.kubernetes.io/zone";

  private static Judgement judge(FirewallPolicySpec spec, PolicyNode... nodes) {
    return new PolicyJudge(
            new PolicyInput(
                List.of(),
                List.of(nodes),
                Set.of("default"),
                new MirroredLabels(MirroredLabels.ALWAYS)))
        .judge(spec);
  }

  private static PolicyNode inZone(
      String name, String zone, Optional<Map<String, String>> mirrored) {
    return new PolicyNode(name, "uid", Map.of(ZONE, zone), mirrored, Optional.empty());
  }

  @Test
  void whatNamesOnlyWhatExistsIsGood() {
    Peer address = new Peer("192.0.2.1", null, null, null);

    assertThat(
            judge(
                from(address, network("default"), nodes(label(ZONE, "a"))),
                inZone("n1", "a", Optional.of(Map.of(ZONE, "a"))),
                inZone("n2", "b", Optional.empty())))
        .isEqualTo(new Judgement.Good());
  }

  @Test
  void aNetworkThatDoesNotExistIsRefused() {
    assertThat(judge(from(network("default"), network("defualt"))))
        .isEqualTo(
            new Judgement.Refused(
                "UnknownPodNetwork",
                "rule ssh, from[1]: there is no PodNetwork defualt; create it or correct the name"));
  }

  @Test
  void aLabelThatIsNotMirroredIsRefused() {
    assertThat(judge(from(nodes(label("rack", "7")))))
        .isEqualTo(
            new Judgement.Refused(
                "LabelNotMirrored",
                "rule ssh, from[0]: label rack is not mirrored onto NodeSubnets; add it to"
                    + " spec.mirroredNodeLabels of the PodNetworks"));
  }

  @Test
  void nodesWithoutABlockAreShown() {
    assertThat(
            judge(
                from(nodes(label(ZONE, "a"))),
                inZone("n1", "a", Optional.of(Map.of(ZONE, "a"))),
                inZone("n2", "a", Optional.empty())))
        .isEqualTo(
            new Judgement.Notable(
                "NodesOutsideNetwork",
                "rule ssh, from[0]: 1 node selected by their labels, but without a NodeSubnet that"
                    + " carries them: n2. Their addresses are not in the rule; give them to a"
                    + " PodNetwork that mirrors these labels, or write their addresses as cidr"));
  }

  /** As when the network that the node belongs to does not mirror what another one does. */
  @Test
  void nodesWhoseBlockLacksTheLabelAreShownToo() {
    assertThat(judge(from(nodes(label(ZONE, "a"))), inZone("n1", "a", Optional.of(Map.of()))))
        .isInstanceOfSatisfying(
            Judgement.Notable.class, n -> assertThat(n.message()).contains("1 node", "n1"));
  }

  @Test
  void theEmptySelectorMeansEveryNode() {
    assertThat(judge(from(nodes(LabelSelector.everything())), inZone("n1", "a", Optional.empty())))
        .isInstanceOf(Judgement.Notable.class);
  }

  @Test
  void whatRefusesComesBeforeWhatIsNotable() {
    assertThat(
            judge(
                from(nodes(LabelSelector.everything()), network("gone")),
                inZone("n1", "a", Optional.empty())))
        .isInstanceOfSatisfying(
            Judgement.Refused.class, r -> assertThat(r.reason()).isEqualTo("UnknownPodNetwork"));
  }

  @Test
  void manyProblemsAreCountedNotListed() {
    assertThat(judge(from(network("a"), network("b"), network("c"), network("d"), network("e"))))
        .isInstanceOfSatisfying(
            Judgement.Refused.class,
            r ->
                assertThat(r.message())
                    .contains("PodNetwork c;")
                    .endsWith("And 2 more like these"));
  }
}
