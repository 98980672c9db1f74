package dev.tweed.policy;

import static dev.tweed.policy.World.BLUE;
import static dev.tweed.policy.World.BLUE_CLIENT;
import static dev.tweed.policy.World.BLUE_WEB;
import static dev.tweed.policy.World.CLIENT;
import static dev.tweed.policy.World.EVERYTHING;
import static dev.tweed.policy.World.NODE_1;
import static dev.tweed.policy.World.NODE_2;
import static dev.tweed.policy.World.OUTSIDE;
import static dev.tweed.policy.World.RED_CLIENT;
import static dev.tweed.policy.World.RED_CLIENT_V6;
import static dev.tweed.policy.World.RED_WEB;
import static dev.tweed.policy.World.RED_WEB_V6;
import static dev.tweed.policy.World.TUNNEL_1;
import static dev.tweed.policy.World.TUNNEL_2;
import static dev.tweed.policy.World.WEB;
import static dev.tweed.policy.World.block;
import static dev.tweed.policy.World.egress;
import static dev.tweed.policy.World.ended;
import static dev.tweed.policy.World.http;
import static dev.tweed.policy.World.ingress;
import static dev.tweed.policy.World.named;
import static dev.tweed.policy.World.ofHostNetwork;
import static dev.tweed.policy.World.peers;
import static dev.tweed.policy.World.pod;
import static dev.tweed.policy.World.pods;
import static dev.tweed.policy.World.policy;
import static dev.tweed.policy.World.ports;
import static dev.tweed.policy.World.tcp;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.ip.IpAddress;
import dev.tweed.policy.source.NetworkPolicy;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/**
 * Each clause of the reference of {@code networking.k8s.io/v1}, and what implementers trip over.
 */
class NetworkPolicySemanticsTest {

  private final World world = new World();

  @Test
  void aPodThatNoPolicySelectsIsOpen() {
    world.with(ingress(WEB));

    world.accepts(OUTSIDE, RED_CLIENT);
    world.accepts(RED_WEB, BLUE_WEB);
  }

  @Test
  void aPolicySelectsPodsOfItsNamespaceOnly() {
    world.with(ingress(WEB));

    world.drops(RED_CLIENT, RED_WEB);
    world.accepts(RED_CLIENT, BLUE_WEB);
  }

  @Test
  void anEmptySelectorSelectsEveryPodOfTheNamespace() {
    world.with(ingress(EVERYTHING));

    world.drops(BLUE_CLIENT, RED_WEB);
    world.drops(BLUE_CLIENT, RED_CLIENT);
    world.accepts(RED_CLIENT, BLUE_WEB);
  }

  @Test
  void noRuleAllowsNothingAndAnEmptyRuleEverything() {
    World closed = new World().with(ingress(WEB));
    World open = new World().with(ingress(WEB, peers()));

    closed.drops(RED_CLIENT, RED_WEB);
    open.accepts(RED_CLIENT, RED_WEB);
    open.accepts(OUTSIDE, RED_WEB, Protocol.SCTP, 7);
  }

  @Test
  void withoutPolicyTypesItIsIngressAndEgressOnlyIfThereAreRulesForThat() {
    new World().with(policy(WEB, Set.of(), List.of(), List.of())).accepts(RED_WEB, OUTSIDE);
    new World().with(policy(WEB, Set.of(), List.of(), List.of())).drops(OUTSIDE, RED_WEB);
    World both = new World().with(policy(WEB, Set.of(), List.of(), List.of(peers(pods(CLIENT)))));
    both.drops(OUTSIDE, RED_WEB);
    both.drops(RED_WEB, OUTSIDE);
    both.accepts(RED_WEB, RED_CLIENT);
  }

  @Test
  void policyTypesDecideWhatRulesCount() {
    // Rules of a direction that is not named do nothing
    World onlyEgress =
        new World()
            .with(policy(WEB, Set.of(Direction.EGRESS), List.of(peers(pods(CLIENT))), List.of()));
    onlyEgress.accepts(BLUE_CLIENT, RED_WEB);
    onlyEgress.drops(RED_WEB, RED_CLIENT);
    World onlyIngress =
        new World()
            .with(policy(WEB, Set.of(Direction.INGRESS), List.of(), List.of(peers(pods(CLIENT)))));
    onlyIngress.drops(RED_CLIENT, RED_WEB);
    onlyIngress.accepts(RED_WEB, OUTSIDE);
  }

