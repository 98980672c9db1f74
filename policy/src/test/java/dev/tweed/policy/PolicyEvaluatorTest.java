package dev.tweed.policy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tweed.ip.IpAddress;
import dev.tweed.ip.IpPrefix;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What a node does with what it has been told, and what it does not know. */
class PolicyEvaluatorTest {

  private static final IpAddress POD = IpAddress.parse("10.244.1.10");
  private static final IpAddress PEER = IpAddress.parse("10.244.2.20");
  private static final IpAddress OUTSIDE = IpAddress.parse("198.51.100.7");
  private static final IpAddress GATEWAY = IpAddress.parse("10.244.1.1");
  private static final PolicyRef NETWORK_POLICY =
      new PolicyRef(PolicyRef.Kind.NETWORK_POLICY, "uid-n", 3);
  private static final PolicyRef CLUSTER_POLICY =
      new PolicyRef(PolicyRef.Kind.CLUSTER_NETWORK_POLICY, "uid-c", 4);

  @Test
  void theDecisionNamesPolicyTierAndRule() {
    Program program =
        networkPolicy(
            "p-1",
            Rule.of(0, Action.ACCEPT, Peers.sets("s-1"), PortMatch.one(Protocol.TCP, 443)),
            Rule.of(1, Action.ACCEPT, Peers.sets("s-1"), PortMatch.one(Protocol.TCP, 80)));

    Judgement judgement =
        judge(state(List.of(pod("p-1")), List.of(program), new PeerSet("s-1", Set.of(PEER))), PEER);

    assertThat(judgement)
        .isEqualTo(
            new Judgement(
                Optional.empty(),
                Optional.empty(),
                Optional.of(
                    new Decision(
                        true,
                        new Decision.ByRule("p-1", NETWORK_POLICY, Tier.NETWORK_POLICY, 1)))));
  }

  @Test
  void whatNoRuleAllowsNamesThePoliciesThatIsolate() {
    assertThat(reason(state(List.of(pod("p-1")), List.of(networkPolicy("p-1"))), PEER))
        .isEqualTo(new Decision.Isolated(Set.of("p-1")));
  }

  @Test
  void whatNoPolicyDecidesIsAccepted() {
    assertThat(judge(state(List.of(pod()), List.of()), OUTSIDE))
        .isEqualTo(
            new Judgement(
                Optional.empty(),
                Optional.empty(),
                Optional.of(new Decision(true, new Decision.Undecided()))));
  }

  @Test
  void aPodThatWasNotLetInIsClosedBothWays() {
    NodeState nobody = state(List.of(), List.of());

    assertThat(reason(nobody, OUTSIDE)).isEqualTo(new Decision.UnknownPod());
    assertThat(
            new PolicyEvaluator(nobody)
                .judge(Flow.of(POD, OUTSIDE, Protocol.TCP, 80))
                .egress()
                .orElseThrow())
        .isEqualTo(new Decision(false, new Decision.UnknownPod()));
  }

  @Test
  void aPodThatWasNotLetInIsReachedByItsNode() {
    assertThat(judge(state(List.of(), List.of()), GATEWAY))
        .returns(true, Judgement::accepted)
        .returns(Optional.of(Judgement.Exemption.OWN_NODE), Judgement::exemption);
  }

  @Test
  void anAddressInTwoEntriesIsClosed() {
    NodeState twice =
        state(List.of(pod(), new PodEntry("uid-2", Set.of(POD), Set.of(), List.of())), List.of());

    assertThat(reason(twice, OUTSIDE))
        .isEqualTo(new Decision.AmbiguousPod(Set.of("uid-1", "uid-2")));
  }

  @Test
  void aProgramThatIsNotKnownCloses() {
    assertThat(reason(state(List.of(pod("p-9")), List.of()), OUTSIDE))
        .isEqualTo(new Decision.UnknownProgram("p-9"));
  }

  @Test
  void aSetThatIsNotKnownAcceptsNobodyAndOthersOfTheRuleAsEver() {
    Program program =
        networkPolicy(
            "p-1",
            Rule.of(
                0,
                Action.ACCEPT,
                new Peers(
                    false, false, List.of("s-1", "s-2"), List.of(IpBlock.of("198.51.100.0/24")))));
    NodeState state =
        state(List.of(pod("p-1")), List.of(program), new PeerSet("s-2", Set.of(PEER)));

    assertThat(judge(state, PEER).accepted()).isTrue();
    assertThat(judge(state, OUTSIDE).accepted()).isTrue();
    assertThat(judge(state, IpAddress.parse("10.244.2.21")).accepted()).isFalse();
  }

  @Test
  void aSetThatIsNotKnownClosesRulesThatDenyOrPassOnTheirPortsOnly() {
    for (Action action : List.of(Action.DENY, Action.PASS)) {
      Program program =
          admin(
              "p-1",
              Rule.of(2, action, Peers.sets("s-1"), PortMatch.one(Protocol.TCP, 80)),
              Rule.of(3, Action.ACCEPT, Peers.ANYONE));
      NodeState state = state(List.of(pod("p-1")), List.of(program));

      assertThat(reason(state, OUTSIDE))
          .isEqualTo(new Decision.UnknownSet("p-1", CLUSTER_POLICY, Tier.ADMIN, 2, "s-1"));
      assertThat(
              new PolicyEvaluator(state).judge(Flow.of(OUTSIDE, POD, Protocol.TCP, 81)).accepted())
          .isTrue();
    }
  }

