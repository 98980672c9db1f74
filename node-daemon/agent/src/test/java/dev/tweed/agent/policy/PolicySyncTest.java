package dev.tweed.agent.policy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tweed.agent.cluster.ClusterView;
import dev.tweed.agent.cluster.NodePolicyRecord;
import dev.tweed.agent.cluster.PolicyView;
import dev.tweed.agent.cluster.Views;
import dev.tweed.agent.cni.LeaseReader;
import dev.tweed.agent.finding.AgentReason;
import dev.tweed.agent.finding.NodeFinding;
import dev.tweed.crds.NodePolicyStatus;
import dev.tweed.crds.PeerSliceName;
import dev.tweed.crds.PeerSliceSpec;
import dev.tweed.enforce.gate.CniResultReader;
import dev.tweed.enforce.table.CompiledPolicies;
import dev.tweed.ip.IpAddress;
import dev.tweed.netlink.testing.Netns;
import dev.tweed.policy.Action;
import dev.tweed.policy.Direction;
import dev.tweed.policy.IpBlock;
import dev.tweed.policy.Peers;
import dev.tweed.policy.PodEntry;
import dev.tweed.policy.PolicyNames;
import dev.tweed.policy.PolicyRef;
import dev.tweed.policy.Program;
import dev.tweed.policy.Rule;
import dev.tweed.policy.Tier;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A node with a bridge and a pod on it, the runtime's cache of results, and a host outside. */
@Tag("kernel")
class PolicySyncTest {

  private static final String UID = "11111111-2222-3333-4444-555555555555";
  private static final String PROGRAM = PolicyNames.program("policy");
  private static final int GROUP = 7;

  /** Pods that there are at a time. */
  private static final int PLACES = 8;

  private static final String POD = "10.244.1.2";
  private static final String NAMESPACES = PolicyNames.namespace("closed");

  @TempDir Path directory;
  @AutoClose private final Netns node = Netns.open();
  @AutoClose private final Netns pod = Netns.open();
  @AutoClose private final Netns outside = Netns.open();
  private final Map<AgentReason, NodeFinding> findings = new EnumMap<>(AgentReason.class);
  private final List<Duration> again = new ArrayList<>();
  private ClusterView cluster =
      new Views().network("default", "2026-01-01T00:00:00Z").subnet(1).view();
  private volatile PolicyView policies =
      new PolicyView(ClusterView.Listing.RECEIVED, Optional.empty(), Map.of(), Map.of());
  private long now;
  private int repairs;
  private int changes;
  private PolicySync sync;

  @BeforeEach
  void start() throws IOException {
    Files.createDirectories(directory.resolve("results"));
    node.sh(
        """
        ip link add tweed-br0 type bridge; ip link set tweed-br0 up; ip addr add 10.244.1.1/24 dev tweed-br0
        ip link add tweed-probe type veth peer name tweed-probe-br
        ip link set tweed-probe-br alias tweed:default; ip link set tweed-probe-br master tweed-br0 up
        for s in bridge-nf-call-iptables bridge-nf-call-ip6tables; do echo 1 >/proc/sys/net/bridge/$s; done
        echo 1 >/proc/sys/net/ipv4/ip_forward
        ip link add veth1 type veth peer name eth0 netns %s; ip link set veth1 master tweed-br0 up
        ip link add right type veth peer name eth0 netns %s
        ip addr add 192.0.2.1/24 dev right; ip link set right up
        """
            .formatted(pod.path(), outside.path()));
    pod.sh(
        "ip addr add 10.244.1.2/24 dev eth0; ip link set eth0 up; ip route add default via 10.244.1.1");
    outside.sh(
        "ip addr add 192.0.2.2/24 dev eth0; ip link set eth0 up; ip route add default via 192.0.2.1");
    sync = sync();
  }

  @AfterEach
  void close() {
    sync.close();
  }

