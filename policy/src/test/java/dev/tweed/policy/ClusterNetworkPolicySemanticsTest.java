package dev.tweed.policy;

import static dev.tweed.policy.World.BLUE;
import static dev.tweed.policy.World.BLUE_CLIENT;
import static dev.tweed.policy.World.BLUE_WEB;
import static dev.tweed.policy.World.CLIENT;
import static dev.tweed.policy.World.EVERYTHING;
import static dev.tweed.policy.World.NODE_1;
import static dev.tweed.policy.World.NODE_2;
import static dev.tweed.policy.World.OUTSIDE;
import static dev.tweed.policy.World.RED;
import static dev.tweed.policy.World.RED_CLIENT;
import static dev.tweed.policy.World.RED_WEB;
import static dev.tweed.policy.World.TUNNEL_2;
import static dev.tweed.policy.World.WEB;
import static dev.tweed.policy.World.admin;
import static dev.tweed.policy.World.adminEgress;
import static dev.tweed.policy.World.all;
import static dev.tweed.policy.World.baseline;
import static dev.tweed.policy.World.ingress;
import static dev.tweed.policy.World.networks;
import static dev.tweed.policy.World.of;
import static dev.tweed.policy.World.ofHostNetwork;
import static dev.tweed.policy.World.peers;
import static dev.tweed.policy.World.pod;
import static dev.tweed.policy.World.pods;
import static dev.tweed.policy.World.rule;
import static dev.tweed.policy.World.tcp;

import dev.tweed.policy.source.ClusterNetworkPolicy;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Each clause of the reference of {@code policy.networking.k8s.io/v1beta1}. */
class ClusterNetworkPolicySemanticsTest {

  private final World world = new World();

  @Test
  void aPolicyWithoutRulesDoesNothing() {
    world.with(admin(0, EVERYTHING));

    world.accepts(RED_CLIENT, RED_WEB);
  }

  @Test
  void whatNoRuleMatchesIsNotDenied() {
    world.with(admin(0, RED, rule(Action.ACCEPT, of(RED, CLIENT))));

    world.accepts(BLUE_CLIENT, RED_WEB);
  }

  @Test
  void theFirstRuleThatMatchesDecides() {
    world.with(admin(0, RED, rule(Action.ACCEPT, of(BLUE, CLIENT)), rule(Action.DENY, all())));

    world.accepts(BLUE_CLIENT, RED_WEB);
    world.drops(BLUE_WEB, RED_WEB);
  }

  @Test
  void theSmallerPriorityIsAskedFirst() {
    world.with(
        admin(10, RED, rule(Action.ACCEPT, all())),
        admin(5, RED, rule(Action.DENY, of(BLUE, WEB))));

    world.drops(BLUE_WEB, RED_WEB);
    world.accepts(BLUE_CLIENT, RED_WEB);
  }

  @Test
  void theAdminTierOverridesNetworkPolicies() {
    World accepting =
        new World().with(ingress(WEB)).with(admin(0, RED, rule(Action.ACCEPT, all())));
    World denying =
        new World().with(ingress(WEB, peers())).with(admin(0, RED, rule(Action.DENY, all())));

    accepting.accepts(BLUE_CLIENT, RED_WEB);
    denying.drops(BLUE_CLIENT, RED_WEB);
  }

  @Test
  void passGoesOnWithTheNextTierAndSkipsTheRestOfItsOwn() {
    ClusterNetworkPolicy.Rule pass = rule(Action.PASS, of(BLUE, CLIENT));
    World open =
        new World()
            .with(
                admin(0, RED, pass, rule(Action.DENY, all())),
                admin(1, RED, rule(Action.DENY, all())));
    World closedByNetworkPolicy =
        new World().with(admin(0, RED, pass)).with(ingress(WEB, peers(pods(CLIENT))));
    World closedByBaseline =
        new World().with(admin(0, RED, pass), baseline(0, RED, rule(Action.DENY, all())));

    open.accepts(BLUE_CLIENT, RED_WEB);
    open.drops(BLUE_WEB, RED_WEB);
    closedByNetworkPolicy.drops(BLUE_CLIENT, RED_WEB);
    closedByNetworkPolicy.accepts(RED_CLIENT, RED_WEB);
    closedByBaseline.drops(BLUE_CLIENT, RED_WEB);
  }