  @Test
  void egressWithoutRulesIsClosedWhereTypesSaySo() {
    world.with(policy(CLIENT, Set.of(Direction.EGRESS), List.of(), List.of()));

    world.drops(RED_CLIENT, RED_WEB);
    world.accepts(RED_WEB, RED_CLIENT);
  }

  @Test
  void rulesOfSeveralPoliciesAddUp() {
    world.with(ingress(EVERYTHING), ingress(WEB, peers(pods(CLIENT))), ingress(WEB, ports(tcp(9))));

    world.accepts(RED_CLIENT, RED_WEB);
    world.accepts(OUTSIDE, RED_WEB, Protocol.TCP, 9);
    world.drops(OUTSIDE, RED_WEB);
  }

  @Test
  void bothEndsMustAllow() {
    world.with(ingress(WEB, peers(pods(CLIENT))), egress(CLIENT, ports(tcp(443))));

    world.accepts(RED_CLIENT, RED_WEB, Protocol.TCP, 443);
    world.drops(RED_CLIENT, RED_WEB, Protocol.TCP, 80);
    world.drops(BLUE_CLIENT, RED_WEB, Protocol.TCP, 443);
  }

  @Test
  void aRuleNeedsPeerAndPortPeersAndPortsAreAlternatives() {
    world.with(
        ingress(
            WEB,
            new NetworkPolicy.Rule(
                List.of(tcp(80), tcp(81)), List.of(pods(CLIENT), block("198.51.100.0/24")))));

    world.accepts(RED_CLIENT, RED_WEB, Protocol.TCP, 81);
    world.accepts(OUTSIDE, RED_WEB, Protocol.TCP, 80);
    world.drops(OUTSIDE, RED_WEB, Protocol.TCP, 82);
    world.drops(BLUE_CLIENT, RED_WEB, Protocol.TCP, 80);
  }

  @Test
  void aPodSelectorAloneMeansTheNamespaceOfThePolicy() {
    world.with(ingress(WEB, peers(pods(CLIENT))));

    world.accepts(RED_CLIENT, RED_WEB);
    world.drops(BLUE_CLIENT, RED_WEB);
  }

  @Test
  void aNamespaceSelectorAloneMeansAllPodsOfThese() {
    world.with(ingress(WEB, peers(pods(BLUE, EVERYTHING))));

    world.accepts(BLUE_CLIENT, RED_WEB);
    world.accepts(BLUE_WEB, RED_WEB);
    world.drops(RED_CLIENT, RED_WEB);
  }

  @Test
  void bothSelectorsInOnePeerMustHoldInTwoEitherMay() {
    World both = new World().with(ingress(WEB, peers(pods(BLUE, CLIENT))));
    World either = new World().with(ingress(WEB, peers(pods(BLUE, EVERYTHING), pods(CLIENT))));

    both.accepts(BLUE_CLIENT, RED_WEB);
    both.drops(BLUE_WEB, RED_WEB);
    both.drops(RED_CLIENT, RED_WEB);
    either.accepts(BLUE_WEB, RED_WEB);
    either.accepts(RED_CLIENT, RED_WEB);
  }

  @Test
  void emptySelectorsOfAPeerMeanAllPodsAndNobodyElse() {
    world.with(ingress(WEB, peers(pods(EVERYTHING, EVERYTHING))));

    world.accepts(BLUE_CLIENT, RED_WEB);
    world.drops(OUTSIDE, RED_WEB);
    // nor a node, which sends from inside the pools
    world.drops(TUNNEL_2, RED_WEB);
    world.drops(NODE_2, RED_WEB);
  }

  @Test
  void everyPodOfTheNamespaceIsNotEveryPod() {
    world.with(ingress(WEB, peers(pods(EVERYTHING))));

    world.accepts(RED_CLIENT, RED_WEB);
    world.drops(BLUE_CLIENT, RED_WEB);
  }

