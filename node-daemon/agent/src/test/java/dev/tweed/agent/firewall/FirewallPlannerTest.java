package dev.tweed.agent.firewall;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.firewall.rules.Action;
import dev.tweed.firewall.rules.Direction;
import dev.tweed.firewall.rules.FilterRow;
import dev.tweed.firewall.rules.FirewallRule;
import dev.tweed.firewall.rules.Origin;
import dev.tweed.firewall.rules.PortRange;
import dev.tweed.firewall.rules.ProtectedService;
import dev.tweed.firewall.rules.Protocol;
import dev.tweed.firewall.rules.RuleGroup;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** What stays in force of a policy that is refused. */
class FirewallPlannerTest {

  private static final ProtectedService KUBELET =
      new ProtectedService("kubelet", Direction.IN, Protocol.TCP, 10250, List.of());

  @Test
  void rulesThatWereGoodStayWhenTheNextWouldLockOut() {
    GoodPolicy good = new GoodPolicy(1, false, denying("web", 80));
    MappedPolicy next =
        new MappedPolicy("p", "uid-p", 2, false, Optional.of(denying("kubelet", 10250)), List.of());

    PlannedRules planned = plan(next, Map.of("p", good));

    assertThat(planned.rows()).extracting(FilterRow::rule).containsOnly("web");
  }

  @Test
  void rulesThatWouldLockOutByNowDoNotStay() {
    GoodPolicy before = new GoodPolicy(1, false, denying("kubelet", 10250));
    MappedPolicy same =
        new MappedPolicy("p", "uid-p", 1, false, Optional.of(denying("kubelet", 10250)), List.of());

    assertThat(plan(same, Map.of("p", before)).rows()).isEmpty();
  }

  private static PlannedRules plan(MappedPolicy policy, Map<String, GoodPolicy> before) {
    return FirewallPlanner.plan(
        List.of(policy), Optional.empty(), List.of(KUBELET), row -> Optional.empty(), before);
  }

  private static RuleGroup denying(String name, int port) {
    return new RuleGroup(
        new Origin(Origin.Kind.POLICY, "p"),
        100,
        List.of(
            FirewallRule.allow(name, Direction.IN)
                .withAction(Action.DENY)
                .withPorts(Protocol.TCP, PortRange.of(port))));
  }
}