  @Test
  void passInTheBaselineTierLetsThrough() {
    world.with(baseline(0, RED, rule(Action.PASS, of(BLUE, CLIENT)), rule(Action.DENY, all())));

    world.accepts(BLUE_CLIENT, RED_WEB);
    world.drops(BLUE_WEB, RED_WEB);
  }

  @Test
  void theBaselineIsForPodsThatNoNetworkPolicyIsolates() {
    world
        .with(ingress(WEB, peers(pods(BLUE, CLIENT))))
        .with(baseline(0, RED, rule(Action.DENY, all())));

    world.accepts(BLUE_CLIENT, RED_WEB);
    world.drops(BLUE_CLIENT, RED_CLIENT);
  }

  @Test
  void aNetworkPolicyForOneDirectionLeavesTheOtherToTheBaseline() {
    world
        .with(ingress(WEB, peers()))
        .with(
            World.cluster(
                Tier.BASELINE,
                0,
                RED,
                List.of(),
                List.of(rule(Action.DENY, networks("0.0.0.0/0")))));

    world.accepts(OUTSIDE, RED_WEB);
    world.drops(RED_WEB, OUTSIDE);
  }

  @Test
  void theOtherEndHasItsOwnSay() {
    // Accept in egress is not Accept at the destination
    world
        .with(adminEgress(0, RED, rule(Action.ACCEPT, all())))
        .with(admin(0, BLUE, rule(Action.DENY, all())));

    world.drops(RED_CLIENT, BLUE_WEB);
    world.accepts(RED_CLIENT, RED_WEB);
  }

  @Test
  void aSubjectIsChosenByNamespaceAndPod() {
    world.with(
        new ClusterNetworkPolicy(
            "uid",
            1,
            Tier.ADMIN,
            0,
            Optional.of(of(RED, WEB)),
            List.of(rule(Action.DENY, all())),
            List.of()));

    world.drops(BLUE_CLIENT, RED_WEB);
    world.accepts(BLUE_CLIENT, RED_CLIENT);
    world.accepts(BLUE_CLIENT, BLUE_WEB);
  }

  @Test
  void protocolsAndPortsNarrowARule() {
    world.with(
        admin(0, RED, rule(Action.DENY, new PortMatch.Range(Protocol.UDP, 5000, 6000), all())));

    world.drops(BLUE_CLIENT, RED_WEB, Protocol.UDP, 5000);
    world.drops(BLUE_CLIENT, RED_WEB, Protocol.UDP, 6000);
    world.accepts(BLUE_CLIENT, RED_WEB, Protocol.UDP, 6001);
    world.accepts(BLUE_CLIENT, RED_WEB, Protocol.TCP, 5000);
  }

  @Test
  void aNamedPortHasTheProtocolOfTheContainersPort() {
    PortMatch http = new PortMatch.Named(Optional.empty(), "http");
    World in = new World().with(admin(0, EVERYTHING, rule(Action.DENY, http, all())));
    World out = new World().with(adminEgress(0, EVERYTHING, rule(Action.DENY, http, all())));

    for (World world : List.of(in, out)) {
      world.drops(RED_CLIENT, RED_WEB, Protocol.TCP, 8080);
      world.accepts(RED_CLIENT, RED_WEB, Protocol.UDP, 8080);
      world.accepts(RED_CLIENT, RED_WEB, Protocol.TCP, 80);
      world.drops(RED_CLIENT, BLUE_WEB, Protocol.TCP, 80);
    }
  }

