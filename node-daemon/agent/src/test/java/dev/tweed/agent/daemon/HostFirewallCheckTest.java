package dev.tweed.agent.daemon;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import dev.tweed.agent.finding.NodeFinding;
import dev.tweed.dataplane.Backend;
import dev.tweed.dataplane.ClusterSnapshot;
import dev.tweed.dataplane.Masquerade;
import dev.tweed.dataplane.NetworkParameters;
import dev.tweed.dataplane.OwnNode;
import dev.tweed.dataplane.SyncReport;
import dev.tweed.dataplane.Underlay;
import dev.tweed.firewall.HostFirewall;
import dev.tweed.firewall.HostFirewall.Manager;
import dev.tweed.firewall.HostFirewall.State;
import dev.tweed.firewall.rules.FilterRow;
import dev.tweed.firewall.ruleset.Ruleset;
import dev.tweed.firewall.ufw.UfwOutcome;
import dev.tweed.netlink.AddressFamily;
import dev.tweed.netlink.IpAddress;
import dev.tweed.netlink.IpPrefix;
import dev.tweed.netlink.MacAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

class HostFirewallCheckTest {

  private static final UfwOutcome APPLIED =
      new UfwOutcome.Applied(
          Set.of(AddressFamily.IPV4), Set.of(AddressFamily.IPV4), true, true, true, List.of());
  private static final UfwOutcome LOCKED =
      new UfwOutcome.Refused(UfwOutcome.Reason.LOCKED, "somebody holds the lock", "wait");

  private final List<List<FilterRow>> applied = new ArrayList<>();
  private UfwOutcome outcome = APPLIED;
  private Manager manager = Manager.UFW;
  private long now;

  private final HostFirewallCheck check =
      check(
          Optional.of(
              new HostFirewallOpener(
                  rows -> {
                    applied.add(rows);
                    return outcome;
                  })));

  @Test
  void whatTheNetworkNeedsIsOpenedInUfw() {
    HostFirewallCheck.Result result = check.check(snapshot("10.244.1.0/24"), report());

    assertThat(applied).hasSize(1);
    assertThat(applied.getFirst())
        .extracting(FilterRow::comment)
        .contains("tweed:network/default/tunnel-port-in", "tweed:network/default/to-own-pods");
    assertThat(result.findings()).isEmpty();
    assertThat(result.firewall().reason())
        .isEqualTo("seen; %d of them are Tweed's".formatted(applied.getFirst().size()));
  }

  @Test
  void aBlockOfTheNodeThatChangesIsFollowedAtOnce() {
    check.check(snapshot("10.244.1.0/24"), report());
    check.check(snapshot("10.244.1.0/24"), report());
    check.check(snapshot("10.244.2.0/24"), report());

    assertThat(applied).hasSize(2);
  }

  @Test
  void rulesAreLookedAfterEveryHalfMinute() {
    check.check(snapshot("10.244.1.0/24"), report());
    now += 31_000_000_000L;
    check.check(snapshot("10.244.1.0/24"), report());

    assertThat(applied).hasSize(2);
  }

  @Test
  void otherFirewallsAreLeftAlone() {
    manager = Manager.FIREWALLD;

    check.check(snapshot("10.244.1.0/24"), report());

    assertThat(applied).isEmpty();
  }

  @Test
  void withoutTheMeansUfwIsOnlyLookedAt() {
    HostFirewallCheck.Result result =
        check(Optional.empty()).check(snapshot("10.244.1.0/24"), report());

    assertThat(result.firewall().manager()).isEqualTo("ufw");
    assertThat(result.firewall().reason()).isEqualTo("seen");
  }

  @Test
  void whatCouldNotBeOpenedIsTold() {
    outcome = LOCKED;

    assertThat(check.check(snapshot("10.244.1.0/24"), report()).findings())
        .extracting(NodeFinding::reason, NodeFinding::remedy)
        .containsExactly(tuple("HostFirewallBlocks", "wait"));
  }

  @Test
  void whatWasOpenedIsTakenBackOnce() {
    outcome = LOCKED;
    check.release();
    outcome = APPLIED;
    check.release();
    check.release();

    assertThat(applied).containsExactly(List.of(), List.of());
  }

  private HostFirewallCheck check(Optional<HostFirewallOpener> opener) {
    return new HostFirewallCheck(
        () -> new HostFirewall(manager, State.ACTIVE, "seen", Ruleset.empty()), opener, () -> now);
  }

  private static ClusterSnapshot snapshot(String block) {
    return new ClusterSnapshot(
        new NetworkParameters(
            "default",
            new Backend.Vxlan(1, 8472, false),
            0,
            "tweed-br0",
            true,
            new Masquerade(true, List.of(), true),
            List.of(IpPrefix.parse("10.244.0.0/16")),
            Map.of()),
        new OwnNode(
            "n1",
            List.of(IpPrefix.parse(block)),
            List.of(IpAddress.parse("192.0.2.1")),
            MacAddress.parse("02:00:00:00:00:01")),
        List.of());
  }

  private static SyncReport report() {
    return new SyncReport(
        true,
        "tweed.1",
        1450,
        Optional.of(new Underlay("eth0", IpAddress.parse("192.0.2.1"))),
        0,
        0,
        List.of(),
        List.of(),
        Map.of());
  }
}
