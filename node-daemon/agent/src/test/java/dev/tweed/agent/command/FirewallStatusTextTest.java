package dev.tweed.agent.command;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.agent.finding.NodeFinding;
import dev.tweed.agent.firewall.FirewallPlan;
import dev.tweed.agent.status.FirewallStatus;
import dev.tweed.crds.NodeReportStatus.Firewall;
import dev.tweed.crds.NodeReportStatus.PolicyState;
import dev.tweed.firewall.HostFirewall;
import dev.tweed.firewall.backend.BackendChoice;
import dev.tweed.firewall.backend.BackendKind;
import dev.tweed.firewall.backend.BackendOutcome;
import dev.tweed.firewall.nft.GuardRules;
import dev.tweed.firewall.nft.RuleCount;
import dev.tweed.firewall.rules.Action;
import dev.tweed.firewall.rules.FilterRow;
import dev.tweed.firewall.rules.PlannedRules;
import dev.tweed.firewall.ruleset.Ruleset;
import dev.tweed.netlink.testing.Golden;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

class FirewallStatusTextTest {

  private static final List<FilterRow> ROWS =
      List.of(FirewallRows.SSH, FirewallRows.API, FirewallRows.TUNNEL);
  private static final BackendChoice UFW =
      new BackendChoice(
          Set.of(BackendKind.UFW), Set.of(), Optional.empty(), Map.of(), "ufw is active");
  private static final BackendOutcome IN_FORCE = new BackendOutcome.Applied(false, true, List.of());

  private static FirewallPlan plan(BackendChoice choice, List<FilterRow> rows) {
    return new FirewallPlan(
        new HostFirewall(
            HostFirewall.Manager.UFW, HostFirewall.State.ACTIVE, "as found", Ruleset.empty()),
        choice,
        new PlannedRules(rows, List.of(), List.of(), Map.of()),
        Optional.empty(),
        choice.standby().isPresent() ? rows : List.of());
  }

  private static FirewallStatus told(List<PolicyState> policies, NodeFinding... findings) {
    return new FirewallStatus(
        new Firewall(
            "ufw", "Active", "its rules are in the kernel", "ufw", "ufw is active", 3, null),
        policies,
        List.of(findings));
  }

  private static FirewallStatusText text(BackendOutcome found, FirewallStatus told) {
    return text(found, GuardRules.none(), BackendOutcome.applied(false), told);
  }

  private static FirewallStatusText text(
      BackendOutcome found, GuardRules guard, BackendOutcome guarded, FirewallStatus told) {
    return text(found, guard, guarded, told, List.of());
  }

  private static FirewallStatusText text(
      BackendOutcome found,
      GuardRules guard,
      BackendOutcome guarded,
      FirewallStatus told,
      List<RuleCount> counts) {
    return FirewallStatusText.of(
        plan(UFW, ROWS),
        Optional.of(found),
        Optional.empty(),
        guard,
        Optional.of(guarded),
        Optional.of(told),
        counts);
  }

  @Test
  void allInForce() {
    FirewallStatusText text =
        text(IN_FORCE, told(List.of(new PolicyState("api", "uid-api", 1L, true, null, null))));

    Golden.assertMatches("firewall-status-good.txt", text.render());
    assertThat(text.isAllInForce()).isTrue();
  }

  @Test
  void packetsOfRulesThatAreCounted() {
    FirewallStatusText text =
        text(
            IN_FORCE,
            GuardRules.none(),
            BackendOutcome.applied(false),
            told(List.of()),
            List.of(
                new RuleCount("admin", "ssh", Action.ALLOW, false, 3),
                // In both tables of ours.
                new RuleCount("api", "from-pods", Action.ALLOW, false, 1_000),
                new RuleCount("api", "from-pods", Action.ALLOW, false, 1)));

    assertThat(text.render())
        .contains(
            """
            RULE                                                    OF                              PACKETS
            allow in proto tcp from 198.51.100.7 to any port 22     policy/admin/ssh                3
            allow in proto tcp from 10.244.0.0/16 to any port 6443  policy/api/from-pods            1001
            allow in proto udp from any to any port 8472            network/default/tunnel-port-in
            """);
  }

  @Test
  void rulesThatAreOnlyTriedHaveATableOfTheirOwn() {
    GuardRules tried =
        new GuardRules(
            ROWS,
            List.of(FirewallRows.SSH, FirewallRows.NODE_PORT),
            Set.of(),
            Set.of(FirewallRows.NODE_PORT.origin()));

    FirewallStatusText text =
        text(
            IN_FORCE,
            tried,
            BackendOutcome.applied(false),
            told(List.of()),
            List.of(new RuleCount("closed", "ports", Action.DENY, true, 7)));

    assertThat(text.render())
        .contains(
            """
            Only tried (mode Audit); packets are those that they would decide about:

            RULE                                          OF                   PACKETS
            deny in proto tcp from any to any port 30080  policy/closed/ports  7
            """)
        .contains("table tweed-guard: 1 rule only tried: in force");
    assertThat(text.isAllInForce()).isTrue();
  }

  @Test
  void everythingThatCanBeWrong() {
    FirewallStatusText text =
        text(
            new BackendOutcome.Applied(
                true,
                true,
                List.of(
                    new BackendOutcome.Displaced(
                        FirewallRows.SSH, "22/tcp ALLOW IN 198.51.100.7", false))),
            told(
                List.of(
                    new PolicyState(
                        "admin", "uid-admin", 1L, true, "DisplacedByHand", "decides alike"),
                    new PolicyState(
                        "db", "uid-db", 4L, false, "WouldLockOut", "rule all: it would cut SSH")),
                new NodeFinding(
                    "HostFirewallBlocks", false, "ufw", "a rule somebody typed blocks it", ""),
                new NodeFinding("FirewallPolicyFailed", false, "FirewallPolicy/db", "x", "")));

    Golden.assertMatches("firewall-status-wrong.txt", text.render());
    assertThat(text.isAllInForce()).isFalse();
  }

