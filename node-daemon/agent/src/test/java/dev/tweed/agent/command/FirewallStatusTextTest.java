package dev.tweed.agent.command;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.agent.finding.NodeFinding;
import dev.tweed.agent.firewall.Intended;
import dev.tweed.agent.status.FirewallStatus;
import dev.tweed.crds.NodeReportStatus.Firewall;
import dev.tweed.crds.NodeReportStatus.PolicyState;
import dev.tweed.firewall.backend.BackendKind;
import dev.tweed.firewall.backend.BackendListing;
import dev.tweed.firewall.backend.BackendListing.Compared;
import dev.tweed.firewall.backend.BackendListing.Entry;
import dev.tweed.firewall.backend.BackendListing.State;
import dev.tweed.firewall.backend.BackendListing.Unreadable;
import dev.tweed.firewall.nft.GuardListing;
import dev.tweed.firewall.nft.GuardListing.Tunnel;
import dev.tweed.netlink.testing.Golden;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class FirewallStatusTextTest {

  private static final Intended INTENDED =
      new Intended(
          Optional.of(BackendKind.UFW),
          Optional.empty(),
          List.of(FirewallRows.SSH, FirewallRows.API, FirewallRows.TUNNEL),
          List.of());

  private static final Entry SSH =
      new Entry(Optional.of(FirewallRows.SSH), State.PRESENT, "22/tcp ALLOW IN 198.51.100.7");
  private static final Entry API =
      new Entry(Optional.of(FirewallRows.API), State.PRESENT, "6443/tcp ALLOW IN 10.244.0.0/16");
  private static final Entry TUNNEL =
      new Entry(Optional.of(FirewallRows.TUNNEL), State.PRESENT, "8472/udp ALLOW IN Anywhere");

  private static final GuardListing NO_GUARD = new GuardListing.Compared(List.of(), List.of());

  private static Entry in(Entry entry, State state) {
    return new Entry(entry.row(), state, state == State.MISSING ? "" : entry.text());
  }

  private static FirewallStatus told(List<PolicyState> policies, NodeFinding... findings) {
    return new FirewallStatus(
        new Firewall(
            "ufw", "Active", "its rules are in the kernel", "ufw", "ufw is active", 3, null),
        policies,
        List.of(findings));
  }

  private static FirewallStatusText text(BackendListing found, FirewallStatus told) {
    return text(found, NO_GUARD, told);
  }

  private static FirewallStatusText text(
      BackendListing found, GuardListing guard, FirewallStatus told) {
    return FirewallStatusText.of(
        INTENDED, Optional.of(found), Optional.empty(), guard, Optional.of(told));
  }

  @Test
  void allInForce() {
    FirewallStatusText text =
        text(
            new Compared(List.of(SSH, API, TUNNEL)),
            told(List.of(new PolicyState("api", "uid-api", 1L, true, null, null))));

    Golden.assertMatches("firewall-status-good.txt", text.render());
    assertThat(text.isAllInForce()).isTrue();
  }

  @Test
  void everythingThatCanBeWrong() {
    FirewallStatusText text =
        text(
            new Compared(
                List.of(
                    in(SSH, State.DISPLACED),
                    in(API, State.MISSING),
                    TUNNEL,
                    new Entry(Optional.empty(), State.EXTRA, "9999/tcp ALLOW IN Anywhere"))),
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

  @Test
  void standbyIsKeptReady() {
    FirewallStatusText text =
        FirewallStatusText.of(
            new Intended(
                Optional.of(BackendKind.NFTABLES),
                Optional.of(BackendKind.UFW),
                List.of(FirewallRows.API),
                List.of(FirewallRows.API, FirewallRows.TUNNEL)),
            Optional.of(new Compared(List.of(API))),
            Optional.of(new Compared(List.of(in(API, State.WRITTEN), in(TUNNEL, State.WRITTEN)))),
            NO_GUARD,
            Optional.empty());

    Golden.assertMatches("firewall-status-standby.txt", text.render());
    assertThat(text.isAllInForce()).isTrue();
  }

  @Test
  void writtenInAFirewallThatIsOffIsNotInForce() {
    FirewallStatusText text =
        text(new Compared(List.of(SSH, API, in(TUNNEL, State.WRITTEN))), told(List.of()));

    assertThat(text.isAllInForce()).isFalse();
    assertThat(text.render()).contains("2 of 3 rules in force, 1 NOT");
  }

  @Test
  void ruleOfAPersonInPlaceOfOursIsNoFailure() {
    FirewallStatusText text =
        text(new Compared(List.of(in(SSH, State.DISPLACED), API, TUNNEL)), told(List.of()));

    assertThat(text.isAllInForce()).isTrue();
    assertThat(text.render())
        .contains("2 of 3 rules in force, 1 with a person's rule in its place");
  }

  @Test
  void unreadableFirewallSaysWhatToDo() {
    FirewallStatusText text =
        text(new Unreadable("user.rules: line 7 is no rule", "correct it"), told(List.of()));

    assertThat(text.isAllInForce()).isFalse();
    assertThat(text.render())
        .contains("It cannot be read: user.rules: line 7 is no rule; correct it");
  }

  @Test
  void noFirewallThatCouldHoldThem() {
    FirewallStatusText text =
        FirewallStatusText.of(
            new Intended(
                Optional.empty(), Optional.empty(), List.of(FirewallRows.TUNNEL), List.of()),
            Optional.empty(),
            Optional.empty(),
            NO_GUARD,
            Optional.empty());

    assertThat(text.isAllInForce()).isFalse();
    assertThat(text.render()).contains("None of 1 rule can be in force");
  }

  @Test
  void guardIsShownBesideTheFirewall() {
    FirewallStatusText text =
        text(
            new Compared(List.of(SSH, API, TUNNEL)),
            new GuardListing.Compared(
                List.of(
                    new Entry(
                        Optional.of(FirewallRows.NODE_PORT),
                        State.PRESENT,
                        "nodeports: tcp dport 30080 drop")),
                List.of(
                    new Tunnel(
                        "deny in proto udp from all but 2 peers to any port 8472",
                        State.PRESENT,
                        "tunnel: 2 peers"))),
            told(List.of()));

    Golden.assertMatches("firewall-status-guard.txt", text.render());
    assertThat(text.isAllInForce()).isTrue();
  }

  @Test
  void aGuardThatLetsStrangersInIsNotInForce() {
    FirewallStatusText text =
        text(
            new Compared(List.of(SSH, API, TUNNEL)),
            new GuardListing.Compared(
                List.of(), List.of(new Tunnel("deny ...", State.MISSING, "lets in 192.0.2.66"))),
            told(List.of()));

    assertThat(text.render()).contains("MISSING", "lets in 192.0.2.66", "0 of 1 rule in force");
    assertThat(text.isAllInForce()).isFalse();
  }

  @Test
  void aGuardThatCannotBeReadIsNotInForce() {
    FirewallStatusText text =
        text(
            new Compared(List.of(SSH, API, TUNNEL)),
            new GuardListing.Unreadable("there is no nft", "install it"),
            told(List.of()));

    assertThat(text.render()).contains("It cannot be read: there is no nft; install it");
    assertThat(text.isAllInForce()).isFalse();
  }

  @Test
  void aPolicyThatTheFirewallRefusedHasFailed() {
    FirewallStatusText text =
        text(
            new Compared(List.of(SSH)),
            told(
                List.of(
                    new PolicyState(
                        "db", "uid-db", 4L, false, "Locked", "somebody holds the lock"))));

    assertThat(text.render()).contains("FAILED  policy/db  Locked  somebody holds the lock");
    assertThat(text.isAllInForce()).isFalse();
  }

  @Test
  void noRulesAreSaidInASentence() {
    FirewallStatusText text = text(new Compared(List.of()), told(List.of()));

    assertThat(text.render())
        .contains("No rules are wanted in it, and none of Tweed's are there.")
        .doesNotContain("0 of 0");
    assertThat(text.isAllInForce()).isTrue();
  }

  @Test
  void nothingWantedIsAllInForce() {
    FirewallStatusText text =
        FirewallStatusText.of(
            new Intended(Optional.empty(), Optional.empty(), List.of(), List.of()),
            Optional.empty(),
            Optional.empty(),
            NO_GUARD,
            Optional.empty());

    assertThat(text.isAllInForce()).isTrue();
  }
}
