package dev.tweed.agent.firewall;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import dev.tweed.agent.cluster.ClusterView;
import dev.tweed.agent.cluster.NodeRecord;
import dev.tweed.agent.cluster.PolicyRecord;
import dev.tweed.agent.cluster.YamlViews;
import dev.tweed.agent.finding.NodeFinding;
import dev.tweed.agent.status.FirewallStatus;
import dev.tweed.crds.NodeReportStatus.PolicyState;
import dev.tweed.dataplane.Peer;
import dev.tweed.firewall.HostFirewall.Manager;
import dev.tweed.firewall.HostFirewall.State;
import dev.tweed.firewall.NetworkNeeds;
import dev.tweed.firewall.backend.BackendKind;
import dev.tweed.firewall.backend.BackendOutcome;
import dev.tweed.firewall.rules.FilterRow;
import dev.tweed.netlink.IpAddress;
import dev.tweed.netlink.IpPrefix;
import dev.tweed.netlink.MacAddress;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FirewallSyncTest {

  private static final BackendOutcome LOCKED =
      new BackendOutcome.Refused("Locked", "somebody holds the lock", "wait");

  private static final NetworkState MEMBER = member();

  private static final String SSH_LISTENS =
      "  sl  local_address rem_address   st\n   0: 00000000:0016 00000000:0000 0A 0:0 00:0 0 0 0 1\n";

  @TempDir Path runDir;
  private final FakeHost host = new FakeHost();
  private final List<FirewallStatus> told = new ArrayList<>();
  private ClusterView view = view(policy("web", 1, "80"));
  private int repaired;
  private long now;
  private FirewallSync sync;

  @BeforeEach
  void start() {
    sync =
        new FirewallSync(
            () -> view,
            host,
            new FirewallPlanFactory(
                host, () -> new ApiEndpoint(List.of(IpAddress.parse("198.51.100.1")), 6443)),
            new FirewallFiles(runDir),
            () -> repaired++,
            told::add,
            () -> now);
    sync.network(new NetworkState.Outside());
  }

  @Test
  void nothingIsTouchedBeforeAllIsKnown() {
    view = ClusterView.INCOMPLETE;
    assertThat(sync.getAsBoolean()).isTrue();

    view = view(policy("web", 1, "80"));
    start();
    FirewallSync unaware = unaware();
    assertThat(unaware.getAsBoolean()).isTrue();

    assertThat(host.log).isEmpty();
  }

  @Test
  void aPolicyIsBroughtIntoForceAndTold() {
    assertThat(sync.getAsBoolean()).isTrue();

    assertThat(host.rules(BackendKind.UFW)).containsExactly("web/rule");
    assertThat(told.getLast().policies())
        .containsExactly(new PolicyState("web", "uid-web", 1L, true, null, null));
    assertThat(told.getLast().firewall().backend()).isEqualTo("ufw");
    assertThat(told.getLast().firewall().rules()).isEqualTo(2);
    assertThat(told.getLast().findings()).isEmpty();
    assertThat(new FirewallFiles(runDir).intended().orElseThrow().rows())
        .isEqualTo(host.rows.get(BackendKind.UFW));
  }

  @Test
  void aRunWithoutNewsDoesNotEvenLook() {
    sync.getAsBoolean();
    int reads = host.reads;

    sync.getAsBoolean();

    assertThat(host.reads).isEqualTo(reads);
  }

  @Test
  void afterHalfAMinuteItDoes() {
    sync.getAsBoolean();
    host.log.clear();

    now += 31_000_000_000L;
    sync.getAsBoolean();

    assertThat(host.log).containsExactly("ufw 2");
  }

  @Test
  void anAuditDoesNotLookWhileRulesAndServicesAreTheSame() {
    host.generation = OptionalInt.of(7);
    sync.getAsBoolean();
    int reads = host.reads;

    for (int minute = 1; minute < 5; minute++) {
      now += 60_000_000_000L;
      assertThat(sync.getAsBoolean()).isTrue();
    }

    assertThat(host.reads).isEqualTo(reads);
  }

  @Test
  void anAuditLooksWhereTheRulesAreOthers() {
    host.generation = OptionalInt.of(7);
    sync.getAsBoolean();
    host.rows.put(BackendKind.UFW, List.of());

    host.generation = OptionalInt.of(8);
    now += 60_000_000_000L;
    sync.getAsBoolean();

    assertThat(host.rules(BackendKind.UFW)).containsExactly("web/rule");
  }

  @Test
  void anAuditLooksWhereAServiceHasBegunToListen() {
    host.generation = OptionalInt.of(7);
    sync.getAsBoolean();
    int reads = host.reads;

    host.sockets =
        new FirewallHost.SocketSight(List.of(SSH_LISTENS), List.of(), List.of(), List.of());
    now += 60_000_000_000L;
    sync.getAsBoolean();

    assertThat(host.reads).isGreaterThan(reads);
  }

  @Test
  void sometimesAnAuditLooksAllTheSame() {
    host.generation = OptionalInt.of(7);
    sync.getAsBoolean();
    int reads = host.reads;

    now += 300_000_000_000L;
    sync.getAsBoolean();

    assertThat(host.reads).isGreaterThan(reads);
  }

  @Test
  void anEventIsFollowedWhateverTheRulesNumber() {
    host.generation = OptionalInt.of(7);
    sync.getAsBoolean();
    int reads = host.reads;

    sync.firewallChanged();
    sync.getAsBoolean();

    assertThat(host.reads).isGreaterThan(reads);
  }

  @Test
  void whatSomebodyElseChangedIsMendedAndCounted() {
    sync.getAsBoolean();
    host.rows.put(BackendKind.UFW, List.of());

    sync.firewallChanged();
    sync.getAsBoolean();
    sync.firewallChanged();
    sync.getAsBoolean();

    assertThat(host.rules(BackendKind.UFW)).containsExactly("web/rule");
    assertThat(repaired).isEqualTo(1);
  }

  @Test
  void whatIsAskedForIsNoRepair() {
    sync.getAsBoolean();

    view = view(policy("web", 2, "81"));
    sync.getAsBoolean();

    assertThat(repaired).isZero();
    assertThat(told.getLast().policies().getFirst().generation()).isEqualTo(2);
  }

  @Test
  void whatWasRefusedIsToldAndTriedAgainAndNoRepairThen() {
    host.instead.put(BackendKind.UFW, LOCKED);
    assertThat(sync.getAsBoolean()).isFalse();
    assertThat(told.getLast().policies())
        .extracting(PolicyState::applied, PolicyState::reason)
        .containsExactly(tuple(false, "Locked"));
    assertThat(told.getLast().findings())
        .extracting(NodeFinding::reason)
        .containsExactly("FirewallNotWritten");

    host.instead.clear();
    assertThat(sync.getAsBoolean()).isTrue();

    assertThat(told.getLast().policies().getFirst().applied()).isTrue();
    assertThat(repaired).isZero();
  }

  @Test
  void aLockHeldByOthersDoesNotPutOutOfForceWhatIs() {
    sync.getAsBoolean();
    host.instead.put(BackendKind.UFW, LOCKED);

    now += 31_000_000_000L;
    sync.getAsBoolean();

    assertThat(told.getLast().policies())
        .extracting(PolicyState::applied, PolicyState::reason)
        .containsExactly(tuple(true, "Locked"));
  }

  @Test
  void aGenerationThatIsRefusedLeavesTheOneBeforeEvenOverARestart() {
    sync.getAsBoolean();

    view = view(policy("web", 2, "80:70"));
    sync.getAsBoolean();
    start();
    sync.getAsBoolean();

    assertThat(host.rules(BackendKind.UFW)).containsExactly("web/rule");
    PolicyState state = told.getLast().policies().getFirst();
    assertThat(state.applied()).isFalse();
    assertThat(state.generation()).isEqualTo(2);
    assertThat(state.reason()).isEqualTo("InvalidRule");
    assertThat(state.message()).endsWith("Until then the rules of generation 1 stay");
  }

  @Test
  void aRowTheFirewallCannotSayRefusesItsPolicyOnly() {
    view = view(policy("web", 1, "80"), policy("odd", 1, "81", "unsupported"));

    sync.getAsBoolean();

    assertThat(host.rules(BackendKind.UFW)).containsExactly("web/rule");
    assertThat(told.getLast().policies())
        .extracting(PolicyState::name, PolicyState::applied, PolicyState::reason)
        .containsExactly(tuple("odd", false, "NotSupportedHere"), tuple("web", true, null));
    assertThat(told.getLast().findings())
        .extracting(NodeFinding::reason, NodeFinding::object)
        .containsExactly(tuple("FirewallPolicyFailed", "FirewallPolicy/odd"));
  }

  @Test
  void aPolicyThatWouldCutSshIsNotBroughtIntoForce() {
    sshListensAt(2222);
    view = view(policy("web", 1, "80"), denying("shut", 2222));

    sync.getAsBoolean();

    assertThat(host.rules(BackendKind.UFW)).containsExactly("web/rule");
    assertThat(told.getLast().policies())
        .extracting(PolicyState::name, PolicyState::applied, PolicyState::reason)
        .containsExactly(tuple("shut", false, "WouldLockOut"), tuple("web", true, null));
  }

  @Test
  void aPolicyInForceGoesWhenSshComesToListenBehindIt() {
    view = view(denying("shut", 2222));
    sync.getAsBoolean();
    assertThat(host.rules(BackendKind.UFW)).containsExactly("shut/rule");

    sshListensAt(2222);
    sync.firewallChanged();
    sync.getAsBoolean();

    assertThat(host.rules(BackendKind.UFW)).isEmpty();
  }

  @Test
  void whatIsKeptFromTheDaemonBeforeDoesNotCutSshEither() {
    view = view(denying("shut", 2222));
    sync.getAsBoolean();
    assertThat(host.guarded.orElseThrow().inRows()).isNotEmpty();

    sshListensAt(2222);
    host.instead.put(BackendKind.UFW, LOCKED);
    start();
    sync.getAsBoolean();

    assertThat(host.guarded.orElseThrow().inRows()).isEmpty();
  }

  @Test
  void whatTheNetworkNeedsComesAfterPolicies() {
    sync.network(MEMBER);

    sync.getAsBoolean();

    assertThat(host.rules(BackendKind.UFW))
        .startsWith("web/rule", "default/tunnel-port-in")
        .contains("default/to-own-pods");
  }

  @Test
  void whatIsOpenForANetworkStaysWhileTheNodeWaits() {
    sync.network(MEMBER);
    sync.getAsBoolean();
    List<FilterRow> open = host.rows.get(BackendKind.UFW);

    start();
    sync.network(new NetworkState.Waiting());
    sync.getAsBoolean();

    assertThat(host.rows.get(BackendKind.UFW)).isEqualTo(open);
  }

  @Test
  void aNodeThatLeavesItsNetworkKeepsItsPolicies() {
    sync.network(MEMBER);
    sync.getAsBoolean();

    sync.network(new NetworkState.Outside());
    sync.getAsBoolean();

    assertThat(host.rules(BackendKind.UFW)).containsExactly("web/rule");
  }

  @Test
  void aNodeWithoutItsObjectKeepsAll() {
    sync.getAsBoolean();
    List<FilterRow> before = host.rows.get(BackendKind.UFW);

    view = new ClusterView(true, List.of(), List.of(), view.policies(), Optional.empty());
    sync.getAsBoolean();

    assertThat(host.rows.get(BackendKind.UFW)).isEqualTo(before);
  }

  @Test
  void anotherFirewallGetsTheRowsBeforeTheOldOneLosesThem() {
    sync.getAsBoolean();
    host.log.clear();

    host.manager = Manager.FIREWALLD;
    sync.firewallChanged();
    sync.getAsBoolean();

    assertThat(host.log).startsWith("firewalld 2", "ufw 0");
    assertThat(repaired).isZero();
  }

  @Test
  void aFirewallThatComesWhileRowsAreWrittenElsewhereIsFollowedAtOnce() {
    host.manager = Manager.NONE;
    host.onApply = () -> host.manager = Manager.UFW;

    assertThat(sync.getAsBoolean()).isFalse();
    assertThat(sync.getAsBoolean()).isTrue();

    assertThat(host.rules(BackendKind.UFW)).containsExactly("web/rule");
  }

  @Test
  void aFirewallThatIsUninstalledWithRowsOfOursIsNoFailure() {
    host.manager = Manager.IPTABLES;
    sync.getAsBoolean();

    host.manager = Manager.UFW;
    host.instead.put(
        BackendKind.IPTABLES,
        new BackendOutcome.Refused(BackendOutcome.NOT_FOUND, "no iptables", "install it"));
    sync.firewallChanged();

    assertThat(sync.getAsBoolean()).isTrue();
    assertThat(told.getLast().findings()).isEmpty();
  }

  @Test
  void whatIsFoundElsewhereAfterAStartIsTakenOutOnce() {
    sync.getAsBoolean();
    assertThat(host.log).containsExactly("ufw 2", "firewalld 0", "iptables 0", "nftables 0");

    host.log.clear();
    sync.firewallChanged();
    sync.getAsBoolean();

    assertThat(host.log).containsExactly("ufw 2");
  }

  @Test
  void ufwThatIsSwitchedOffFindsTheRulesWhenItIsSwitchedOn() {
    sync.network(MEMBER);
    host.state = State.INACTIVE;

    sync.getAsBoolean();

    // What the network needs open is nothing a table of our own could open.
    assertThat(host.rules(BackendKind.NFTABLES)).containsExactly("web/rule");
    assertThat(host.rules(BackendKind.UFW)).contains("web/rule", "default/tunnel-in");
    assertThat(told.getLast().firewall().backend()).isEqualTo("nftables");
  }

  @Test
  void whereNothingCanBePutNothingIsTakenAway() {
    host.tools = false;

    assertThat(sync.getAsBoolean()).isTrue();

    assertThat(host.log).isEmpty();
    assertThat(told.getLast().policies())
        .extracting(PolicyState::applied, PolicyState::reason)
        .containsExactly(tuple(false, "HostToolsNeeded"));
    assertThat(told.getLast().findings())
        .singleElement()
        .satisfies(
            finding -> {
              assertThat(finding.reason()).isEqualTo("FirewallNotWritten");
              assertThat(finding.remedy()).contains("firewall.hostTools=true");
            });
  }

  @ParameterizedTest
  @CsvSource({
    "UFW, ufw status numbered",
    "FIREWALLD, firewall-cmd --list-all-policies",
    "IPTABLES, iptables-save",
  })
  void rulesThatCannotBeReachedAnyMoreAreToldWithHowToFindThem(Manager manager, String look) {
    host.manager = manager;
    BackendKind kind = BackendKind.valueOf(manager.name());
    sync.getAsBoolean();

    host.tools = false;
    host.usable.remove(kind);
    start();
    sync.getAsBoolean();

    assertThat(told.getLast().findings())
        .filteredOn(finding -> finding.reason().equals("FirewallRulesLeft"))
        .singleElement()
        .satisfies(
            finding -> {
              assertThat(finding.object()).isEqualTo(kind.text());
              assertThat(finding.remedy()).contains(look);
            });
  }

  @Test
  void anUnreadableFirewallChangesNothing() {
    sync.getAsBoolean();
    host.log.clear();

    host.manager = Manager.UNKNOWN;
    host.state = State.UNKNOWN;
    sync.firewallChanged();
    sync.getAsBoolean();

    assertThat(host.log).isEmpty();
    assertThat(told.getLast().policies())
        .extracting(PolicyState::applied, PolicyState::reason)
        .containsExactly(tuple(false, "FirewallUnknown"));
  }

  @Test
  void aFirewallThatRefusesWhereNothingIsWantedIsNoMatter() {
    view = view();
    host.instead.put(BackendKind.UFW, LOCKED);

    assertThat(sync.getAsBoolean()).isTrue();

    assertThat(told.getLast().findings()).isEmpty();
  }

  @Test
  void theTunnelIsClosedToAllButPeersAndNewOnesAreLetInWithoutALook() {
    sync.network(member(2));
    sync.getAsBoolean();
    int reads = host.reads;
    assertThat(peers()).containsExactly("192.0.2.2");

    sync.network(member(2, 3));
    sync.getAsBoolean();

    assertThat(peers()).containsExactly("192.0.2.2", "192.0.2.3");
    assertThat(host.reads).isEqualTo(reads);
    assertThat(repaired).isZero();
  }

  @Test
  void peersAreWrittenForPeopleAndStayWhileTheNodeWaits() {
    sync.network(member(2));
    sync.getAsBoolean();
    sync.network(member(2, 3));
    sync.getAsBoolean();
    assertThat(new FirewallFiles(runDir).guard().tunnel().orElseThrow().peers()).hasSize(2);

    sync.network(new NetworkState.Waiting());
    sync.getAsBoolean();
    assertThat(new FirewallFiles(runDir).guard().tunnel()).isPresent();

    FirewallSync next = unaware();
    next.network(new NetworkState.Waiting());
    next.getAsBoolean();
    assertThat(new FirewallFiles(runDir).guard().tunnel()).isPresent();
  }

  @Test
  void inRowsGuardNodePortsAndStayWhileTheFirewallRefusesNewOnes() {
    sync.getAsBoolean();
    List<FilterRow> guarded = host.guarded.orElseThrow().inRows();
    assertThat(guarded).isEqualTo(host.rows.get(BackendKind.UFW));

    host.instead.put(BackendKind.UFW, LOCKED);
    view = view(policy("web", 2, "81"));
    sync.getAsBoolean();

    assertThat(host.guarded.orElseThrow().inRows()).isEqualTo(guarded);
  }

  @Test
  void nodePortsStayClosedWhileTheFirewallCannotBeRead() {
    sync.getAsBoolean();
    List<FilterRow> guarded = host.guarded.orElseThrow().inRows();
    assertThat(guarded).isNotEmpty();

    host.manager = Manager.UNKNOWN;
    host.state = State.UNKNOWN;
    sync.firewallChanged();
    sync.getAsBoolean();

    assertThat(host.guarded.orElseThrow().inRows()).isEqualTo(guarded);
  }

  @Test
  void nodePortsOfPoliciesThatCannotBePutAnywhereAreNotClosed() {
    sync.getAsBoolean();
    host.tools = false;

    sync.firewallChanged();
    sync.getAsBoolean();

    assertThat(host.guarded.orElseThrow().inRows()).isEmpty();
  }

  @Test
  void newPeersAreLetInWhereTheFirewallRefusesSinceTheDaemonsStart() {
    sync.network(member(2));
    sync.getAsBoolean();
    List<FilterRow> guarded = host.guarded.orElseThrow().inRows();

    host.instead.put(
        BackendKind.UFW, new BackendOutcome.Refused("FileNotUnderstood", "nonsense", "mend it"));
    view = view(policy("web", 2, "81"));
    start();
    sync.network(member(2, 3));
    sync.getAsBoolean();

    assertThat(peers()).containsExactly("192.0.2.2", "192.0.2.3");
    assertThat(host.guarded.orElseThrow().inRows()).isEqualTo(guarded);
  }

  @Test
  void aGuardThatSomebodyRemovedIsMendedAndCounted() {
    sync.getAsBoolean();
    host.guarded = Optional.empty();

    sync.firewallChanged();
    sync.getAsBoolean();

    assertThat(host.guarded).isPresent();
    assertThat(repaired).isEqualTo(1);
  }

  @Test
  void aGuardThatIsRefusedIsToldAndTriedAgain() {
    host.guardRefuses = true;

    assertThat(sync.getAsBoolean()).isFalse();

    assertThat(told.getLast().findings())
        .extracting(NodeFinding::reason, NodeFinding::object)
        .containsExactly(tuple("FirewallNotWritten", "tweed-guard"));
  }

  @Test
  void aPolicyThatClosesNodePortsIsNotInForceWhereTheyStayOpen() {
    host.guardRefuses = true;
    view = view(policy("web", 1, "30080"), denying("closed", 30090));

    sync.getAsBoolean();

    assertThat(told.getLast().policies())
        .extracting(PolicyState::name, PolicyState::applied, PolicyState::reason)
        .containsExactly(tuple("closed", false, "NftMissing"), tuple("web", true, "NodePortOpen"));
  }

  private void sshListensAt(int port) {
    host.sockets =
        new FirewallHost.SocketSight(
            List.of("   0: 00000000:%04X 00000000:0000 0A 0:0 00:0 0 0 0 1%n".formatted(port)),
            List.of("Port " + port),
            List.of(),
            List.of());
  }

  private List<String> peers() {
    return host.guarded.orElseThrow().tunnel().orElseThrow().peers().stream()
        .map(IpAddress::toString)
        .toList();
  }

  private static NetworkState member(int... peers) {
    return new NetworkState.Member(
        "default",
        new NetworkNeeds(
            Optional.of(new NetworkNeeds.Tunnel("tweed.1", 8472)),
            "tweed-br0",
            Optional.of("eth0"),
            List.of("192.0.2.1"),
            List.of("10.244.0.0/16")),
        List.of(IpPrefix.parse("10.244.1.0/24")),
        Arrays.stream(peers)
            .mapToObj(
                i ->
                    new Peer(
                        "n" + i,
                        IpPrefix.parse("10.244." + i + ".0/24"),
                        List.of(IpAddress.parse("192.0.2." + i)),
                        MacAddress.parse("02:00:00:00:00:0" + i)))
            .toList(),
        true);
  }

  private FirewallSync unaware() {
    return new FirewallSync(
        () -> view,
        host,
        new FirewallPlanFactory(host, () -> new ApiEndpoint(List.of(), 6443)),
        new FirewallFiles(runDir),
        () -> repaired++,
        told::add,
        () -> now);
  }

  private static ClusterView view(PolicyRecord... policies) {
    return new ClusterView(
        true, List.of(), List.of(), List.of(policies), Optional.of(new NodeRecord("n1", Map.of())));
  }

  private static PolicyRecord denying(String name, int port) {
    return YamlViews.policy(
        """
        kind: FirewallPolicy
        apiVersion: tweed.dev/v1alpha1
        metadata: {name: %s, generation: 1}
        spec:
          rules:
          - {name: rule, direction: In, action: Deny, protocol: TCP, ports: ["%d"]}
        """
            .formatted(name, port));
  }

  private static PolicyRecord policy(String name, int generation, String port) {
    return policy(name, generation, port, "");
  }

  private static PolicyRecord policy(String name, int generation, String port, String comment) {
    return YamlViews.policy(
        """
        kind: FirewallPolicy
        apiVersion: tweed.dev/v1alpha1
        metadata: {name: %1$s, uid: uid-%1$s, generation: %2$d}
        spec:
          rules:
          - {name: rule, direction: In, action: Allow, protocol: TCP, ports: ["%3$s"], comment: "%4$s"}
        """
            .formatted(name, generation, port, comment));
  }
}
