package dev.tweed.firewall.firewalld;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.firewall.backend.BackendListing;
import dev.tweed.firewall.backend.BackendListing.State;
import dev.tweed.firewall.backend.BackendOutcome;
import dev.tweed.firewall.rules.Action;
import dev.tweed.firewall.rules.Direction;
import dev.tweed.firewall.rules.FilterRow;
import dev.tweed.firewall.rules.FirewallRule;
import dev.tweed.firewall.rules.Logging;
import dev.tweed.firewall.rules.Peer;
import dev.tweed.firewall.rules.PortRange;
import dev.tweed.firewall.rules.Protocol;
import dev.tweed.netlink.AddressFamily;
import dev.tweed.netlink.IpPrefix;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Our rows in real firewalld, held against what it lists and what becomes of packets. */
@Tag("kernel")
class FirewalldBackendTest {

  private static final Peer PEER = Peer.of(IpPrefix.parse("192.0.2.2/32"));

  @TempDir Path root;
  private FirewalldNode node;

  @BeforeEach
  void start() throws IOException {
    node = FirewalldNode.start(root);
  }

  @AfterEach
  void stop() {
    if (node != null) {
      node.close();
    }
  }

  @Test
  void whatANetworkNeedsPassesAZoneThatDrops() {
    assertThat(node.podReachesPeer()).isFalse();
    assertThat(node.peerReachesPod()).isFalse();
    assertThat(node.podReachesOutside()).isFalse();
    assertThat(node.podReachesNode()).isFalse();
    assertThat(node.peerReachesTunnelPort()).isFalse();

    BackendOutcome outcome = node.apply(Rows.network());

    assertThat(outcome).isEqualTo(new BackendOutcome.Applied(true, true, List.of()));
    assertThat(node.podReachesPeer()).isTrue();
    assertThat(node.peerReachesPod()).isTrue();
    assertThat(node.podReachesOutside()).isTrue();
    assertThat(node.podReachesNode()).isTrue();
    assertThat(node.peerReachesTunnelPort()).isTrue();
    assertThat(node.peerReachesNode(22)).isFalse();
  }

  @Test
  void aPolicyThatDeniesEverythingOutIsPassedToo() {
    node.sh(
        """
        firewall-cmd --permanent --new-policy=closed
        firewall-cmd --permanent --policy=closed --add-ingress-zone=HOST
        firewall-cmd --permanent --policy=closed --add-egress-zone=ANY
        firewall-cmd --permanent --policy=closed --set-target=DROP
        firewall-cmd --reload
        """);
    assertThat(node.nodeReachesPeer(80)).isFalse();

    node.apply(Rows.network(allow(Direction.OUT, 80)));

    assertThat(node.nodeReachesPeer(80)).isTrue();
    assertThat(node.nodeReachesPeer(81)).isFalse();
  }

  @Test
  void anotherRunChangesNothing() throws IOException {
    node.apply(Rows.network());
    Object before = Files.getAttribute(node.file("policies/tweed-in-1.xml"), "unix:ino");
    String running = node.kernel();

    BackendOutcome outcome = node.apply(Rows.network());

    assertThat(outcome).isEqualTo(new BackendOutcome.Applied(false, true, List.of()));
    assertThat(Files.getAttribute(node.file("policies/tweed-in-1.xml"), "unix:ino"))
        .isEqualTo(before);
    assertThat(node.kernel()).isEqualTo(running);
  }

  @Test
  void aHostThatNeverHadRowsOfOursIsNotTouched() throws IOException {
    Map<String, String> files = node.files();

    assertThat(node.apply(List.of())).isEqualTo(new BackendOutcome.Applied(false, true, List.of()));

    assertThat(node.files()).isEqualTo(files);
  }

  @Test
  void denyClosesAPortThatAZoneOpens() {
    node.type("--zone=drop --add-port=80/tcp");
    assertThat(node.peerReachesNode(80)).isTrue();

    node.apply(Rows.network(allow(Direction.IN, 80).withAction(Action.DENY)));

    assertThat(node.peerReachesNode(80)).isFalse();
  }

