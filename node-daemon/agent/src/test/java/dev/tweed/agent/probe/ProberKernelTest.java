package dev.tweed.agent.probe;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.agent.finding.NodeFinding;
import dev.tweed.agent.probe.Reachability.Proof;
import dev.tweed.agent.probe.UnreachedPeer.Cause;
import dev.tweed.agent.status.NodeStatus;
import dev.tweed.agent.status.ReachabilityPlanner;
import dev.tweed.agent.status.Reachable;
import dev.tweed.crds.NodeReportStatus.Firewall;
import dev.tweed.firewall.ForwardEvaluator;
import dev.tweed.firewall.HostFirewall;
import dev.tweed.firewall.HostFirewallReader;
import dev.tweed.firewall.NetworkNeeds;
import dev.tweed.firewall.NftCommand;
import dev.tweed.ip.IpAddress;
import dev.tweed.ip.IpPrefix;
import dev.tweed.netlink.testing.Netns;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.LinkedBlockingDeque;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * What a prober in one node finds out about another, in IPv4 and IPv6 at once, while something on
 * the way is broken. Its clock runs {@value #SPEED} times as fast as the test's.
 */
@Tag("kernel")
class ProberKernelTest {

  private static final int SPEED = 8;
  private static final Duration SOON = Duration.ofSeconds(80);

  private static ProbedNodes nodes;
  private final LinkedBlockingDeque<Reachability> told = new LinkedBlockingDeque<>();
  private Prober prober;

  @BeforeAll
  static void setUp() {
    nodes = new ProbedNodes();
    nodes.addSmallBlocks();
  }

  @AfterAll
  static void tearDown() {
    nodes.close();
  }

  @BeforeEach
  void start() {
    prober = nodes.first.call(() -> start(told::add));
    prober.targets(ProbedNodes.targets());
    await(ProberKernelTest::allAnswer);
  }

  @AfterEach
  void stop() {
    prober.close();
  }

  private static Prober start(Consumer<Reachability> tell) {
    Prober prober =
        new Prober(
            new FastTransport(new UdpProbeTransport("tweed-probe"), SPEED),
            TcpConnection::begin,
            unreached -> Map.of(),
            tell,
            new CountingMeter(),
            () -> System.nanoTime() * SPEED,
            Clock.systemUTC());
    prober.start();
    return prober;
  }

  private static boolean allAnswer(Reachability r) {
    return r.proof() == Proof.PROBES && r.answered() == 2 && r.unreached().isEmpty();
  }

  private static Predicate<Reachability> both(Cause cause) {
    return r ->
        r.unreached().size() == 2 && r.unreached().stream().allMatch(p -> p.cause() == cause);
  }

  /** The next state of that kind, which has to come soon by the prober's clock. */
  private Reachability await(Predicate<Reachability> wanted) {
    return await(wanted, SOON);
  }

  private Reachability await(Predicate<Reachability> wanted, Duration time) {
    long end = System.nanoTime() + time.dividedBy(SPEED).toNanos();
    try {
      Optional<Reachability> last = Optional.empty();
      while (true) {
        Reachability next = told.poll(end - System.nanoTime(), TimeUnit.NANOSECONDS);
        assertThat(next).as("nothing new in time after " + last).isNotNull();
        if (wanted.test(next)) {
          return next;
        }
        last = Optional.of(next);
      }
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  private static final String TABLE = "table inet fault { chain c { type filter hook ";

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          first  | forward     | drop
          second | forward     | drop
          first  | output      | udp dport 8472 drop
          second | input       | udp dport 8472 drop
          second | prerouting  | udp dport 8472 drop
          """)
  void whatDropsPacketsOfPodsMakesAPeerSilentUntilItEnds(String node, String hook, String rule) {
    Netns host = node.equals("first") ? nodes.first : nodes.second;

    host.exec("nft", TABLE + hook + " priority 0; " + rule + "; }; }");

    Reachability silent = await(both(Cause.SILENT));
    assertThat(silent.answered()).isZero();
    assertThat(silent.unreached())
        .allSatisfy(
            peer -> {
              assertThat(peer.everAnswered()).isTrue();
              assertThat(peer.offender()).isEmpty();
            });

    host.exec("nft", "delete table inet fault");

    await(ProberKernelTest::allAnswer);
  }

  @Test
  void thatThisHostRefusesToSendIsTold() {
    nodes.first.exec("nft", TABLE + "output priority 0; udp dport 7416 drop; }; }");

    Reachability refused = await(both(Cause.NOT_SENT));

    assertThat(refused.probed()).isZero();
    nodes.first.exec("nft", "delete table inet fault");
    await(ProberKernelTest::allAnswer);
  }

  @Test
  void whoRejectsIsTold() {
    nodes.first.exec("nft", TABLE + "forward priority 0; reject; }; }");

    // Then it is this node: by its gateway, in IPv6 by its probe address
    Reachability rejected = await(both(Cause.REJECTED));
    assertThat(rejected.unreached())
        .extracting(peer -> peer.offender().orElseThrow().toString())
        .containsExactly("10.244.1.1", "fd00:1::ffff:ffff:ffff:fffe");
    nodes.first.exec("nft", "delete table inet fault");
    await(ProberKernelTest::allAnswer);
  }

  @Test
  void aRejectionAtThePeersIsToldInIpv4() {
    nodes.second.exec("nft", TABLE + "forward priority 0; reject; }; }");

    // Then in IPv4 it is a router's answer. In IPv6 a host takes the address it was sent to for its
    // own source, and this one's is rejected on the way out.
    Reachability rejected = await(r -> r.unreached().size() == 2);
    assertThat(rejected.unreached().getFirst().cause()).isEqualTo(Cause.REJECTED);
    assertThat(rejected.unreached().getFirst().offender())
        .isEqualTo(Optional.of(IpAddress.parse("10.244.2.0")));
    assertThat(rejected.unreached().getLast().cause()).isEqualTo(Cause.SILENT);
    nodes.second.exec("nft", "delete table inet fault");
    await(ProberKernelTest::allAnswer);
  }

  @Test
  void aHoleForLargePacketsIsToldWithWhatPasses() {
    // Given an underlay that loses without a word what is larger than 1404 bytes: the device's MTU,
    // and the four bytes of a VLAN tag that a veth device has room for
    nodes.second.sh("ip link set under mtu 1400");

    await(both(Cause.LARGE_LOST));
    Reachability lost =
        await(
            r -> r.unreached().stream().allMatch(p -> p.largest().isPresent()),
            SOON.multipliedBy(5));

    // Then it is that less the 50 of the tunnel
    assertThat(lost.answered()).isEqualTo(2);
    assertThat(lost.unreached())
        .hasSize(2)
        .allSatisfy(
            peer -> {
              assertThat(peer.largest()).isEqualTo(OptionalInt.of(1354));
              assertThat(peer.lives()).isTrue();
            });
    nodes.second.sh("ip link set under mtu 1500");
    await(ProberKernelTest::allAnswer);
  }

  @Test
  void anMtuThatPodsAreToldIsNoHole() {
    // Given the same hole, but routes that know of it
    nodes.second.sh("ip link set under mtu 1400");
    await(both(Cause.LARGE_LOST));

    nodes.first.sh(
        """
        ip route change 10.244.2.0/24 via 10.244.2.0 dev tweed.1 onlink mtu 1350
        ip route change fd00:2::/64 via fd00:2:: dev tweed.1 onlink mtu 1350
        """);

    await(ProberKernelTest::allAnswer, SOON.multipliedBy(5)); // a search ends first
    nodes.second.sh("ip link set under mtu 1500");
    nodes.first.sh(
        """
        ip route change 10.244.2.0/24 via 10.244.2.0 dev tweed.1 onlink
        ip route change fd00:2::/64 via fd00:2:: dev tweed.1 onlink
        """);
  }

  @Test
  void withoutItsOwnDeviceItKnowsNothing() {
    nodes.first.sh("ip link del tweed-probe");

    Reachability nothing = await(r -> r.proof() == Proof.PROBES && r.probed() == 0);

    assertThat(nothing.unreached()).isEmpty();
    ProbedNodes.makeProbeDevice(nodes.first, 1);
    await(ProberKernelTest::allAnswer);
    assertThat(told).isEmpty();
  }

  @Test
  void aPeerWithoutItsDeviceIsSilent() {
    nodes.second.sh("ip link del tweed-probe");

    await(both(Cause.SILENT).or(both(Cause.REJECTED)));

    ProbedNodes.makeProbeDevice(nodes.second, 2);
    await(ProberKernelTest::allAnswer);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          forward    | 0    | ct state invalid drop
          prerouting | -300 | notrack
          input      | 0    | icmp type echo-request drop; icmpv6 type echo-request drop
          """)
  void whatLeavesPodsAloneMakesNobodySilent(String hook, int priority, String rules) {
    for (Netns host : List.of(nodes.first, nodes.second)) {
      host.exec("nft", TABLE + hook + " priority " + priority + "; " + rules + "; }; }");
      host.sh("sysctl -qw net.ipv4.icmp_echo_ignore_all=1 net.ipv6.icmp.echo_ignore_all=1");
    }

    // When all are asked anew
    prober.targets(ProbeTargets.NONE);
    await(r -> r.proof() == Proof.OFF);
    prober.targets(ProbedNodes.targets());

    Reachability first = await(r -> r.proof() == Proof.PROBES);
    assertThat(first).matches(ProberKernelTest::allAnswer);
    for (Netns host : List.of(nodes.first, nodes.second)) {
      host.exec("nft", "delete table inet fault");
    }
  }

  @ParameterizedTest
  @CsvSource({"true, true", "true, false", "false, true"})
  void blocksWithoutAProbeAddressAreAskedByEcho(boolean ownSmall, boolean peerSmall) {
    // Given a host firewall that lets in at the peer what the tunnel needs
    nodes.second.exec("nft", TABLE + "input priority 0; policy drop; udp dport 8472 accept; }; }");

    prober.targets(ProbedNodes.targets(ownSmall, peerSmall));

    Predicate<Reachability> answer = r -> r.isKnown() && r.byEcho() == 2 && r.answered() == 2;
    assertThat(await(answer).proof()).isEqualTo(ownSmall ? Proof.ECHO : Proof.PROBES);
    nodes.second.exec("nft", "delete table inet fault");

    // And what is silent is told, FORWARD of an end that is behind its bridge included
    Netns host = ownSmall ? nodes.second : nodes.first;
    String hook =
        ownSmall && peerSmall ? "prerouting priority 0; udp dport 8472" : "forward priority 0;";
    host.exec("nft", TABLE + hook + " drop; }; }");
    await(both(Cause.SILENT));
    host.exec("nft", "delete table inet fault");
  }

  @Test
  void aDropInForwardThatNoEchoShowsIsTold() {
    prober.targets(ProbedNodes.targets(true, true));
    Reachability seen = await(r -> r.proof() == Proof.ECHO && r.answered() == 2);
    assertThat(judged(seen).reason()).isEqualTo(Reachable.Reason.PeersAnswer);

    nodes.first.exec("nft", TABLE + "forward priority 0; drop; }; }");

    Reachable dropped = judged(seen);
    assertThat(dropped.reason()).isEqualTo(Reachable.Reason.ForwardDropped);
    assertThat(dropped.message())
        .contains(
            "2 of 2 probed peers answer, 2 asked by echo to their nodes",
            "packets from 10.245.1.0/30 to other nodes are dropped in FORWARD of this host by chain c"
                + " of table inet fault");
    assertThat(dropped.findings()).anyMatch(NodeFinding::blocking);
    nodes.first.exec("nft", "delete table inet fault");
  }

  /** With the rules that the first has now. */
  private static Reachable judged(Reachability seen) {
    HostFirewall firewall =
        nodes.first.call(
            () ->
                new HostFirewallReader(
                        Path.of("/"),
                        Path.of("/proc/thread-self/net"),
                        new NftCommand(Path.of("nft"), Duration.ofSeconds(10)))
                    .read());
    NetworkNeeds needs =
        new NetworkNeeds(
            Optional.of(new NetworkNeeds.Tunnel("tweed.1", 8472, false, Optional.empty())),
            "tweed-br0",
            Optional.of("under"),
            List.of("under"),
            List.of(IpAddress.parse("192.0.2.1")),
            List.of(IpPrefix.parse("10.244.0.0/15"), IpPrefix.parse("fd00::/15")));
    return ReachabilityPlanner.plan(
        NodeStatus.State.READY,
        "",
        Optional.empty(),
        Optional.of(seen),
        ForwardEvaluator.evaluate(
                firewall,
                needs,
                List.of(IpPrefix.parse("10.245.1.0/30"), IpPrefix.parse("fd01:1::/126")))
            .map(drops -> drops.isEmpty() ? Firewall.FORWARD_PASSES : String.join("; ", drops)));
  }

  @Test
  void aPeerThatIsGoneShowsNoSignOfLife() {
    assertThat(await(fault("udp dport 8472 drop")).unreached()).allMatch(UnreachedPeer::lives);
    endFault();

    assertThat(await(fault("drop")).unreached()).noneMatch(UnreachedPeer::lives);
    endFault();
  }

  /** Drops at the peer's; then it is silent. */
  private Predicate<Reachability> fault(String rule) {
    nodes.second.exec("nft", TABLE + "prerouting priority 0; " + rule + "; }; }");
    return both(Cause.SILENT);
  }

  private void endFault() {
    nodes.second.exec("nft", "delete table inet fault");
    await(ProberKernelTest::allAnswer);
  }
}