  private PolicySync sync() throws IOException {
    return new PolicySync(
        "n1",
        () -> cluster,
        () -> policies,
        (programs, sets) -> true,
        PolicyOptions.DEFAULT,
        () -> Optional.of(new CniResultReader(directory.resolve("results")).read()),
        new LeaseReader(directory.resolve("cni"))::holder,
        directory.resolve("results"),
        Path.of("/proc/sys/net"),
        Files.createDirectories(directory.resolve("run")),
        directory.resolve("state"),
        new PolicySync.Listener() {
          @Override
          public void found(AgentReason reason, Optional<NodeFinding> finding) {
            finding.ifPresentOrElse(f -> findings.put(reason, f), () -> findings.remove(reason));
          }

          @Override
          public void enforced(Optional<EnforcedPolicies> policies) {}

          @Override
          public void changed() {
            changes++;
          }

          @Override
          public void repaired() {
            repairs++;
          }

          @Override
          public void again(Duration delay) {
            again.add(delay);
          }

          @Override
          public void ready() {}
        },
        OptionalInt.of(GROUP),
        () -> now);
  }

  @Test
  void withoutPoliciesThereIsNoTable() throws IOException {
    result("veth1", mac());
    run();
    assertThat(node.exec("nft", "list", "tables")).isEmpty();
    assertThat(sync.isReady()).isTrue();
    assertThat(again).as("there is nothing to be looked at now and then").isEmpty();
    assertThat(changes).isZero();

    policies = policies(Optional.of(entry(PROGRAM)), Map.of(PROGRAM, Optional.of(isolated())));
    run();
    assertThat(node.exec("nft", "list", "tables")).contains("tweed-policy");
    assertThat(again).as("packets are counted").containsExactly(Duration.ofSeconds(10));
    assertThat(pings()).isFalse();
    assertThat(changes).isEqualTo(1);
    run();
    assertThat(changes).as("what did not change is not told").isEqualTo(1);

    policies = new PolicyView(ClusterView.Listing.RECEIVED, Optional.empty(), Map.of(), Map.of());
    run();
    assertThat(node.exec("nft", "list", "tables")).isEmpty();
    assertThat(pings()).isTrue();
  }

  @Test
  void aPodThatStartsIsClosedUntilTheWordIsThere() throws IOException {
    policies = policies(Optional.empty(), Map.of());
    run();
    assertThat(pings()).as("nobody knows it").isFalse();
    assertThat(findings).isEmpty();

    result("veth1", mac());
    run();
    assertThat(pings()).as("its namespace waits").isFalse();
    assertThat(sync.enforced().orElseThrow().waiting()).isEqualTo(1);
    now += Duration.ofSeconds(11).toNanos();
    run();
    assertThat(findings.get(AgentReason.PodsWaitForPolicy).message()).contains("closed/pod");

    policies = policies(Optional.of(entry(PROGRAM)), Map.of(PROGRAM, Optional.of(open())));
    run();
    assertThat(pings()).as("a rule allows it").isTrue();
    assertThat(findings).isEmpty();
    NodePolicyStatus status =
        NodePolicyStatusMapper.map(
            sync.enforced().orElseThrow(), Optional.empty(), Instant.parse("2026-01-01T00:00:00Z"));
    assertThat(status.conditions().getFirst().status()).isEqualTo("True");
    assertThat(status.pods()).isEqualTo(1);
    assertThat(status.programs())
        .containsExactly(new NodePolicyStatus.ProgramState(PROGRAM, 7L, 1, 0L));
    assertThat(status.dropped()).isPositive();

    Files.delete(directory.resolve("results/tweed-1-eth0"));
    run();
    assertThat(pings()).as("the address is nobody's again").isFalse();
  }