  @Test
  void allowOpensAPortForOneFamilyOnly() {
    node.apply(
        Rows.network(
            allow(Direction.IN, 80).withFrom(Peer.of(IpPrefix.any(AddressFamily.IPV4))),
            allow(Direction.IN, 82)));

    assertThat(node.peerReachesNode(80)).isTrue();
    assertThat(node.peerReachesNodeByIpv6(80)).isFalse();
    assertThat(node.peerReachesNodeByIpv6(82)).isTrue();
  }

  @Test
  void theFirstRowThatMatchesDecides() {
    FirewallRule deny = allow(Direction.IN, 80).withAction(Action.DENY);
    FirewallRule exception = allow(Direction.IN, 80).withFrom(PEER).withName("exception");

    node.apply(Rows.network(deny, exception));
    assertThat(node.peerReachesNode(80)).isFalse();

    node.apply(Rows.network(exception, deny));
    assertThat(node.peerReachesNode(80)).isTrue();
  }

  @Test
  void orderAndDevicesHoldByIptablesToo() throws IOException {
    node.useIptables();
    FirewallRule deny = allow(Direction.IN, 80).withAction(Action.DENY);
    FirewallRule exception = allow(Direction.IN, 80).withFrom(PEER).withName("exception");
    node.apply(Rows.network(deny, exception));
    assertThat(node.peerReachesNode(80)).isFalse();
    assertThat(node.podReachesOutside()).isTrue();
    assertThat(node.peerReachesPod()).isTrue();

    node.apply(Rows.network(exception, deny));

    assertThat(node.peerReachesNode(80)).isTrue();
    assertThat(node.peerReachesNodeByTunnel(80)).isFalse();
  }

  @Test
  void aRowForADeviceHoldsForThatDeviceOnly() {
    node.apply(
        Rows.network(
            allow(Direction.IN, 80)
                .withName("by-tunnel")
                .withAction(Action.DENY)
                .withInterfaceIn("tweed.1"),
            allow(Direction.IN, 80)));

    assertThat(node.peerReachesNodeByTunnel(80)).isFalse();
    assertThat(node.peerReachesNodeByTunnel(81)).isTrue();
    assertThat(node.peerReachesNode(80)).isTrue();
  }

  @Test
  void rulesChangeWithoutAReload() {
    node.apply(Rows.network(allow(Direction.IN, 80)));
    node.firewallCmd("--zone=drop --add-port=7/tcp"); // a reload would forget it
    assertThat(node.peerReachesNode(7)).isTrue();
    String before = node.tables();

    node.apply(Rows.network(allow(Direction.IN, 82).withName("new"), allow(Direction.IN, 83)));

    assertThat(node.peerReachesNode(80)).isFalse();
    assertThat(node.peerReachesNode(82)).isTrue();
    assertThat(node.peerReachesNode(83)).isTrue();
    assertThat(node.peerReachesNode(7)).isTrue();
    assertThat(node.tables()).isEqualTo(before);
  }

  @Test
  void manyRulesComeByAReload() {
    node.apply(Rows.network());
    String before = node.tables();

    node.apply(
        Rows.network(
            IntStream.rangeClosed(1, 400)
                .mapToObj(port -> allow(Direction.IN, 2 * port))
                .toArray(FirewallRule[]::new)));

    assertThat(node.tables()).isNotEqualTo(before);
    assertThat(node.peerReachesNode(800)).isTrue();
    assertThat(node.peerReachesNode(801)).isFalse();
  }

  @Test
  void reloadAndRestartFindWhatWasRunning() {
    node.apply(Rows.network(allow(Direction.IN, 80)));
    List<FilterRow> rows = Rows.network(allow(Direction.IN, 82).withName("first"), deny(83));
    node.apply(rows);
    String running = node.kernel();

    node.firewallCmd("--reload");
    assertThat(node.kernel()).isEqualTo(running);
    assertThat(node.apply(rows)).isEqualTo(new BackendOutcome.Applied(false, true, List.of()));

    node.stopFirewalld();
    node.startFirewalld();
    assertThat(node.kernel()).isEqualTo(running);
    assertThat(node.apply(rows)).isEqualTo(new BackendOutcome.Applied(false, true, List.of()));
  }