  private static FirewallStatusText standby(BackendOutcome ready) {
    return FirewallStatusText.of(
        plan(
            new BackendChoice(
                Set.of(BackendKind.NFTABLES),
                Set.of(),
                Optional.of(BackendKind.UFW),
                Map.of(),
                "ufw is switched off"),
            List.of(FirewallRows.API, FirewallRows.TUNNEL)),
        Optional.of(IN_FORCE),
        Optional.of(ready),
        GuardRules.none(),
        Optional.empty(),
        Optional.empty(),
        List.of());
  }

  @Test
  void standbyIsKeptReady() {
    FirewallStatusText text = standby(new BackendOutcome.Applied(false, false, List.of()));

    Golden.assertMatches("firewall-status-standby.txt", text.render());
    assertThat(text.isAllInForce()).isTrue();
  }

  @Test
  void standbyThatIsNotReadyIsTold() {
    FirewallStatusText text = standby(new BackendOutcome.Applied(true, false, List.of()));

    assertThat(text.render()).contains("switched off: NOT as they should be");
    assertThat(text.isAllInForce()).isFalse();
  }

  @Test
  void writtenInAFirewallThatIsOffIsNotInForce() {
    FirewallStatusText text =
        text(new BackendOutcome.Applied(false, false, List.of()), told(List.of()));

    assertThat(text.isAllInForce()).isFalse();
    assertThat(text.render()).contains("3 rules, NOT in force: the firewall is switched off");
  }

  @Test
  void ruleOfAPersonInPlaceOfOursIsNoFailure() {
    FirewallStatusText text =
        text(
            new BackendOutcome.Applied(
                false,
                true,
                List.of(
                    new BackendOutcome.Displaced(
                        FirewallRows.SSH, "22/tcp ALLOW IN 198.51.100.7", false))),
            told(List.of()));

    assertThat(text.isAllInForce()).isTrue();
    assertThat(text.render())
        .contains("somebody's own rule is in its place: 22/tcp ALLOW IN 198.51.100.7")
        .contains("3 rules, 2 in force, 1 with a person's rule in its place");
  }

  @Test
  void unreadableFirewallSaysWhatToDo() {
    FirewallStatusText text =
        text(
            new BackendOutcome.Refused(
                "FileNotUnderstood", "user.rules: line 7 is no rule", "correct it"),
            told(List.of()));

    assertThat(text.isAllInForce()).isFalse();
    assertThat(text.render()).contains("cannot be told: user.rules: line 7 is no rule; correct it");
  }

  private static FirewallStatusText nowhere(List<FilterRow> rows) {
    return FirewallStatusText.of(
        plan(
            new BackendChoice(Set.of(), Set.of(), Optional.empty(), Map.of(), "ufw is active"),
            rows),
        Optional.empty(),
        Optional.empty(),
        GuardRules.none(),
        Optional.empty(),
        Optional.empty(),
        List.of());
  }

  @Test
  void noFirewallThatCouldHoldThem() {
    FirewallStatusText text = nowhere(List.of(FirewallRows.TUNNEL));

    assertThat(text.isAllInForce()).isFalse();
    assertThat(text.render()).contains("None of 1 rule can be in force");
  }

  @Test
  void nothingWantedIsAllInForce() {
    assertThat(nowhere(List.of()).isAllInForce()).isTrue();
  }

  private static GuardRules guard() {
    return new GuardRules(List.of(FirewallRows.NODE_PORT));
  }

  @Test
  void guardIsShownBesideTheFirewall() {
    FirewallStatusText text =
        text(IN_FORCE, guard(), BackendOutcome.applied(false), told(List.of()));

    Golden.assertMatches("firewall-status-guard.txt", text.render());
    assertThat(text.isAllInForce()).isTrue();
  }

  @Test
  void aGuardThatWasChangedIsNotInForce() {
    FirewallStatusText text =
        text(IN_FORCE, guard(), BackendOutcome.applied(true), told(List.of()));

    assertThat(text.render()).contains("NodePorts by 1 rule of these: NOT in force");
    assertThat(text.isAllInForce()).isFalse();
  }

  @Test
  void aGuardThatCannotBeReadIsNotInForce() {
    FirewallStatusText text =
        text(
            IN_FORCE,
            guard(),
            new BackendOutcome.Refused("KernelTooOld", "there is no nft", "install it"),
            told(List.of()));

    assertThat(text.render()).contains("cannot be told: there is no nft; install it");
    assertThat(text.isAllInForce()).isFalse();
  }

  @Test
  void aPolicyThatTheFirewallRefusedHasFailed() {
    FirewallStatusText text =
        text(
            IN_FORCE,
            told(
                List.of(
                    new PolicyState(
                        "db", "uid-db", 4L, false, "Locked", "somebody holds the lock"))));

    assertThat(text.render()).contains("FAILED  policy/db  Locked  somebody holds the lock");
    assertThat(text.isAllInForce()).isFalse();
  }

  @Test
  void noRulesAreSaidInAWord() {
    FirewallStatusText text =
        FirewallStatusText.of(
            plan(UFW, List.of()),
            Optional.of(IN_FORCE),
            Optional.empty(),
            GuardRules.none(),
            Optional.of(BackendOutcome.applied(false)),
            Optional.of(told(List.of())),
            List.of());

    assertThat(text.render()).contains("No rules, in force").doesNotContain("tweed-guard");
    assertThat(text.isAllInForce()).isTrue();
  }
}
