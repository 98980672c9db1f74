package dev.tweed.operator.policy;

import static dev.tweed.operator.policy.Policies.from;
import static dev.tweed.operator.policy.Policies.label;
import static dev.tweed.operator.policy.Policies.network;
import static dev.tweed.operator.policy.Policies.nodes;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.crds.FirewallPolicySpec;
import dev.tweed.crds.FirewallPolicySpec.Peer;
import dev.tweed.crds.FirewallPolicySpec.PeerType;
import dev.tweed.crds.LabelSelector;
import dev.tweed.crds.MirroredLabels;
import dev.tweed.operator.policy.PolicyNode.Block;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

class PolicyValidatorTest {
  private static final String ZONE = "topology.kubernetes.io/zone";

  private static PolicyValidation validate(FirewallPolicySpec spec, PolicyNode... nodes) {
    return new PolicyValidator(
            new PolicyInput(
                List.of(),
                List.of(nodes),
                Set.of("default"),
                new MirroredLabels(MirroredLabels.ALWAYS)))
        .validate(new PolicyFacts("web", "uid-web", 1, spec, List.of()));
  }

  /** A node whose NodeSubnet has what its network mirrors. */
  private static PolicyNode inZone(String name, String zone) {
    return node(
        name,
        zone,
        Optional.of(new Block(Map.of(ZONE, zone), new MirroredLabels(MirroredLabels.ALWAYS))));
  }

  private static PolicyNode node(String name, String zone, Optional<Block> block) {
    return new PolicyNode(name, "uid", Map.of(ZONE, zone), block, Optional.empty());
  }

  @Test
  void whatNamesOnlyWhatExistsIsGood() {
    Peer address = new Peer(PeerType.CIDR, "192.0.2.1", null, null, null);

    assertThat(
            validate(
                from(address, network("default"), nodes(label(ZONE, "a"))),
                inZone("n1", "a"),
                node("n2", "b", Optional.empty())))
        .isEqualTo(new PolicyValidation.Good());
  }

  @Test
  void aNetworkThatDoesNotExistIsRefused() {
    assertThat(validate(from(network("default"), network("defualt"))))
        .isEqualTo(
            new PolicyValidation.Refused(
                "UnknownPodNetwork",
                "rule ssh, from[1]: there is no PodNetwork defualt; create it or correct the name"));
  }

  @Test
  void aLabelThatIsNotMirroredIsRefused() {
    assertThat(validate(from(nodes(label("rack", "7")))))
        .isEqualTo(
            new PolicyValidation.Refused(
                "LabelNotMirrored",
                "rule ssh, from[0]: label rack is not mirrored onto NodeSubnets; add it to"
                    + " spec.mirroredNodeLabels of the PodNetworks"));
  }

  @Test
  void nodesWithoutABlockAreShown() {
    assertThat(
            validate(
                from(nodes(label(ZONE, "a"))),
                inZone("n1", "a"),
                node("n2", "a", Optional.empty())))
        .isEqualTo(
            new PolicyValidation.Notable(
                "NodesOutsideNetwork",
                "rule ssh, from[0]: 1 node selected by their labels, but without a NodeSubnet that"
                    + " carries them: n2. Their addresses are not in the rule; give them to a"
                    + " PodNetwork that mirrors these labels, or write their addresses as cidr"));
  }

  @Test
  void nodesWhoseBlockLacksTheLabelAreShownToo() {
    Block bare = new Block(Map.of(), new MirroredLabels(MirroredLabels.ALWAYS));

    assertThat(validate(from(nodes(label(ZONE, "a"))), node("n1", "a", Optional.of(bare))))
        .isInstanceOfSatisfying(
            PolicyValidation.Notable.class, n -> assertThat(n.message()).contains("1 node", "n1"));
  }

  /** That a block lacks a label its network does not mirror tells nothing of its node. */
  @Test
  void nodesOfANetworkThatDoesNotMirrorTheLabelAreShownToo() {
    LabelSelector notInB =
        new LabelSelector(
            Map.of(),
            List.of(
                new LabelSelector.Requirement(ZONE, LabelSelector.Operator.NotIn, List.of("b"))));
    Block other = new Block(Map.of(), new MirroredLabels(Set.of()));

    assertThat(validate(from(nodes(notInB)), node("n1", "a", Optional.of(other))))
        .isInstanceOf(PolicyValidation.Notable.class);
  }

  @Test
  void theEmptySelectorMeansTheNodesOfAllNetworksSoNobodyIsMissing() {
    assertThat(validate(from(nodes(LabelSelector.everything())), node("n1", "a", Optional.empty())))
        .isEqualTo(new PolicyValidation.Good());
  }

  @Test
  void whatRefusesComesBeforeWhatIsNotable() {
    assertThat(
            validate(
                from(nodes(label(ZONE, "a")), network("gone")), node("n1", "a", Optional.empty())))
        .isInstanceOfSatisfying(
            PolicyValidation.Refused.class,
            r -> assertThat(r.reason()).isEqualTo("UnknownPodNetwork"));
  }

  @Test
  void manyProblemsAreCountedNotListed() {
    assertThat(validate(from(network("a"), network("b"), network("c"), network("d"), network("e"))))
        .isInstanceOfSatisfying(
            PolicyValidation.Refused.class,
            r ->
                assertThat(r.message())
                    .contains("PodNetwork c;")
                    .endsWith("And 2 more like these"));
  }
}
