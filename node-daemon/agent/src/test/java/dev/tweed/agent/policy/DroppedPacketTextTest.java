package dev.tweed.agent.policy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.enforce.gate.LocalPod;
import dev.tweed.enforce.table.CompiledPolicies;
import dev.tweed.enforce.table.PolicyTableCompiler;
import dev.tweed.ip.IpAddress;
import dev.tweed.ip.IpPrefix;
import dev.tweed.netlink.LoggedPacket;
import dev.tweed.policy.AddressSpace;
import dev.tweed.policy.Direction;
import dev.tweed.policy.NodeState;
import dev.tweed.policy.PodEntry;
import dev.tweed.policy.PolicyNames;
import dev.tweed.policy.PolicyRef;
import dev.tweed.policy.Program;
import dev.tweed.policy.Tier;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import org.junit.jupiter.api.Test;

class DroppedPacketTextTest {

  private static final IpAddress WEB = IpAddress.parse("10.244.1.2");
  private static final LocalPod POD =
      new LocalPod("u", "shop", "web-0", Set.of(WEB), 7, Optional.empty());
  private static final String PROGRAM = PolicyNames.program("policy");

  @Test
  void aLineNamesEndsPodAndPolicies() {
    EnforcedPolicies enforced = enforced();
    String chain =
        enforced.compiled().drops().entrySet().stream()
            .filter(d -> d.getValue().cause() == CompiledPolicies.Cause.ISOLATED)
            .map(Map.Entry::getKey)
            .findFirst()
            .orElseThrow();

    assertThat(text("tweed-policy " + chain, enforced))
        .contains(
            "network policies: dropped TCP from 192.0.2.9:4242 to 10.244.1.2:80, in by eth0,"
                + " 10.244.1.2 is shop/web-0; isolated, NetworkPolicy of UID policy");
  }

  @Test
  void whatSomebodyElseLogsIsNone() {
    assertThat(text("tweed deny api/ssh", enforced())).isEmpty();
    assertThat(text("tweed-policy of-before", enforced())).isEmpty();
  }

  private static Optional<String> text(String prefix, EnforcedPolicies enforced) {
    return DroppedPacketText.of(
        new LoggedPacket(
            prefix,
            2,
            3,
            0,
            Optional.of(
                new LoggedPacket.Header(
                    IpAddress.parse("192.0.2.9"),
                    WEB,
                    6,
                    OptionalInt.of(4242),
                    OptionalInt.of(80)))),
        index -> Optional.of("eth0"),
        Optional.of(enforced),
        List.of(POD));
  }

  private static EnforcedPolicies enforced() {
    NodeState state =
        new NodeState(
            List.of(IpPrefix.parse("10.244.1.0/24")),
            Set.of(),
            new AddressSpace(List.of(IpPrefix.parse("10.244.0.0/16")), Map.of()),
            List.of(new PodEntry("u", Set.of(WEB), Set.of(PROGRAM), List.of())),
            Map.of(
                PROGRAM,
                new Program(
                    PROGRAM,
                    new PolicyRef(PolicyRef.Kind.NETWORK_POLICY, "policy", 7),
                    Tier.NETWORK_POLICY,
                    0,
                    Set.of(Direction.INGRESS),
                    List.of(),
                    List.of())),
            Map.of());
    return new EnforcedPolicies(
        Optional.empty(),
        state,
        new PolicyTableCompiler(false).compile(state),
        Map.of(),
        0,
        Optional.empty(),
        Optional.empty());
  }
}
