package dev.tweed.agent.policy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tweed.enforce.gate.LocalPod;
import dev.tweed.ip.IpAddress;
import dev.tweed.ip.IpPrefix;
import dev.tweed.policy.Action;
import dev.tweed.policy.AddressSpace;
import dev.tweed.policy.Direction;
import dev.tweed.policy.Flow;
import dev.tweed.policy.IpBlock;
import dev.tweed.policy.NodeState;
import dev.tweed.policy.Peers;
import dev.tweed.policy.PodEntry;
import dev.tweed.policy.PolicyRef;
import dev.tweed.policy.PortMatch;
import dev.tweed.policy.Program;
import dev.tweed.policy.Protocol;
import dev.tweed.policy.Rule;
import dev.tweed.policy.Tier;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

class WhyTextTest {

  private static final IpAddress WEB = IpAddress.parse("10.244.1.2");
  private static final LocalPod POD =
      new LocalPod("u", "shop", "web-0", Set.of(WEB), 7, Optional.empty());
  private static final Program PROGRAM =
      new Program(
          "p-0",
          new PolicyRef(PolicyRef.Kind.NETWORK_POLICY, "1234", 1),
          Tier.NETWORK_POLICY,
          0,
          Set.of(Direction.INGRESS),
          List.of(
              Rule.of(
                  2,
                  Action.ACCEPT,
                  Peers.blocks(IpBlock.of("192.0.2.0/24")),
                  PortMatch.one(Protocol.TCP, 80))),
          List.of());
  private static final NodeState STATE =
      new NodeState(
          List.of(IpPrefix.parse("10.244.1.0/24")),
          Set.of(IpAddress.parse("10.244.1.1")),
          new AddressSpace(List.of(IpPrefix.parse("10.244.0.0/16")), Map.of()),
          List.of(new PodEntry("u", Set.of(WEB), Set.of("p-0"), List.of())),
          Map.of("p-0", PROGRAM),
          Map.of());

  @Test
  void aRuleThatAllowsIsNamed() {
    WhyText why = why("192.0.2.7", "shop/web-0:80");

    assertThat(why.accepted()).isTrue();
    assertThat(why.text())
        .isEqualTo(
            """
            192.0.2.7 -> 10.244.1.2 (shop/web-0), TCP port 80
            egress:  not of a pod of this node
            ingress: allowed: NetworkPolicy of UID 1234, tier NetworkPolicy, rule 2
            allowed on this node
            """);
  }

  @Test
  void whoIsolatesIsNamedWhereNothingAllows() {
    WhyText why = why("192.0.2.7", "10.244.1.2:81");

    assertThat(why.accepted()).isFalse();
    assertThat(why.text())
        .contains("ingress: dropped: NetworkPolicies isolate the pod")
        .contains("p-0; packets dropped so, of all pods alike: ")
        .endsWith("dropped on this node\n");
  }

  @Test
  void unknownEndsAreToldAndItsOwnNodeIsAllowed() {
    assertThat(why("10.244.1.9", "10.244.1.2:80").text())
        .contains("egress:  dropped: no pod of this address is known yet");
    assertThat(why("10.244.1.1", "10.244.1.2:80").text()).contains("a pod and its own node");
    assertThatThrownBy(() -> why("shop/other", "10.244.1.2:80")).hasMessageContaining("shop/other");
    assertThatThrownBy(() -> why("10.244.1.2", "10.244.1.2:http"))
        .hasMessageContaining("10.244.1.2:http");
    assertThat(WhyText.Target.parse("[fd00::1]:53"))
        .isEqualTo(new WhyText.Target("fd00::1", Optional.of(53)));
  }

  private static WhyText why(String from, String to) {
    WhyText.Target target = WhyText.Target.parse(to);
    return WhyText.of(
        from,
        target,
        (source, destination) ->
            Flow.of(source, destination, Protocol.TCP, target.port().orElseThrow()),
        STATE,
        List.of(POD),
        Optional.of(Map.of()));
  }
}