  @Test
  void everySortOfRowIsTakenAndWrittenAsFirewalldWritesIt() throws IOException {
    List<FilterRow> rows = all();

    assertThat(node.apply(rows)).isEqualTo(new BackendOutcome.Applied(true, true, List.of()));
    Map<String, String> ours = ours(node.files());
    node.firewallCmd("--runtime-to-permanent");

    assertThat(rows).hasSizeGreaterThan(100);
    assertThat(states(node.look(rows))).containsOnly(State.PRESENT);
    Map<String, String> theirs = ours(node.files());
    // firewalld 2 adds a burst of 0, which is none.
    theirs.replaceAll((name, text) -> text.replace(" burst=\"0\"", ""));
    assertThat(theirs).isEqualTo(ours);
  }

  @Test
  void whatAPersonMadeStaysAsItIs() throws IOException {
    node.type("--zone=drop --add-service=http");
    node.type("--zone=internal --add-source=198.51.100.0/24");
    node.type("--zone=internal --add-rich-rule='rule family=ipv4 source address=1.2.3.4 drop'");
    node.sh("firewall-cmd --permanent --new-policy=theirs; firewall-cmd --reload");
    Map<String, String> files = node.files();
    String zones = node.firewallCmd("--list-all-zones");
    String policies = node.firewallCmd("--list-all-policies");

    node.apply(Rows.network(allow(Direction.IN, 80)));
    node.apply(Rows.network(deny(80)));

    assertThat(theirs(node.files())).isEqualTo(files);
    assertThat(theirs(node.firewallCmd("--list-all-zones"))).isEqualTo(theirs(zones));
    assertThat(theirs(node.firewallCmd("--list-all-policies"))).isEqualTo(theirs(policies));
  }

  @Test
  void removingOursLeavesEverythingAsItWas() throws IOException {
    Map<String, String> files = node.files();
    String zones = node.firewallCmd("--list-all-zones");
    String policies = node.firewallCmd("--list-all-policies");
    String running = node.kernel();
    node.apply(Rows.network(allow(Direction.IN, 80)));
    // Makes firewalld keep a copy of our file.
    node.firewallCmd("--permanent --policy=tweed-in-1 --add-service=ssh");

    node.apply(List.of());

    assertThat(node.files()).isEqualTo(files);
    assertThat(node.firewallCmd("--list-all-zones")).isEqualTo(zones);
    assertThat(node.firewallCmd("--list-all-policies")).isEqualTo(policies);
    assertThat(node.kernel()).isEqualTo(running);
    assertThat(node.apply(List.of())).isEqualTo(new BackendOutcome.Applied(false, true, List.of()));
  }

  @Test
  void nothingAPersonHasNotSavedIsLostByAReload() throws IOException {
    node.firewallCmd("--zone=drop --add-port=7/tcp");
    Map<String, String> files = node.files();

    BackendOutcome outcome = node.apply(Rows.network());

    assertThat(refused(outcome).reason()).isEqualTo("UnsavedSettings");
    assertThat(refused(outcome).message()).endsWith("drop, ports");
    assertThat(node.files()).isEqualTo(files);
    assertThat(node.peerReachesNode(7)).isTrue();

    node.firewallCmd("--runtime-to-permanent");
    assertThat(node.apply(Rows.network())).isInstanceOf(BackendOutcome.Applied.class);
    assertThat(node.peerReachesNode(7)).isTrue();
  }