  @Test
  void whileResultsCannotBeReadPodsStayAsTheyAre() throws IOException {
    policies = policies(Optional.of(entry(PROGRAM)), Map.of(PROGRAM, Optional.of(open())));
    result("veth1", mac());
    run();
    assertThat(pings()).isTrue();

    Path results = directory.resolve("results");
    Files.move(results, directory.resolve("aside"));
    Files.createSymbolicLink(results, results);
    assertThat(node.call(sync::getAsBoolean)).isFalse();
    assertThat(pings()).isTrue();
    assertThat(findings.get(AgentReason.PolicyTableFailed).message())
        .contains("results of CNI plugins cannot be read");

    Files.delete(results);
    Files.move(directory.resolve("aside"), results);
    run();
    assertThat(findings).isEmpty();
  }

  @Test
  void aPodOfANamespaceThatNoPolicySelectsDoesNotWait() throws IOException {
    policies =
        new PolicyView(
            ClusterView.Listing.RECEIVED,
            Optional.of(new NodePolicyRecord("uid", 1, List.of(), Set.of(), Optional.empty())),
            Map.of(),
            Map.of(
                new PeerSliceName("namespaces", 0),
                Optional.of(new PeerSliceSpec(1, List.of(), List.of("0123456789abcdef"), null))));
    run();
    result("veth1", mac());
    run();

    assertThat(pings()).isTrue();
    assertThat(sync.enforced().orElseThrow().waiting()).isZero();
  }

  @Test
  void theFirstPodOfANewNodeIsClosedThoughTheRuntimeHasNoDirectoryYet() throws IOException {
    Files.delete(directory.resolve("results"));
    node.sh("ip link set veth1 nomaster");
    policies = policies(Optional.empty(), Map.of());
    run();
    node.sh("ip link set veth1 master tweed-br0");
    run();
    assertThat(pings()).as("the runtime is just making it").isFalse();
    assertThat(findings).isEmpty();

    now += Duration.ofSeconds(11).toNanos();
    run();

    assertThat(pings()).as("there will be none").isTrue();
    assertThat(findings).containsKey(AgentReason.PodsNotGated);
  }

  @Test
  void podsThatRanBeforeWithoutADirectoryAreNotClosed() throws IOException {
    Files.delete(directory.resolve("results"));
    policies = policies(Optional.empty(), Map.of());
    run();

    assertThat(pings()).isTrue();
    assertThat(findings).containsKey(AgentReason.PodsNotGated);
  }

  @Test
  void policiesAreInForceForPodsOfABlockThatRetires() throws IOException {
    cluster = new Views().network("default", "2026-01-01T00:00:00Z").subnet("10.244.7.0/24").view();
    policies = policies(Optional.of(entry(PROGRAM)), Map.of(PROGRAM, Optional.of(isolated())));
    result("veth1", mac());
    assertThat(pings()).isTrue();
    run();

    assertThat(pings()).isFalse();
  }

  @Test
  void aResultOfAnotherBootGivesNobodyItsPolicies() throws IOException {
    policies = policies(Optional.of(entry(PROGRAM)), Map.of(PROGRAM, Optional.of(open())));
    result("veth1", "02:00:00:00:00:99");
    run();
    assertThat(pings()).isFalse();

    result("veth0", mac());
    run();
    assertThat(pings()).isFalse();
  }

  /** By udev, which has its own policy for them and is later than the plugin. */
  @Test
  void aPortWhoseHardwareAddressChangesStaysThePods() throws IOException {
    policies = policies(Optional.of(entry(PROGRAM)), Map.of(PROGRAM, Optional.of(open())));
    result("veth1", mac());
    lease("1");
    run();
    assertThat(pings()).isTrue();

    node.sh("ip link set veth1 address 02:00:00:00:00:77");
    run();

    assertThat(pings()).isTrue();
  }

  /** The API tells a pod's old address until its new sandbox has another. */
  @Test
  void afterABootAPodsOldAddressLetsInNobodyElse() throws IOException {
    PodEntry told =
        new PodEntry(UID, Set.of(IpAddress.parse("10.244.1.2")), Set.of(PROGRAM), List.of());
    policies = policies(Optional.of(told), Map.of(PROGRAM, Optional.of(open())));

    run();

    assertThat(pings()).isFalse();
  }