  @Test
  void networksMeanPodsToo() {
    world.with(
        adminEgress(
            0, RED, rule(Action.PASS, of(RED, WEB)), rule(Action.DENY, networks("0.0.0.0/0"))));

    world.drops(RED_CLIENT, OUTSIDE);
    world.drops(RED_CLIENT, BLUE_WEB);
    world.accepts(RED_CLIENT, RED_WEB);
    world.accepts(World.RED_CLIENT_V6, World.RED_WEB_V6);
  }

  @Test
  void podsOfTheHostsNetworkAreNeitherSubjectNorPeer() {
    world
        .with(ofHostNetwork(pod("agent", "blue", "agent", 2, List.of(), NODE_2)))
        .with(admin(0, EVERYTHING, rule(Action.DENY, all())));

    world.accepts(NODE_2, RED_WEB);
    world.accepts(TUNNEL_2, RED_WEB);
    world.accepts(RED_WEB, NODE_2);
  }

  @Test
  void aPodReachesItselfAndItsOwnNodeReachesIt() {
    world
        .with(admin(0, RED, rule(Action.DENY, all())))
        .with(adminEgress(0, RED, rule(Action.DENY, networks("0.0.0.0/0"))));

    world.accepts(RED_WEB, RED_WEB);
    world.accepts(NODE_1, RED_WEB);
    world.accepts(RED_WEB, NODE_1);
    world.drops(RED_WEB, NODE_2);
  }

  @Test
  void aPeerThatIsNotSupportedFailsClosed() {
    ClusterNetworkPolicy.Peer nodes = new ClusterNetworkPolicy.Unsupported();
    ClusterNetworkPolicy.Rule deny = rule(Action.DENY, networks("0.0.0.0/0"));
    // Accept: nobody by that peer
    World accepting =
        new World().with(adminEgress(0, RED, rule(Action.ACCEPT, nodes, of(RED, WEB)), deny));
    accepting.drops(RED_CLIENT, OUTSIDE);
    accepting.accepts(RED_CLIENT, RED_WEB);
    // Deny and Pass: everything
    for (Action action : List.of(Action.DENY, Action.PASS)) {
      World other = new World().with(adminEgress(0, RED, rule(action, tcp(443), nodes)));
      other.drops(RED_CLIENT, OUTSIDE, Protocol.TCP, 443);
      other.drops(RED_CLIENT, RED_WEB, Protocol.UDP, 53);
    }
  }

  @Test
  void aProtocolThatIsNotSupportedFailsClosed() {
    List<Optional<PortMatch>> some = List.of(Optional.of(tcp(443)), Optional.empty());
    List<Optional<PortMatch>> none = List.of(Optional.empty());
    ClusterNetworkPolicy.Rule denyRest = rule(Action.DENY, networks("0.0.0.0/0"));

    World accepting =
        new World()
            .with(
                adminEgress(
                    0,
                    RED,
                    ClusterNetworkPolicy.Rule.read(Action.ACCEPT, some, List.of(all())),
                    ClusterNetworkPolicy.Rule.read(Action.ACCEPT, none, List.of(all())),
                    denyRest));
    World passing =
        new World()
            .with(
                adminEgress(
                    0, RED, ClusterNetworkPolicy.Rule.read(Action.PASS, some, List.of(all()))));

    accepting.accepts(RED_CLIENT, RED_WEB, Protocol.TCP, 443);
    accepting.drops(RED_CLIENT, RED_WEB, Protocol.TCP, 80);
    passing.drops(RED_CLIENT, OUTSIDE, Protocol.UDP, 53);
  }

  @Test
  void aSubjectThatCannotBeReadIsNobody() {
    world.with(
        new ClusterNetworkPolicy(
            "uid",
            1,
            Tier.ADMIN,
            0,
            Optional.empty(),
            List.of(rule(Action.DENY, all())),
            List.of()));

    world.accepts(BLUE_CLIENT, RED_WEB);
  }
}