  @Test
  void removingOursLosesNothingThatIsNotSaved() throws IOException {
    node.apply(Rows.network(allow(Direction.IN, 80)));
    node.firewallCmd("--zone=drop --add-port=7/tcp");

    BackendOutcome outcome = node.apply(List.of());

    assertThat(outcome).isEqualTo(new BackendOutcome.Applied(true, true, List.of()));
    assertThat(ours(node.files())).isEmpty();
    assertThat(node.peerReachesNode(7)).isTrue();
    assertThat(node.peerReachesNode(80)).isFalse();
    assertThat(node.firewallCmd("--get-active-zones")).doesNotContain("tweed");
    assertThat(node.apply(List.of())).isEqualTo(new BackendOutcome.Applied(false, true, List.of()));
  }

  @Test
  void aDeviceInAPersonsZoneIsLeftThere() throws IOException {
    node.type("--zone=trusted --add-interface=tweed.1");

    BackendOutcome outcome = node.apply(Rows.network());

    assertThat(refused(outcome).reason()).isEqualTo("DeviceInOtherZone");
    assertThat(refused(outcome).message())
        .isEqualTo("device tweed.1 was put into zone trusted by hand");
    assertThat(ours(node.files())).isEmpty();
    assertThat(node.firewallCmd("--get-zone-of-interface=tweed.1").strip()).isEqualTo("trusted");
  }

  @Test
  void filesThatFirewalldCouldNotLoadAreNoneOfOurs() throws IOException {
    Files.writeString(
        node.file("policies/theirs.xml"),
        "<policy target=\"CONTINUE\"><ingress-zone name=\"nowhere\"/><egress-zone name=\"HOST\"/></policy>");

    BackendOutcome outcome = node.apply(Rows.network());

    assertThat(refused(outcome).reason()).isEqualTo("CommandFailed");
    assertThat(refused(outcome).message()).contains("nowhere");
    assertThat(ours(node.files())).isEmpty();
    assertThat(node.firewallCmd("--get-policies")).doesNotContain("tweed");
  }

  @Test
  void whatSomebodyChangesInOursIsSeenAndPutBack() {
    List<FilterRow> rows = Rows.network(allow(Direction.IN, 80));
    node.apply(rows);
    String gone = ruleOfPort80();
    node.firewallCmd("--policy=tweed-in-1 --remove-rich-rule='" + gone + "'");
    node.firewallCmd("--policy=tweed-in-1 --add-rich-rule='rule priority=-3 family=ipv4 accept'");

    List<BackendListing.Entry> entries = ((BackendListing.Compared) node.look(rows)).entries();

    assertThat(entries).hasSize(rows.size() + 1);
    assertThat(entries.stream().filter(e -> e.state() == State.MISSING))
        .singleElement()
        .satisfies(e -> assertThat(e.row().orElseThrow().rule()).isEqualTo("allow-80"));
    assertThat(entries.getLast())
        .isEqualTo(
            new BackendListing.Entry(
                Optional.empty(),
                State.EXTRA,
                "tweed-in-1: rule priority=\"-3\" family=\"ipv4\" accept"));

    node.apply(rows);
    assertThat(states(node.look(rows))).containsOnly(State.PRESENT);
  }

  @Test
  void aServiceSomebodyAddsToOursIsRemoved() {
    node.apply(Rows.network());
    node.firewallCmd("--policy=tweed-in-1 --add-service=ssh");
    assertThat(node.peerReachesNode(22)).isTrue();

    node.apply(Rows.network());

    assertThat(node.peerReachesNode(22)).isFalse();
  }

  @Test
  void aDeviceSomebodyTookOutOfItsZoneComesBack() {
    node.apply(Rows.network());
    node.firewallCmd("--zone=tweed-br0 --remove-interface=tweed-br0");
    assertThat(node.podReachesOutside()).isFalse();
    assertThat(states(node.look(Rows.network()))).contains(State.PRESENT, State.MISSING);

    assertThat(node.apply(Rows.network())).isInstanceOf(BackendOutcome.Applied.class);

    assertThat(node.podReachesOutside()).isTrue();
  }

  @Test
  void aFirewalldThatIsStoppedIsTold() {
    node.stopFirewalld();

    assertThat(refused(node.apply(Rows.network())).reason()).isEqualTo("NotRunning");
    assertThat(node.look(Rows.network())).isInstanceOf(BackendListing.Unreadable.class);
  }