  @Test
  void anAddressThatAnotherPodGotWhileTheDaemonWasAwayIsClosed() throws IOException {
    result("veth1", mac());
    run();
    policies = policies(Optional.empty(), Map.of());
    run();
    assertThat(pings()).as("it ran before").isTrue();

    sync.close();
    Path file = directory.resolve("results/tweed-1-eth0");
    Files.writeString(file, Files.readString(file).replace(UID, "another"));
    sync = sync();
    run();

    assertThat(pings()).isFalse();
    assertThat(sync.enforced().orElseThrow().waiting()).isEqualTo(1);
  }

  @Test
  void whereTheDirectoryIsAnotherRuntimesPodsAreNotClosedForEver() throws IOException {
    Files.createFile(directory.resolve("results/bridge-old-eth0"));
    policies = policies(Optional.empty(), Map.of());
    run();
    assertThat(pings()).as("it may just be written").isFalse();

    now += Duration.ofSeconds(11).toNanos();
    run();

    assertThat(pings()).isTrue();
    assertThat(findings).containsKey(AgentReason.PodsNotGated);

    result("veth1", mac());
    run();
    assertThat(pings()).as("its namespace waits").isFalse();
    assertThat(findings).doesNotContainKey(AgentReason.PodsNotGated);
  }

  @Test
  void anAddressInTwoResultsIsClosed() throws IOException {
    policies = policies(Optional.of(entry(PROGRAM)), Map.of(PROGRAM, Optional.of(open())));
    result("veth1", mac());
    run();
    assertThat(pings()).isTrue();

    Files.writeString(
        directory.resolve("results/tweed-2-eth0"),
        Files.readString(directory.resolve("results/tweed-1-eth0")).replace(UID, "another"));
    run();

    assertThat(pings()).isFalse();
  }

  @Test
  void runningPodsKeepRunningWhenTheFirstPolicyComesAndWhenTheDaemonIsReplaced()
      throws IOException {
    result("veth1", mac());
    run();

    policies = policies(Optional.empty(), Map.of());
    run();
    assertThat(pings()).as("it ran before").isTrue();

    sync.close();
    sync = sync();
    run();
    assertThat(pings()).isTrue();
  }

  @Test
  void whatIsMissingIsWaitedForAndThenClosed() throws IOException {
    result("veth1", mac());
    policies = policies(Optional.of(entry(PROGRAM)), Map.of(PROGRAM, Optional.of(open())));
    run();
    String other = PolicyNames.program("other");

    policies = policies(Optional.of(entry(PROGRAM, other)), Map.of(PROGRAM, Optional.of(open())));
    run();
    assertThat(pings()).as("it may be on its way").isTrue();
    assertThat(again).contains(Duration.ofSeconds(1));

    now += Duration.ofSeconds(1).toNanos();
    run();
    assertThat(pings()).isFalse();

    policies = policies(Optional.of(entry(PROGRAM)), Map.of());
    run();
    assertThat(pings()).as("one that was known and is gone counts as it was").isTrue();
  }

  @Test
  void aTableThatSomebodyRemovesIsThereAgain() throws IOException {
    result("veth1", mac());
    policies = policies(Optional.of(entry(PROGRAM)), Map.of(PROGRAM, Optional.of(isolated())));
    run();
    run();
    assertThat(repairs).isZero();

    node.sh("nft delete table inet tweed-policy");
    assertThat(pings()).isTrue();
    run();

    assertThat(pings()).isFalse();
    assertThat(repairs).isEqualTo(1);
  }

