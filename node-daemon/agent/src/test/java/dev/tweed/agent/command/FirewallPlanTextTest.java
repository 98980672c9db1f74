package dev.tweed.agent.command;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.agent.firewall.FirewallPlan;
import dev.tweed.agent.firewall.PlannedRules;
import dev.tweed.agent.firewall.PolicyProblem;
import dev.tweed.agent.firewall.PolicyReason;
import dev.tweed.agent.firewall.PolicyVerdict;
import dev.tweed.firewall.HostFirewall;
import dev.tweed.firewall.backend.BackendChoice;
import dev.tweed.firewall.backend.BackendKind;
import dev.tweed.firewall.backend.BackendListing;
import dev.tweed.firewall.backend.BackendListing.Compared;
import dev.tweed.firewall.backend.BackendListing.Entry;
import dev.tweed.firewall.backend.BackendListing.State;
import dev.tweed.firewall.backend.BackendListing.Unreadable;
import dev.tweed.firewall.nft.GuardListing;
import dev.tweed.firewall.rules.FilterRow;
import dev.tweed.firewall.ruleset.Ruleset;
import dev.tweed.netlink.testing.Golden;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class FirewallPlanTextTest {

  private static final List<FilterRow> ROWS =
      List.of(FirewallRows.SSH, FirewallRows.API, FirewallRows.TUNNEL);
  private static final BackendChoice UFW =
      new BackendChoice(
          Optional.of(BackendKind.UFW), Optional.empty(), "ufw is active", Optional.empty());

  private static FirewallPlan plan(BackendChoice choice, PolicyVerdict... verdicts) {
    return new FirewallPlan(
        new HostFirewall(
            HostFirewall.Manager.UFW, HostFirewall.State.ACTIVE, "as found", Ruleset.empty()),
        choice,
        new PlannedRules(ROWS, List.of(verdicts), Map.of()),
        Optional.empty());
  }

  private static Compared all(State state) {
    return new Compared(
        ROWS.stream().map(row -> new Entry(Optional.of(row), state, "as found")).toList());
  }

  @Test
  void whatComesAndGoesAndIsRefused() {
    BackendListing ufw =
        new Compared(
            List.of(
                new Entry(
                    Optional.of(FirewallRows.SSH), State.DISPLACED, "22/tcp ALLOW IN Anywhere"),
                new Entry(Optional.of(FirewallRows.API), State.MISSING, ""),
                new Entry(Optional.of(FirewallRows.TUNNEL), State.PRESENT, "8472/udp ALLOW IN"),
                new Entry(Optional.empty(), State.EXTRA, "9999/tcp ALLOW IN Anywhere")));
    BackendListing nftables =
        new Compared(List.of(new Entry(Optional.empty(), State.EXTRA, "udp dport 8472 accept")));

    FirewallPlanText text =
        FirewallPlanText.of(
            "n1",
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
            new TreeMap<>(Map.of(BackendKind.UFW, ufw, BackendKind.NFTABLES, nftables)),
            Optional.of(
                new GuardListing.Compared(
                    List.of(new Entry(Optional.of(FirewallRows.NODE_PORT), State.MISSING, "")),
                    List.of(
                        new GuardListing.Tunnel(
                            "deny in proto udp from all but 2 peers to any port 8472",
                            State.PRESENT,
                            "tunnel: 2 peers")))),
            List.of("elsewhere"));

    Golden.assertMatches("firewall-plan.txt", text.render());
    assertThat(text.isAllPossible()).isFalse();
  }

  @Test
  void nothingToDo() {
    FirewallPlanText text =
        FirewallPlanText.of(
            "n1",
            plan(UFW),
            Map.of(BackendKind.UFW, all(State.PRESENT)),
            Optional.empty(),
            List.of());

    Golden.assertMatches("firewall-plan-nothing.txt", text.render());
    assertThat(text.isAllPossible()).isTrue();
  }

  @Test
  void standbyIsShownToo() {
    FirewallPlanText text =
        FirewallPlanText.of(
            "n1",
            plan(
                new BackendChoice(
                    Optional.of(BackendKind.NFTABLES),
                    Optional.empty(),
                    "ufw is switched off",
                    Optional.of(BackendKind.UFW))),
            Map.of(BackendKind.NFTABLES, all(State.PRESENT), BackendKind.UFW, all(State.MISSING)),
            Optional.empty(),
            List.of());

    assertThat(text.render()).contains("Kept ready in ufw, which is switched off:\n+ allow in");
    assertThat(text.isAllPossible()).isTrue();
  }

  @Test
  void unreadableFirewallLeavesTheRowsInDoubt() {
    FirewallPlanText text =
        FirewallPlanText.of(
            "n1",
            plan(UFW),
            Map.of(BackendKind.UFW, new Unreadable("user.rules: line 7 is no rule", "correct it")),
            Optional.empty(),
            List.of());

    assertThat(text.render())
        .contains("? allow in proto udp")
        .contains("What is there cannot be read: user.rules: line 7 is no rule; correct it");
    assertThat(text.isAllPossible()).isFalse();
  }

  @Test
  void nowhereToPutThem() {
    FirewallPlanText text =
        FirewallPlanText.of(
            "n1",
            plan(
                new BackendChoice(
                    Optional.empty(),
                    Optional.of("HostToolsNeeded"),
                    "ufw is active and the daemon has no access to it",
                    Optional.empty())),
            Map.of(),
            Optional.empty(),
            List.of());

    assertThat(text.render())
        .startsWith("Node n1: rules go into no firewall: ufw is active and the daemon has no");
    assertThat(text.isAllPossible()).isFalse();
  }
}