  @Test
  void whateverChangesInFirewalldIsTold() throws Exception {
    Semaphore told = new Semaphore(0);
    node.backend().watch(told::release);
    List<FilterRow> rows = Rows.network(allow(Direction.IN, 80));
    node.apply(rows);

    for (String change :
        List.of(
            "--policy=tweed-in-1 --remove-rich-rule='" + ruleOfPort80() + "'",
            "--zone=tweed-br0 --remove-interface=tweed-br0",
            "--zone=drop --add-port=7/tcp",
            "--permanent --delete-policy=tweed-in-1",
            "--reload")) {
      node.apply(rows); // what it told so far was before this
      told.drainPermits();
      node.firewallCmd(change);
      assertThat(told.tryAcquire(10, TimeUnit.SECONDS)).as(change).isTrue();
    }
    told.drainPermits();
    node.stopFirewalld();
    assertThat(told.tryAcquire(10, TimeUnit.SECONDS)).isTrue();
  }

  @Test
  void aPolicyThatSomebodyDeletesComesBack() {
    List<FilterRow> rows = Rows.network(allow(Direction.IN, 80));
    node.apply(rows);
    node.sh("firewall-cmd --permanent --delete-policy=tweed-in-1; firewall-cmd --reload");
    assertThat(node.peerReachesNode(80)).isFalse();

    assertThat(node.apply(rows)).isEqualTo(new BackendOutcome.Applied(true, true, List.of()));

    assertThat(node.peerReachesNode(80)).isTrue();
    assertThat(states(node.look(rows))).containsOnly(State.PRESENT);
  }

  @Test
  void aBusThatWasRestartedIsFoundAgain() throws Exception {
    Semaphore told = new Semaphore(0);
    node.backend().watch(told::release);
    List<FilterRow> rows = Rows.network(allow(Direction.IN, 80));
    node.apply(rows);
    node.stopFirewalld();
    told.drainPermits();

    node.stopBus();

    assertThat(told.tryAcquire(10, TimeUnit.SECONDS)).isTrue();
    assertThat(refused(node.apply(rows)).reason()).isEqualTo("DBusUnreachable");

    node.startBus();
    node.startFirewalld();

    assertThat(node.apply(rows)).isEqualTo(new BackendOutcome.Applied(false, true, List.of()));
  }

  @Test
  void filesOfAFirewalldThatIsStoppedAreRemoved() throws IOException {
    node.apply(Rows.network());
    node.stopFirewalld();

    assertThat(node.apply(List.of())).isEqualTo(new BackendOutcome.Applied(true, true, List.of()));

    assertThat(ours(node.files())).isEmpty();
  }

  @Test
  void rulesThatAreReplacedAreNeverMissing() throws Exception {
    node.apply(Rows.network(allow(Direction.IN, 80)));
    AtomicBoolean done = new AtomicBoolean();
    AtomicInteger missed = new AtomicInteger();
    AtomicInteger looked = new AtomicInteger();
    Thread observer =
        Thread.ofPlatform()
            .start(
                () -> {
                  while (!done.get()) {
                    looked.incrementAndGet();
                    if (!node.kernel().contains("tcp dport 80 ")) {
                      missed.incrementAndGet();
                    }
                  }
                });

    // The rule moves among others, back and forth.
    for (int i = 0; i < 3; i++) {
      node.apply(Rows.network(deny(90), deny(91), allow(Direction.IN, 80)));
      node.apply(Rows.network(allow(Direction.IN, 80), deny(91), deny(90)));
    }
    done.set(true);
    observer.join();

    assertThat(looked).hasValueGreaterThan(10);
    assertThat(missed).hasValue(0);
  }

  private String ruleOfPort80() {
    return node.firewallCmd("--policy=tweed-in-1 --list-rich-rules")
        .lines()
        .filter(line -> line.contains("port=\"80\""))
        .findFirst()
        .orElseThrow();
  }