  @Test
  void aTableThatCannotBeMadeAgainIsNotInForce() throws Exception {
    result("veth1", mac());
    policies = policies(Optional.of(entry(PROGRAM)), Map.of(PROGRAM, Optional.of(isolated())));
    run();
    node.sh("nft delete table inet tweed-policy");
    // One with an owner is only for that, as long as it has its socket.
    Process owner =
        new ProcessBuilder("nsenter", "--net=" + node.path(), "nft", "-i")
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start();
    try (var commands = owner.outputWriter()) {
      commands.append("add table inet tweed-policy { flags owner; }\n").flush();
      await().until(() -> node.exec("nft", "list", "tables").contains("tweed-policy"));

      assertThat(node.call(sync::getAsBoolean)).isFalse();
    } finally {
      owner.destroy();
      owner.waitFor();
    }

    assertThat(status().programs()).isEmpty();
    assertThat(status().conditions().getFirst().reason()).isEqualTo("PolicyTableFailed");

    run();
    assertThat(status().programs()).hasSize(1);
    assertThat(status().conditions().getFirst().status()).isEqualTo("True");
  }

  private NodePolicyStatus status() {
    return NodePolicyStatusMapper.map(
        sync.enforced().orElseThrow(), Optional.empty(), Instant.parse("2026-01-01T00:00:00Z"));
  }

  @ParameterizedTest
  @EnumSource(names = {"AWAITED", "REFUSED"})
  void afterABootPodsAreClosedBeforeAnythingIsKnown(ClusterView.Listing listing)
      throws IOException {
    policies = policies(Optional.empty(), Map.of());
    run();
    node.sh("nft delete table inet tweed-policy");
    sync.close();
    sync = sync();
    result("veth1", mac());
    policies = new PolicyView(listing, Optional.empty(), Map.of(), Map.of());
    assertThat(sync.isReady()).isFalse();

    run();

    assertThat(pings()).isFalse();
    assertThat(sync.isReady()).isTrue();
  }

  /**
   * What the first transactions of a large table leave, if the daemon does not live to the last.
   */
  @Test
  void aTableThatWasOnlyBegunIsNoneThatCloses() throws IOException {
    policies = policies(Optional.empty(), Map.of());
    run();
    sync.close();
    node.sh(
        """
        nft delete table inet tweed-policy
        nft add table inet tweed-policy
        nft 'add set inet tweed-policy s-00000000000000000001-4 { type ipv4_addr; }'
        """);
    sync = sync();
    result("veth1", mac());
    policies = new PolicyView(ClusterView.Listing.AWAITED, Optional.empty(), Map.of(), Map.of());

    run();

    assertThat(pings()).isFalse();
  }

  @Test
  void aPodSendsFromItsOwnAddressesOnly() throws IOException {
    result("veth1", mac());
    policies = policies(Optional.of(entry(PROGRAM)), Map.of(PROGRAM, Optional.of(open())));
    pod.sh("ip addr add 10.244.1.77/24 dev eth0");
    assertThat(pingsFrom("10.244.1.77")).isTrue();
    run();

    assertThat(pingsFrom("10.244.1.77")).isFalse();
    assertThat(pingsFrom("10.244.1.2")).isTrue();
    run();
    assertThat(sync.enforced().orElseThrow().dropsByCause().get(CompiledPolicies.Cause.SPOOFED))
        .isPositive();

    node.sh("nft delete table bridge tweed-spoof");
    run();
    assertThat(pingsFrom("10.244.1.77")).isFalse();
    assertThat(repairs).isEqualTo(1);
  }

  @Test
  void afterABootPodsAreClosedThoughResultsCannotBeRead() throws IOException {
    policies = policies(Optional.empty(), Map.of());
    run();
    node.sh("nft delete table inet tweed-policy");
    sync.close();
    sync = sync();
    Path results = directory.resolve("results");
    Files.delete(results);
    Files.createSymbolicLink(results, results);
    policies = new PolicyView(ClusterView.Listing.AWAITED, Optional.empty(), Map.of(), Map.of());

    run();

    assertThat(pings()).isFalse();
    assertThat(sync.isReady()).isTrue();
  }