  @Test
  void anEmptySetIsKnown() {
    Program program = admin("p-1", Rule.of(0, Action.DENY, Peers.sets("s-1")));

    assertThat(
            judge(
                    state(List.of(pod("p-1")), List.of(program), new PeerSet("s-1", Set.of())),
                    OUTSIDE)
                .accepted())
        .isTrue();
  }

  @Test
  void aRuleWithoutPeersOrPortsMatchesNothing() {
    Program noPeers =
        networkPolicy(
            "p-1", Rule.of(0, Action.ACCEPT, new Peers(false, false, List.of(), List.of())));
    Program noPorts =
        networkPolicy("p-1", Rule.of(0, Action.ACCEPT, Peers.ANYONE, new PortMatch[0]));

    assertThat(judge(state(List.of(pod("p-1")), List.of(noPeers)), PEER).accepted()).isFalse();
    assertThat(judge(state(List.of(pod("p-1")), List.of(noPorts)), PEER).accepted()).isFalse();
  }

  @Test
  void ofEqualPrioritiesTheNameDecidesOnEveryNode() {
    Program accept = admin("p-a", Rule.of(0, Action.ACCEPT, Peers.ANYONE));
    Program deny = admin("p-b", Rule.of(0, Action.DENY, Peers.ANYONE));

    assertThat(judge(state(List.of(pod("p-b", "p-a")), List.of(deny, accept)), OUTSIDE).accepted())
        .isTrue();
  }

  @Test
  void onlyPodsOfTheNodeAreJudged() {
    NodeState state = state(List.of(pod("p-1")), List.of(networkPolicy("p-1")));

    assertThat(new PolicyEvaluator(state).judge(Flow.of(PEER, OUTSIDE, Protocol.TCP, 80)))
        .isEqualTo(new Judgement(Optional.empty(), Optional.empty(), Optional.empty()));
  }

  @Test
  void aProgramThatNoCompilerWritesIsRefused() {
    Rule deny = Rule.of(0, Action.DENY, Peers.ANYONE);
    Rule accept = Rule.of(0, Action.ACCEPT, Peers.ANYONE);
    Rule named =
        Rule.of(0, Action.ACCEPT, Peers.ANYONE, new PortMatch.Named(Optional.empty(), "http"));

    assertThatThrownBy(() -> networkPolicy("p-1", deny)).hasMessageContaining("no rule but Accept");
    assertThatThrownBy(() -> program(Tier.ADMIN, NETWORK_POLICY, Set.of(), List.of()))
        .hasMessageContaining("in tier ADMIN");
    assertThatThrownBy(
            () -> program(Tier.ADMIN, CLUSTER_POLICY, Set.of(Direction.INGRESS), List.of()))
        .hasMessageContaining("only a NetworkPolicy isolates");
    assertThatThrownBy(
            () ->
                program(
                    Tier.NETWORK_POLICY,
                    NETWORK_POLICY,
                    Set.of(Direction.INGRESS),
                    List.of(accept)))
        .hasMessageContaining("a direction it does not isolate");
    assertThatThrownBy(
            () ->
                program(
                    Tier.NETWORK_POLICY, NETWORK_POLICY, Set.of(Direction.EGRESS), List.of(named)))
        .hasMessageContaining("an egress rule names a port");
  }

  /** Of no rules but these, in egress. */
  private static Program program(
      Tier tier, PolicyRef policy, Set<Direction> isolates, List<Rule> egress) {
    return new Program("p-1", policy, tier, 0, isolates, List.of(), egress);
  }

  private static Program networkPolicy(String name, Rule... ingress) {
    return new Program(
        name,
        NETWORK_POLICY,
        Tier.NETWORK_POLICY,
        0,
        Set.of(Direction.INGRESS),
        List.of(ingress),
        List.of());
  }

  private static Program admin(String name, Rule... ingress) {
    return new Program(name, CLUSTER_POLICY, Tier.ADMIN, 0, Set.of(), List.of(ingress), List.of());
  }

  private static PodEntry pod(String... programs) {
    return new PodEntry("uid-1", Set.of(POD), Set.of(programs), List.of());
  }

  private static NodeState state(List<PodEntry> pods, List<Program> programs, PeerSet... sets) {
    return new NodeState(
        List.of(IpPrefix.parse("10.244.1.0/24")),
        Set.of(GATEWAY, IpAddress.parse("192.0.2.1")),
        new AddressSpace(List.of(IpPrefix.parse("10.244.0.0/16")), Map.of()),
        pods,
        programs.stream().collect(Collectors.toMap(Program::name, p -> p)),
        Stream.of(sets).collect(Collectors.toMap(PeerSet::name, s -> s)));
  }

  private static Judgement judge(NodeState state, IpAddress source) {
    return new PolicyEvaluator(state).judge(Flow.of(source, POD, Protocol.TCP, 80));
  }

  private static Decision.Reason reason(NodeState state, IpAddress source) {
    Decision decision = judge(state, source).ingress().orElseThrow();
    assertThat(decision.accepted()).isFalse();
    return decision.reason();
  }
}