  @Test
  void aRowWithoutWordsIsRefusedBeforeAnythingIsChanged() throws IOException {
    BackendOutcome outcome =
        node.apply(Rows.network(allow(Direction.IN, 80).withAction(Action.LIMIT)));

    assertThat(refused(outcome).reason()).isEqualTo("NotSupportedHere");
    assertThat(ours(node.files())).isEmpty();
  }

  private static FirewallRule allow(Direction direction, int port) {
    return FirewallRule.allow("allow-" + port, direction)
        .withPorts(Protocol.TCP, PortRange.of(port));
  }

  private static FirewallRule deny(int port) {
    return allow(Direction.IN, port).withName("deny-" + port).withAction(Action.DENY);
  }

  /** All that firewalld has words for. */
  private static List<FilterRow> all() {
    List<FirewallRule> rules = new ArrayList<>();
    Peer from = Peer.of(IpPrefix.parse("192.0.2.0/24"), IpPrefix.parse("2001:db8::/32"));
    for (Direction direction : Direction.values()) {
      for (Action action : List.of(Action.DENY, Action.REJECT, Action.ALLOW)) {
        for (Protocol protocol : Protocol.values()) {
          for (Logging logging : List.of(Logging.NONE, Logging.NEW)) {
            String name =
                "%s-%s-%s-%s".formatted(direction, action, protocol, logging).toLowerCase();
            FirewallRule rule =
                new FirewallRule(
                    name,
                    direction,
                    action,
                    protocol,
                    protocol.hasPorts()
                        ? List.of(PortRange.of(80 + logging.ordinal()), new PortRange(2379, 2380))
                        : List.of(),
                    logging == Logging.NEW ? List.of(from) : List.of(),
                    List.of(),
                    Optional.empty(),
                    direction == Direction.ROUTED && action == Action.DENY
                        ? Optional.of("tweed.1")
                        : Optional.empty(),
                    logging,
                    "it's a \"note\" <&>");
            rules.add(rule);
          }
        }
      }
      rules.add(
          FirewallRule.allow("from-port-" + direction.name().toLowerCase(), direction)
              .withFrom(
                  new Peer(
                      new Peer.Addresses.Of(List.of(IpPrefix.parse("198.51.100.7/32"))),
                      List.of(PortRange.of(53)))));
      rules.add(
          FirewallRule.allow("everything-" + direction.name().toLowerCase(), direction)
              .withAction(Action.REJECT)
              .withTo(from));
    }
    return Rows.network(rules.toArray(FirewallRule[]::new));
  }

  private static List<State> states(BackendListing listing) {
    assertThat(listing).isInstanceOf(BackendListing.Compared.class);
    return ((BackendListing.Compared) listing)
        .entries().stream().map(BackendListing.Entry::state).toList();
  }

  private static Map<String, String> ours(Map<String, String> files) {
    Map<String, String> ours = new TreeMap<>(files);
    ours.keySet().removeIf(name -> !name.contains("/tweed") || name.endsWith(".old"));
    return ours;
  }

  private static Map<String, String> theirs(Map<String, String> files) {
    Map<String, String> theirs = new TreeMap<>(files);
    theirs.keySet().removeIf(name -> name.contains("/tweed"));
    return theirs;
  }

  /** What is listed of zones or policies that are not ours, by name. */
  private static Map<String, List<String>> theirs(String listing) {
    Map<String, List<String>> theirs = new TreeMap<>();
    List<String> lines = new ArrayList<>();
    for (String line : listing.lines().toList()) {
      if (!line.isBlank() && !line.startsWith(" ") && !line.startsWith("\t")) {
        lines = new ArrayList<>();
        theirs.put(line.replaceAll(" \\(.*", ""), lines);
      } else {
        lines.add(line.strip());
      }
    }
    theirs.keySet().removeIf(name -> name.startsWith("tweed"));
    return theirs;
  }

  private static BackendOutcome.Refused refused(BackendOutcome outcome) {
    assertThat(outcome).isInstanceOf(BackendOutcome.Refused.class);
    return (BackendOutcome.Refused) outcome;
  }
}