  @Test
  void anAddressThatIsAnotherPodsAtOnceHasNothingOfTheOneBefore() throws Exception {
    result("veth1", mac());
    Path file = directory.resolve("results/tweed-1-eth0");
    policies = policies(Optional.of(entry(PROGRAM)), Map.of(PROGRAM, Optional.of(open())));
    run();
    Process ping = pingAllTheTime();
    try {
      await().until(() -> echoes() > 3);

      // When another pod has it, of which nobody has said anything, and then that it is isolated
      Files.writeString(file, Files.readString(file).replace(UID, "other"));
      run();
      long then = echoes();
      assertThat(pings()).isFalse();
      String isolated = PolicyNames.program("isolated");
      policies =
          policies(
              Optional.of(new PodEntry("other", Set.of(), Set.of(isolated), List.of())),
              Map.of(isolated, Optional.of(isolated())));
      run();

      // Then not even what was under way gets through
      assertThat(pings()).isFalse();
      assertThat(echoes()).isEqualTo(then);

      // When it is the first one's again
      Files.writeString(file, Files.readString(file).replace("other", UID));
      policies = policies(Optional.of(entry(PROGRAM)), Map.of(PROGRAM, Optional.of(open())));
      run();

      await().until(() -> echoes() > then);
    } finally {
      ping.destroy();
      ping.waitFor();
    }
  }

  /** A hundred times a second; the daemon takes what there is when it comes to it. */
  @Test
  void aPolicyThatChangesAllTheTimeLeavesNothingBehindAndNoMomentOpen() throws Exception {
    result("veth1", mac());
    changeTo(from(200));
    List<String> before = objects();
    Process ping = pingAllTheTime();
    try (ScheduledExecutorService operator = Executors.newSingleThreadScheduledExecutor()) {
      AtomicInteger changes = new AtomicInteger();
      operator.scheduleAtFixedRate(
          () -> policies = with(from(200 + changes.incrementAndGet() % 50)),
          0,
          10,
          TimeUnit.MILLISECONDS);
      for (int syncs = 0; changes.get() < 200 || syncs < 20; syncs++) {
        run();
      }
      operator.shutdownNow();
      operator.awaitTermination(10, TimeUnit.SECONDS);

      changeTo(from(200));
      assertThat(echoes()).as("to one that none of them allows").isZero();
      assertThat(objects()).isEqualTo(before);
      assertThat(repairs).isZero();

      // When the last one allows it
      changeTo(open());

      await().until(() -> echoes() > 0);
    } finally {
      ping.destroy();
      ping.waitFor();
    }
  }

