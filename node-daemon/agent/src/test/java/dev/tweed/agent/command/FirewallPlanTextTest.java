package dev.tweed.agent.command;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.agent.firewall.FirewallPlan;
import dev.tweed.firewall.HostFirewall;
import dev.tweed.firewall.backend.BackendChoice;
import dev.tweed.firewall.backend.BackendKind;
import dev.tweed.firewall.backend.BackendOutcome;
import dev.tweed.firewall.rules.FilterRow;
import dev.tweed.firewall.rules.PlannedRules;
import dev.tweed.firewall.rules.PolicyProblem;
import dev.tweed.firewall.rules.PolicyReason;
import dev.tweed.firewall.rules.PolicyVerdict;
import dev.tweed.firewall.ruleset.Ruleset;
import dev.tweed.netlink.testing.Golden;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class FirewallPlanTextTest {

  private static final List<FilterRow> ROWS =
      List.of(FirewallRows.SSH, FirewallRows.API, FirewallRows.TUNNEL);
  private static final BackendChoice UFW =
      new BackendChoice(
          Set.of(BackendKind.UFW), Set.of(), Optional.empty(), Map.of(), "ufw is active");

  private static FirewallPlan plan(BackendChoice choice, PolicyVerdict... verdicts) {
    return plan(ROWS, choice, verdicts);
  }

  private static FirewallPlan plan(
      List<FilterRow> rows, BackendChoice choice, PolicyVerdict... verdicts) {
    return new FirewallPlan(
        new HostFirewall(
            HostFirewall.Manager.UFW, HostFirewall.State.ACTIVE, "as found", Ruleset.empty()),
        choice,
        new PlannedRules(rows, List.of(), List.of(verdicts), Map.of()),
        Optional.empty(),
        choice.standby().isPresent() ? rows : List.of());
  }

  private static BackendOutcome applied(boolean changed) {
    return new BackendOutcome.Applied(changed, true, List.of());
  }

  private static Map<BackendKind, BackendOutcome> outcomes(BackendOutcome ufw) {
    return Map.of(BackendKind.UFW, ufw);
  }

  @Test
  void whatComesAndGoesAndIsRefused() {
    BackendOutcome ufw =
        new BackendOutcome.Applied(
            true,
            true,
            List.of(
                new BackendOutcome.Displaced(FirewallRows.SSH, "22/tcp ALLOW IN Anywhere", false)));

    FirewallPlanText text =
        FirewallPlanText.of(
            "n1",
            plan(List.of(FirewallRows.SSH, FirewallRows.NODE_PORT, FirewallRows.TUNNEL), UFW),
            plan(
                UFW,
                new PolicyVerdict("api", "uid-api", 2, true, Optional.empty()),
                new PolicyVerdict(
                    "db",
                    "uid-db",
                    1,
                    false,
                    Optional.of(
                        new PolicyProblem(
                            PolicyReason.WouldLockOut,
                            "rule all, action: it would cut SSH (port 22); set allowLockout")))),
            new TreeMap<>(Map.of(BackendKind.UFW, ufw, BackendKind.NFTABLES, applied(true))),
            Optional.of("Beside it, something"),
            List.of("elsewhere"));

    Golden.assertMatches("firewall-plan.txt", text.render());
    assertThat(text.isAllPossible()).isFalse();
  }

  @Test
  void nothingToDo() {
    FirewallPlanText text =
        FirewallPlanText.of(
            "n1", plan(UFW), plan(UFW), outcomes(applied(false)), Optional.empty(), List.of());

    Golden.assertMatches("firewall-plan-nothing.txt", text.render());
    assertThat(text.isAllPossible()).isTrue();
  }

  @Test
  void whatSomebodyChangedIsTold() {
    FirewallPlanText text =
        FirewallPlanText.of(
            "n1", plan(UFW), plan(UFW), outcomes(applied(true)), Optional.empty(), List.of());

    assertThat(text.render()).contains("Somebody changed them in ufw; that is put right.");
  }

  @Test
  void rulesComeIntoEachFirewallThatWouldDrop() {
    BackendChoice both =
        new BackendChoice(
            Set.of(BackendKind.IPTABLES, BackendKind.FIREWALLD),
            Set.of(),
            Optional.empty(),
            Map.of(),
            "both drop");

    FirewallPlanText text =
        FirewallPlanText.of(
            "n1",
            plan(List.of(), both),
            plan(both),
            Map.of(
                BackendKind.FIREWALLD,
                applied(true),
                BackendKind.IPTABLES,
                new BackendOutcome.Refused("Locked", "held", "wait")),
            Optional.empty(),
            List.of());

    assertThat(text.render())
        .startsWith("Node n1: rules go into firewalld, iptables: both drop")
        .contains("? allow in", "What is in iptables cannot be told: held; wait");
    assertThat(text.isAllPossible()).isFalse();
  }

  @Test
  void standbyIsShownToo() {
    BackendChoice choice =
        new BackendChoice(
            Set.of(BackendKind.NFTABLES),
            Set.of(),
            Optional.of(BackendKind.UFW),
            Map.of(),
            "ufw is switched off");

    FirewallPlanText text =
        FirewallPlanText.of(
            "n1",
            plan(choice),
            plan(choice),
            Map.of(BackendKind.NFTABLES, applied(false), BackendKind.UFW, applied(true)),
            Optional.empty(),
            List.of());

    assertThat(text.render()).contains("3 rules kept ready in ufw, which is switched off.");
    assertThat(text.isAllPossible()).isTrue();
  }

  @Test
  void unreadableFirewallLeavesTheRowsInDoubt() {
    FirewallPlanText text =
        FirewallPlanText.of(
            "n1",
            plan(List.of(), UFW),
            plan(UFW),
            outcomes(
                new BackendOutcome.Refused(
                    "FileNotUnderstood", "user.rules: line 7 is no rule", "correct it")),
            Optional.empty(),
            List.of());

    assertThat(text.render())
        .contains("? allow in proto udp")
        .contains("What is in ufw cannot be told: user.rules: line 7 is no rule; correct it");
    assertThat(text.isAllPossible()).isFalse();
  }

  @Test
  void nowhereToPutThem() {
    BackendChoice choice =
        new BackendChoice(
            Set.of(),
            Set.of(),
            Optional.empty(),
            Map.of(),
            "ufw is active and the daemon has no access to it");

    FirewallPlanText text =
        FirewallPlanText.of(
            "n1", plan(List.of(), choice), plan(choice), Map.of(), Optional.empty(), List.of());

    assertThat(text.render())
        .startsWith("Node n1: rules go into no firewall: ufw is active and the daemon has no");
    assertThat(text.isAllPossible()).isFalse();
  }
}