  @Test
  void aBlockMeansPodsTooAndLeavesItsExceptionsOut() {
    world.with(ingress(WEB, peers(block("0.0.0.0/0", "198.51.100.0/25", "10.244.2.11/32"))));

    world.accepts("203.0.113.9", RED_WEB);
    world.accepts(BLUE_CLIENT, RED_WEB);
    world.drops(RED_CLIENT, RED_WEB);
    world.drops(OUTSIDE, RED_WEB);
    world.accepts("198.51.100.128", RED_WEB);
  }

  @Test
  void anExceptionOfOneBlockIsNoneOfAnother() {
    world.with(
        ingress(WEB, peers(block("0.0.0.0/0", "198.51.100.0/24"), block("198.51.100.7/32"))));

    world.accepts(OUTSIDE, RED_WEB);
    world.drops("198.51.100.8", RED_WEB);
  }

  @Test
  void hostBitsOfABlockMeanNothingAndWhatCannotBeReadIsNobody() {
    World host = new World().with(ingress(WEB, peers(block("198.51.100.9/24"))));
    World broken =
        new World()
            .with(
                ingress(
                    WEB, peers(block("198.051.100.0/24")), peers(block("0.0.0.0/0", "10.0.0/8"))));

    host.accepts(OUTSIDE, RED_WEB);
    broken.drops(OUTSIDE, RED_WEB);
  }

  @Test
  void familiesHaveTheirOwnBlocks() {
    world.with(ingress(WEB, peers(block("0.0.0.0/0"))));

    world.accepts(RED_CLIENT, RED_WEB);
    world.drops(RED_CLIENT_V6, RED_WEB_V6);
  }

  @Test
  void aSelectedPeerIsMeantByEachOfItsAddresses() {
    world.with(ingress(WEB, peers(pods(CLIENT))));

    world.accepts(RED_CLIENT_V6, RED_WEB_V6);
    world.accepts(RED_CLIENT, RED_WEB);
    world.drops("fd00:244:2::20", RED_WEB_V6);
  }

  @Test
  void endPortIsInclusive() {
    world.with(ingress(WEB, ports(new PortMatch.Range(Protocol.TCP, 80, 90))));

    world.accepts(OUTSIDE, RED_WEB, Protocol.TCP, 80);
    world.accepts(OUTSIDE, RED_WEB, Protocol.TCP, 90);
    world.drops(OUTSIDE, RED_WEB, Protocol.TCP, 79);
    world.drops(OUTSIDE, RED_WEB, Protocol.TCP, 91);
    world.drops(OUTSIDE, RED_WEB, Protocol.UDP, 85);
  }

  @Test
  void aProtocolWithoutPortIsAllItsPortsAndNoOtherProtocol() {
    world.with(ingress(WEB, ports(PortMatch.all(Protocol.TCP))));

    world.accepts(OUTSIDE, RED_WEB, Protocol.TCP, 65535);
    world.drops(OUTSIDE, RED_WEB, Protocol.SCTP, 80);
    world.drops(OUTSIDE, RED_WEB, Protocol.UDP, 80);
    assertThat(world.accepted(ping())).isFalse();
  }

  @Test
  void sctpIsNotTakenForTcp() {
    world.with(ingress(WEB, ports(PortMatch.one(Protocol.SCTP, 80))));

    world.accepts(OUTSIDE, RED_WEB, Protocol.SCTP, 80);
    world.drops(OUTSIDE, RED_WEB, Protocol.TCP, 80);
  }

  @Test
  void aRuleWithoutPortsIsForPingToo() {
    assertThat(new World().with(ingress(WEB, peers())).accepted(ping())).isTrue();
    assertThat(new World().with(ingress(WEB)).accepted(ping())).isFalse();
  }

  @Test
  void aNamedPortIsWhatTheSelectedPodCallsSo() {
    String second = "10.244.2.12";
    world
        .with(pod("red-web-2", "red", "web", 2, List.of(http(81)), second))
        .with(ingress(WEB, ports(named("http"))));

    world.accepts(OUTSIDE, RED_WEB, Protocol.TCP, 8080);
    world.drops(OUTSIDE, RED_WEB, Protocol.TCP, 81);
    world.accepts(OUTSIDE, second, Protocol.TCP, 81);
    world.drops(OUTSIDE, second, Protocol.TCP, 8080);
    world.drops(OUTSIDE, RED_WEB, Protocol.UDP, 8080);
  }