  /**
   * Pods come and go, each with the next address as host-local gives them, and send from the moment
   * that they can, before the result of the plugin is written, too. Half of them the operator has
   * told of before. {@code -Dtweed.pods=10000} is the long form.
   */
  @Test
  void podsThatComeAndGoNeverReachWhatIsDeniedThem() throws Exception {
    int count = Integer.getInteger("tweed.pods", 60);
    Program silent =
        new Program(
            PROGRAM,
            new PolicyRef(PolicyRef.Kind.NETWORK_POLICY, "policy", 7),
            Tier.NETWORK_POLICY,
            0,
            Set.of(Direction.EGRESS),
            List.of(),
            List.of());
    Map<String, Optional<Program>> programs = Map.of(PROGRAM, Optional.of(silent));
    Deque<PodEntry> told = new ArrayDeque<>();
    policies = policies(told, programs);
    run();
    Set<Integer> received = ConcurrentHashMap.newKeySet();
    List<Netns> places = new ArrayList<>();
    try (ExecutorService daemon = Executors.newSingleThreadExecutor();
        DatagramSocket server =
            outside.call(() -> new DatagramSocket(new InetSocketAddress("192.0.2.2", 7000)))) {
      Thread.ofVirtual().start(() -> receive(server, received));
      for (int i = 0; i < PLACES; i++) {
        places.add(Netns.open());
      }
      for (int i = 0; i < count; i++) {
        Netns place = places.get(i % PLACES);
        String device = "place" + i % PLACES;
        if (i >= PLACES) {
          told.removeFirst();
          Files.delete(directory.resolve("results/tweed-pod-%d-eth0".formatted(i - PLACES)));
          node.sh("ip link del " + device);
        }
        String address = "10.244.1." + (2 + i % 250);
        PodEntry entry =
            new PodEntry("pod-" + i, Set.of(), isOpen(i) ? Set.of() : Set.of(PROGRAM), List.of());
        boolean toldBefore = i % 2 == 0;
        if (toldBefore) {
          told.add(entry);
          policies = policies(told, programs);
        }

        String mac =
            node.sh(
                    "ip link add %1$s type veth peer name eth0 netns %2$s; ip link set %1$s master tweed-br0 up; ip -o link show %1$s | sed 's/.*ether \\([^ ]*\\).*/\\1/'"
                        .formatted(device, place.path()))
                .strip();
        place.sh(
            "ip addr add %s/24 dev eth0; ip link set eth0 up; ip route add default via 10.244.1.1"
                .formatted(address));
        int pod = i;
        Future<Boolean> sync = daemon.submit(() -> node.call(this.sync::getAsBoolean));
        place.call(() -> send(pod, 2));
        Files.writeString(
            directory.resolve("results/tweed-pod-%d-eth0".formatted(i)),
            result("pod-" + i, address, device, mac));
        Future<Boolean> next = daemon.submit(() -> node.call(this.sync::getAsBoolean));
        place.call(() -> send(pod, 10));
        assertThat(sync.get() && next.get()).isTrue();
        if (!toldBefore) {
          told.add(entry);
          policies = policies(told, programs);
          run();
        }
        place.call(() -> send(pod, 2));
      }
      List<Integer> open =
          IntStream.range(0, count).filter(PolicySyncTest::isOpen).boxed().toList();
      await().untilAsserted(() -> assertThat(received).containsExactlyInAnyOrderElementsOf(open));
    } finally {
      places.forEach(Netns::close);
    }
  }

  private static boolean isOpen(int pod) {
    return pod % 5 == 0;
  }

  /** Its number to the host outside, once a millisecond. */
  private static Void send(int pod, int times) throws IOException, InterruptedException {
    try (DatagramSocket socket = new DatagramSocket()) {
      byte[] number = ByteBuffer.allocate(4).putInt(pod).array();
      for (int i = 0; i < times; i++) {
        socket.send(
            new DatagramPacket(number, number.length, new InetSocketAddress("192.0.2.2", 7000)));
        Thread.sleep(1);
      }
    }
    return null;
  }

  private static void receive(DatagramSocket server, Set<Integer> numbers) {
    DatagramPacket packet = new DatagramPacket(new byte[4], 4);
    while (!server.isClosed()) {
      try {
        server.receive(packet);
        numbers.add(ByteBuffer.wrap(packet.getData()).getInt());
      } catch (IOException closed) {
        return;
      }
    }
  }

  private void changeTo(Program program) {
    policies = with(program);
    run();
  }

  private static PolicyView with(Program program) {
    return policies(Optional.of(entry(PROGRAM)), Map.of(PROGRAM, Optional.of(program)));
  }

  private static Program from(int host) {
    return program(
        List.of(Rule.of(0, Action.ACCEPT, Peers.blocks(IpBlock.of("192.0.2." + host + "/32")))));
  }

  /** Chains, sets and maps of the table. */
  private List<String> objects() {
    return node.exec("nft", "list", "table", "inet", "tweed-policy")
        .lines()
        .filter(line -> line.matches("\\t(chain|set|map) .*"))
        .toList();
  }

  /** A flow from outside. */
  private Process pingAllTheTime() throws IOException {
    return new ProcessBuilder("nsenter", "--net=" + outside.path(), "ping", "-i", "0.01", POD)
        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
        .start();
  }

  /** Answers that came back outside. */
  private long echoes() {
    // RFC 4293, icmpMsgStatsInPkts of type 0, as /proc/net/snmp has it.
    return Long.parseLong(
        outside.sh("awk '/^Icmp:/ { n = $11 } END { print n }' /proc/net/snmp").strip());
  }

  /** To its own node, which no policy is asked about. */
  private boolean pingsFrom(String source) {
    return pod.sh(
            "ping -c 1 -W 1 -I %s 10.244.1.1 >/dev/null && echo yes || echo no".formatted(source))
        .strip()
        .equals("yes");
  }

  @Test
  void anObjectThatCannotBeReadClosesAndHarmsNobody() throws IOException {
    result("veth1", mac());
    policies = policies(Optional.of(entry(PROGRAM)), Map.of(PROGRAM, Optional.empty()));
    run();
    now += Duration.ofSeconds(1).toNanos();
    run();
    assertThat(pings()).isFalse();
    Files.writeString(directory.resolve("results/x"), "{\"result\":");
    Files.write(directory.resolve("results/y"), new byte[] {0, 1, 2});
    run();
    assertThat(sync.enforced()).isPresent();
  }

  private void run() {
    assertThat(node.call(sync::getAsBoolean)).isTrue();
    now += Duration.ofMillis(1).toNanos();
  }

  private boolean pings() {
    return outside
        .sh("ping -c 1 -W 1 10.244.1.2 >/dev/null && echo yes || echo no")
        .strip()
        .equals("yes");
  }

  private void lease(String container) throws IOException {
    Files.writeString(
        Files.createDirectories(directory.resolve("cni/tweed")).resolve("10.244.1.2"),
        container + "\r\neth0");
  }

  private String mac() {
    return node.sh("ip -o link show veth1 | sed 's/.*ether \\([^ ]*\\).*/\\1/'").strip();
  }

  private void result(String veth, String mac) throws IOException {
    Files.writeString(directory.resolve("results/tweed-1-eth0"), result(UID, POD, veth, mac));
  }

  private static String result(String uid, String address, String veth, String mac) {
    return """
        {"kind":"cniCacheV1","containerId":"1","config":"e30=","ifName":"eth0","networkName":"tweed",
        "cniArgs":[["IgnoreUnknown","1"],["K8S_POD_NAMESPACE","closed"],["K8S_POD_NAME","pod"],["K8S_POD_UID","%s"]],
        "capabilityArgs":{"io.kubernetes.cri.pod-annotations":{"K8S_POD_UID":"not this one"}},
        "result":{"cniVersion":"1.0.0","interfaces":[{"mac":"02:00:00:00:00:01","name":"tweed-br0"},
        {"mac":"%s","name":"%s"},{"mac":"02:00:00:00:00:03","name":"eth0","sandbox":"/run/netns/x"}],
        "ips":[{"address":"%s/24","gateway":"10.244.1.1","interface":2}]}}
        """
        .formatted(uid, mac, veth, address);
  }

  private static PodEntry entry(String... programs) {
    return new PodEntry(UID, Set.of(), Set.of(programs), List.of());
  }

  private static PolicyView policies(
      Optional<PodEntry> entry, Map<String, Optional<Program>> programs) {
    return policies(entry.stream().toList(), programs);
  }

  private static PolicyView policies(
      Collection<PodEntry> entries, Map<String, Optional<Program>> programs) {
    return new PolicyView(
        ClusterView.Listing.RECEIVED,
        Optional.of(
            new NodePolicyRecord("uid", 1, List.copyOf(entries), Set.of(), Optional.empty())),
        programs,
        Map.of(
            new PeerSliceName("namespaces", 0),
            Optional.of(new PeerSliceSpec(1, List.of(), List.of(NAMESPACES), null))));
  }

  private static Program isolated() {
    return program(List.of());
  }

  private static Program open() {
    return program(List.of(Rule.of(0, Action.ACCEPT, Peers.blocks(IpBlock.of("192.0.2.0/24")))));
  }

  private static Program program(List<Rule> ingress) {
    return new Program(
        PROGRAM,
        new PolicyRef(PolicyRef.Kind.NETWORK_POLICY, "policy", 7),
        Tier.NETWORK_POLICY,
        0,
        Set.of(Direction.INGRESS),
        ingress,
        List.of());
  }
}