  @Test
  void aNamedPortInEgressIsWhatEachPeerCallsSo() {
    world.with(
        egress(
            CLIENT,
            new NetworkPolicy.Rule(List.of(named("http")), List.of(pods(EVERYTHING, WEB)))));

    world.accepts(RED_CLIENT, RED_WEB, Protocol.TCP, 8080);
    world.drops(RED_CLIENT, RED_WEB, Protocol.TCP, 80);
    world.accepts(RED_CLIENT, BLUE_WEB, Protocol.TCP, 80);
    world.drops(RED_CLIENT, BLUE_WEB, Protocol.TCP, 8080);
  }

  @Test
  void aNamedPortInEgressToAnybodyOrABlockMeansPodsThatHaveIt() {
    World anybody = new World().with(egress(CLIENT, ports(named("http"))));
    World blocks =
        new World()
            .with(
                egress(
                    CLIENT,
                    new NetworkPolicy.Rule(
                        List.of(named("http")), List.of(block("10.244.1.0/24")))));

    anybody.accepts(RED_CLIENT, BLUE_WEB, Protocol.TCP, 80);
    anybody.drops(RED_CLIENT, OUTSIDE, Protocol.TCP, 80);
    blocks.accepts(RED_CLIENT, RED_WEB, Protocol.TCP, 8080);
    blocks.drops(RED_CLIENT, BLUE_WEB, Protocol.TCP, 80);
  }

  @Test
  void aNameThatNobodyHasMatchesNothing() {
    world.with(ingress(WEB, ports(named("grpc"))), egress(CLIENT, ports(named("grpc"))));

    world.drops(OUTSIDE, RED_WEB, Protocol.TCP, 8080);
    world.drops(RED_CLIENT, BLUE_WEB, Protocol.TCP, 80);
  }

  @Test
  void aPodReachesItself() {
    world.with(
        policy(EVERYTHING, Set.of(Direction.INGRESS, Direction.EGRESS), List.of(), List.of()));

    world.accepts(RED_WEB, RED_WEB);
    world.accepts(RED_WEB_V6, RED_WEB_V6);
    world.drops(RED_WEB, RED_CLIENT);
  }

  @Test
  void aPodsOwnNodeAlwaysReachesItAndAnotherNodeDoesNot() {
    world.with(ingress(WEB));

    world.accepts(NODE_1, RED_WEB);
    world.accepts(TUNNEL_1, RED_WEB);
    world.drops(NODE_2, RED_WEB);
    world.drops(TUNNEL_2, RED_WEB);
  }

  @Test
  void aBlockOfNodesMeansThemWhateverTheySendFrom() {
    world.with(ingress(WEB, peers(block("192.0.2.0/24"))));

    world.accepts(NODE_2, RED_WEB);
    world.accepts(TUNNEL_2, RED_WEB);
    world.drops(RED_CLIENT, RED_WEB);
  }

  @Test
  void nodesThatABlockExcludesAreExcludedWhateverTheySendFrom() {
    world.with(ingress(WEB, peers(block("0.0.0.0/0", "192.0.2.0/24"))));

    world.drops(NODE_2, RED_WEB);
    world.drops(TUNNEL_2, RED_WEB);
    world.accepts(RED_CLIENT, RED_WEB);
  }

  @Test
  void podsOfTheHostsNetworkAreNodes() {
    world
        .with(ofHostNetwork(pod("agent", "red", "client", 2, List.of(), NODE_2)))
        .with(ingress(WEB, peers(pods(CLIENT))), ingress(CLIENT));

    // neither a peer by its labels, nor a subject
    world.drops(NODE_2, RED_WEB);
    world.accepts(OUTSIDE, NODE_2);
  }

  @Test
  void thePodThatEndedNoLongerHasItsAddress() {
    // Given the address of a client that ended is another pod's now
    world
        .with(ended(pod("job", "red", "client", 2, List.of(), "10.244.2.30")))
        .with(pod("new", "blue", "other", 2, List.of(), "10.244.2.30"))
        .with(ingress(WEB, peers(pods(CLIENT))), egress(CLIENT));

    world.drops("10.244.2.30", RED_WEB);
    world.accepts("10.244.2.30", BLUE_WEB);
  }

  private static Flow ping() {
    return Flow.withoutPorts(IpAddress.parse(OUTSIDE), IpAddress.parse(RED_WEB));
  }
}
