package dev.tweed.agent.daemon;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tweed.agent.api.ApiAccess;
import dev.tweed.agent.cluster.ClusterView;
import dev.tweed.agent.cluster.Connected;
import dev.tweed.agent.cluster.NodeRecord;
import dev.tweed.agent.cluster.SnapshotMapper;
import dev.tweed.agent.cluster.SubnetRecord;
import dev.tweed.agent.cluster.Views;
import dev.tweed.agent.cni.CniConfigWriter;
import dev.tweed.agent.cni.LeakedAddresses;
import dev.tweed.agent.cni.LeaseReader;
import dev.tweed.agent.cni.Mounts;
import dev.tweed.agent.cni.PodResults;
import dev.tweed.agent.fastpath.FastPathTarget;
import dev.tweed.agent.finding.NodeFinding;
import dev.tweed.agent.firewall.NetworkState;
import dev.tweed.agent.memory.Binding;
import dev.tweed.agent.memory.StateFile;
import dev.tweed.agent.policy.PolicyOptions;
import dev.tweed.agent.probe.ProbeTargets;
import dev.tweed.agent.status.Metrics;
import dev.tweed.agent.status.NodeStatus;
import dev.tweed.agent.status.RepairLog;
import dev.tweed.crds.LabelSelector;
import dev.tweed.crds.NodeReportStatus.Versions;
import dev.tweed.crds.PodNetworkSpec;
import dev.tweed.crds.testing.PodNetworkSpecs;
import dev.tweed.dataplane.ClusterSnapshot;
import dev.tweed.dataplane.DataPathException;
import dev.tweed.dataplane.DataPathOptions;
import dev.tweed.dataplane.Finding;
import dev.tweed.dataplane.Peer;
import dev.tweed.dataplane.Reason;
import dev.tweed.dataplane.SafePoints;
import dev.tweed.dataplane.SyncReport;
import dev.tweed.enforce.gate.CniResultReader;
import dev.tweed.ip.IpAddress;
import dev.tweed.ip.IpPrefix;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Supplier;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Faults that the real kernel cannot be made to show on demand. */
class NodeSyncTest {

  @TempDir Path directory;
  private final List<NetworkState> firewall = new ArrayList<>();
  private final List<ProbeTargets> probes = new ArrayList<>();
  private final List<Optional<FastPathTarget>> fastPath = new ArrayList<>();
  private boolean fastPathReady;
  private final List<NodeStatus> told = new ArrayList<>();
  private final List<List<SubnetRecord>> toldOf = new ArrayList<>();
  private final List<ClusterSnapshot> snapshots = new ArrayList<>();
  private ClusterView view = view(true);
  private Runnable onView = () -> {};
  private Supplier<SyncReport> kernel = () -> report(true);
  private final List<String> ended = new ArrayList<>();
  private final List<Duration> again = new ArrayList<>();
  private final List<Peer> early = new CopyOnWriteArrayList<>();
  private boolean taken = true;
  private int opened;
  private int cleanups;
  private List<String> remaining = List.of();
  private long now = Duration.ofDays(1).toNanos();
  private boolean policed = true;
  private PodResults pods;
  private NodeSync sync;

  @BeforeEach
  void start() throws IOException {
    for (String name : List.of("run", "conf", "bin")) {
      Files.createDirectory(directory.resolve(name));
    }
    for (String plugin : List.of("bridge", "host-local", "portmap", "loopback")) {
      Files.writeString(directory.resolve("bin").resolve(plugin), "").toFile().setExecutable(true);
    }
    sync = sync(/* replaceForeign= */ false);
  }

  private NodeSync sync(boolean replaceForeign) {
    LeaseReader leases = new LeaseReader(directory.resolve("run/cni"));
    pods =
        new PodResults(
            new CniResultReader(directory.resolve("results")),
            leases,
            Duration.ofDays(1),
            new PodResults.Listener() {
              @Override
              public void pods() {}

              @Override
              public void hostPorts() {}
            },
            () -> now);
    return new NodeSync(
        () -> {
          ClusterView now = view;
          onView.run();
          return now;
        },
        new SnapshotMapper("n1"),
        this::open,
        new CniSetup(
            new DaemonOptions(
                "n1",
                "test",
                new ApiAccess(Optional.empty(), Optional.empty(), directory),
                directory.resolve("conf"),
                directory.resolve("bin"),
                directory.resolve("bin"),
                directory.resolve("none"),
                directory.resolve("results"),
                directory.resolve("run"),
                directory.resolve("state"),
                Optional.empty(),
                new InetSocketAddress(0),
                replaceForeign,
                Optional.empty(),
                DataPathOptions.defaults(),
                PolicyOptions.DEFAULT),
            new StateFile(
                directory.resolve("state"),
                "cni-chain",
                CniConfigWriter.MEMORY_VERSION,
                CniConfigWriter.MEMORY_BYTES,
                () -> new Binding("n1", "", "", "")),
            pods,
            leases,
            () -> now,
            again::add,
            ended::add),
        () -> policed,
        firewall::add,
        again::add,
        (targets, network) -> probes.add(targets),
        fastPath::add,
        () -> fastPathReady,
        new NodeStatusFactory(
            "n1",
            new RepairLog(Clock.systemUTC(), List.of()),
            List.of("10.244.9.0/24"),
            () -> new Versions("test", null, null, null)),
        new Metrics(),
        (status, own) -> {
          told.add(
              new NodeStatus(
                  status,
                  Connected.YES,
                  List.of(),
                  Optional.empty(),
                  Optional.empty(),
                  List.of(),
                  Optional.empty()));
          toldOf.add(own);
        });
  }

  @Test
  void aNewNodeGoesToTheKernelAheadOfARun() {
    sync.getAsBoolean();

    sync.arrived(subnet(2));
    assertThat(sync.admit()).isTrue();
    assertThat(early).extracting(Peer::node).containsExactly("n2");
    assertThat(snapshots).hasSize(1);

    // One that claims what another has is for a run; so is all else while that has not been
    sync.arrived(new Views().subnet("10.244.2.0/24").view().subnets().getFirst());
    assertThat(sync.admit()).isFalse();
    taken = false;
    sync.arrived(subnet(3));
    assertThat(sync.admit()).isFalse();
    assertThat(early).extracting(Peer::node).containsExactly("n2", "n3");
  }

  @Test
  void whatARunHasSeenIsNotDoneAgain() {
    sync.arrived(subnet(2));
    sync.getAsBoolean();

    assertThat(sync.admit()).isTrue();
    assertThat(early).isEmpty();
  }

  @Test
  void oneThatComesDuringARunDoesNotWaitForItsEnd() {
    kernel =
        () -> {
          if (snapshots.size() == 2) {
            sync.arrived(subnet(3));
          }
          return report(true);
        };
    sync.getAsBoolean();

    // Given one before a run, and one on its way
    sync.arrived(subnet(2));
    sync.getAsBoolean();

    assertThat(early).extracting(Peer::node).containsExactly("n2", "n3");
    assertThat(again).isEmpty();

    // One that cannot be helped is for another run
    taken = false;
    kernel =
        () -> {
          sync.arrived(subnet(4));
          return report(true);
        };
    sync.getAsBoolean();
    assertThat(again).containsExactly(Duration.ZERO);
  }

  @Test
  void oneThatComesWhileARunComputesIsNotKeptWaiting() {
    kernel =
        () -> {
          if (snapshots.size() == 2) {
            sync.arrived(subnet(3));
            // By the thread that syncs, while this one goes on
            await().until(() -> early.size() == 1);
          }
          return report(true);
        };
    sync.getAsBoolean();
    sync.getAsBoolean();

    assertThat(early).extracting(Peer::node).containsExactly("n3");
    assertThat(again).isEmpty();
  }

  @Test
  void whatWasAdmittedWhileAViewWasMappedHoldsItsClaims() {
    sync.getAsBoolean();
    // Given one that comes right after the view was taken, which is another than before
    view = new Views().network("default", Views.day(1)).subnet(1).subnet(4).view();
    onView = () -> sync.arrived(subnet(2));
    sync.getAsBoolean();
    assertThat(early).extracting(Peer::node).containsExactly("n2");

    // Then no other gets its block
    onView = () -> {};
    sync.arrived(new Views().subnet("10.244.2.0/24").view().subnets().getFirst());
    assertThat(sync.admit()).isFalse();
  }

  @Test
  void beforeTheDataPathIsUpNothingIsDoneAheadOfARun() {
    sync.arrived(subnet(2));
    assertThat(sync.admit()).isFalse();

    kernel =
        () -> {
          throw new DataPathException("no", new IllegalStateException());
        };
    sync.getAsBoolean();
    sync.arrived(subnet(2));
    assertThat(sync.admit()).isFalse();
    assertThat(early).isEmpty();
  }

  private static SubnetRecord subnet(int node) {
    return new Views().subnet(node).view().subnets().getFirst();
  }

  @Test
  void podsAreInvitedOnlyWhenTheDataPathIsVerified() {
    // Given a data path that does not come up
    kernel = () -> report(false, new Finding(Reason.ModuleMissing, "vxlan", "missing", "load it"));

    // Then it is tried again, the node is not ready and the kubelet sees no CNI configuration
    assertThat(sync.getAsBoolean()).isFalse();
    assertThat(told.getLast().state()).isEqualTo(NodeStatus.State.FAILED);
    assertThat(told.getLast().reason()).isEqualTo("ModuleMissing");
    assertThat(directory.resolve("conf")).isEmptyDirectory();

    // When it does
    kernel = () -> report(true);

    assertThat(sync.getAsBoolean()).isTrue();
    assertThat(told.getLast().ready()).isTrue();
    assertThat(directory.resolve("conf/05-tweed.conflist")).exists();
  }

  @Test
  void noPodIsStartedBeforePoliciesAreInForce() {
    policed = false;

    assertThat(sync.getAsBoolean()).isFalse();

    assertThat(directory.resolve("conf/05-tweed.conflist")).doesNotExist();
    policed = true;
    sync.getAsBoolean();
    assertThat(directory.resolve("conf/05-tweed.conflist")).exists();
    policed = false;
    assertThat(sync.getAsBoolean()).as("a daemon that is replaced").isTrue();
  }

  @Test
  void aLaterFaultDoesNotWithdrawTheConfiguration() {
    sync.getAsBoolean();

    kernel = () -> report(false);
    sync.getAsBoolean();

    assertThat(told.getLast().ready()).isFalse();
    assertThat(directory.resolve("conf/05-tweed.conflist")).exists();
  }

  @Test
  void aRuntimeThatDidNotTakeTheConfigurationIsShownItAnew() throws IOException {
    // Given a kubelet that says it has no network, as each does at first
    view = withoutNetwork();
    sync.getAsBoolean();
    Object shown = shown();
    sync.getAsBoolean();
    assertThat(shown()).isEqualTo(shown);
    assertThat(told.getLast().findings()).isEmpty();

    // When it still does after a while
    now += Duration.ofSeconds(31).toNanos();
    sync.getAsBoolean();

    // Then the runtime gets to see another file, once, and the report says so
    Object anew = shown();
    assertThat(anew).isNotEqualTo(shown);
    sync.getAsBoolean();
    assertThat(shown()).isEqualTo(anew);
    assertThat(told.getLast().findings().getFirst().reason()).isEqualTo("CNIConfigUnseen");

    // Until it has taken it
    view = view(true);
    sync.getAsBoolean();
    assertThat(told.getLast().findings()).isEmpty();
  }

  private static ClusterView withoutNetwork() {
    ClusterView view = view(true);
    return new ClusterView(
        true,
        view.networks(),
        view.subnets(),
        view.policies(),
        Optional.of(new NodeRecord("n1", "", Map.of(), OptionalInt.empty(), false, true)));
  }

  /** What tells one file from another in its place. */
  private Object shown() throws IOException {
    return Files.readAttributes(
            directory.resolve("conf/05-tweed.conflist"),
            BasicFileAttributes.class,
            LinkOption.NOFOLLOW_LINKS)
        .fileKey();
  }

  @ParameterizedTest
  @ValueSource(strings = {"conf", "run"})
  @Tag("kernel")
  void aMountOfADirectoryThatWasRemovedNeedsAnotherStart(String name) throws Exception {
    // Given a directory of a host, mounted as in a pod
    Path ofHost = Files.createDirectory(directory.resolve("host"));
    try (Mounts mounts = new Mounts()) {
      mounts.run("mount", "--bind", ofHost.toString(), directory.resolve(name).toString());
      assertThat(mounts.call(sync::getAsBoolean)).isTrue();
      assertThat(ofHost).isNotEmptyDirectory();
      assertThat(ended).isEmpty();

      // When somebody removes it, and another one comes in its place
      mounts.run("rm", "-rf", ofHost.toString());
      Files.createDirectory(ofHost);

      // Then this process cannot mend that, and says so
      assertThat(mounts.call(sync::getAsBoolean)).isFalse();
      assertThat(ended).singleElement().asString().contains(name + " was removed");
    }
  }

  @Test
  void aDirectoryThatWasRemovedAndIsNoMountIsMadeAnew() throws IOException {
    sync.getAsBoolean();
    Files.delete(directory.resolve("conf/05-tweed.conflist"));
    Files.delete(directory.resolve("conf"));

    assertThat(sync.getAsBoolean()).isTrue();

    assertThat(directory.resolve("conf/05-tweed.conflist")).exists();
    assertThat(ended).isEmpty();
  }

  @Test
  void aDirectoryThatWasNeverThereIsNotMade() throws IOException {
    Files.delete(directory.resolve("conf"));

    assertThat(sync.getAsBoolean()).isFalse();

    assertThat(told.getLast().findings().getFirst().reason()).isEqualTo("CNIConfigFailed");
    assertThat(directory.resolve("conf")).doesNotExist();
  }

  @Test
  void aKernelThatCannotBeTalkedToIsOpenedAnew() {
    kernel =
        () -> {
          throw new DataPathException("no socket", new IOException("EPERM"));
        };

    assertThat(sync.getAsBoolean()).isFalse();
    assertThat(told.getLast().findings().getFirst().reason()).isEqualTo("DataPathFailed");

    kernel = () -> report(true);
    assertThat(sync.getAsBoolean()).isTrue();
    assertThat(opened).isEqualTo(2);
  }

  @Test
  void aPeerThatCannotBeProgrammedIsRetriedOnAReadyNode() {
    kernel =
        () -> report(true, new Finding(Reason.ProgrammingFailed, "10.244.2.0/24", "ENOBUFS", ""));

    assertThat(sync.getAsBoolean()).isFalse();
    assertThat(told.getLast().ready()).isTrue();
  }

  @Test
  void aNodeThatLeavesOutMostPeersIsNotReadyAndStaysProgrammed() {
    Finding invalid = new Finding(Reason.InvalidPeer, "n2", "left out", "look at it");

    // Given half of the peers that cannot be right
    kernel = () -> withPeers(2, invalid);
    sync.getAsBoolean();
    assertThat(told.getLast().ready()).isTrue();

    // When it is more than half
    kernel = () -> withPeers(1, invalid);
    assertThat(sync.getAsBoolean()).isTrue();

    assertThat(told.getLast().ready()).isFalse();
    assertThat(told.getLast().programmed()).isTrue();
    assertThat(told.getLast().blocking().orElseThrow().message())
        .startsWith("1 of 1 NodeSubnets of other nodes cannot be used");
    assertThat(directory.resolve("conf/05-tweed.conflist")).exists();
  }

  @Test
  void theDataPathIsLookedAtAgainWhenItAsksForThat() {
    sync.getAsBoolean();
    assertThat(again).isEmpty();

    kernel =
        () ->
            new SyncReport(
                true,
                "tweed.1",
                1450,
                Optional.empty(),
                0,
                0,
                List.of(),
                List.of(),
                Map.of(),
                List.of(),
                Optional.of(Duration.ofMillis(100)));
    assertThat(sync.getAsBoolean()).isTrue();

    assertThat(again).containsExactly(Duration.ofMillis(100));
  }

  private static SyncReport withPeers(int peers, Finding... findings) {
    return new SyncReport(
        true,
        "tweed.1",
        1450,
        Optional.empty(),
        peers,
        0,
        List.of(),
        List.of(findings),
        Map.of(),
        List.of(IpAddress.parse("10.244.1.254")),
        Optional.empty());
  }

  @Test
  void aPodNetworkThatIsGoneTouchesNothing() {
    view = view(false);

    assertThat(sync.getAsBoolean()).isTrue();
    assertThat(told.getLast().state()).isEqualTo(NodeStatus.State.WAITING);
    assertThat(opened).isZero();
  }

  @Test
  void aNodeWhoseSubnetIsGoneStillNamesTheBlockItsPodsUse() {
    // Given a daemon that was restarted, and knows what the one before it set up
    ClusterView with = view;
    view = withoutSubnet();
    sync.getAsBoolean();
    assertThat(told.getLast().state()).isEqualTo(NodeStatus.State.WAITING);
    assertThat(told.getLast().blocks()).containsExactly("10.244.9.0/24");

    // When it sets up another, and the NodeSubnet of that goes too
    view = with;
    sync.getAsBoolean();
    view = withoutSubnet();
    sync.getAsBoolean();

    assertThat(told.getLast().state()).isEqualTo(NodeStatus.State.WAITING);
    assertThat(told.getLast().blocks()).containsExactly("10.244.1.0/24");
  }

  @Test
  void runningPodsKeepTheirAddressesWhenTheBlockChanges() throws IOException {
    // Given a pod, and one that runs on the block of before
    Path leases = Files.createDirectories(directory.resolve("run/cni/tweed"));
    Files.createFile(leases.resolve("10.244.1.5"));
    Path old = Files.createFile(leases.resolve("10.244.9.7"));

    sync.getAsBoolean();

    // Then both blocks are served, the one of now first, and new pods get addresses of that alone
    List<IpPrefix> both = List.of(IpPrefix.parse("10.244.1.0/24"), IpPrefix.parse("10.244.9.0/24"));
    assertThat(snapshots.getLast().self().blocks()).isEqualTo(both);
    assertThat(told.getLast().ready()).isTrue();
    assertThat(told.getLast().blocks()).containsExactly("10.244.1.0/24", "10.244.9.0/24");
    assertThat(told.getLast().findings())
        .singleElement()
        .satisfies(
            finding -> {
              assertThat(finding.reason()).isEqualTo("BlockRetiring");
              assertThat(finding.message()).contains("1 pod(s)", "10.244.9.7");
            });
    assertThat(directory.resolve("conf/05-tweed.conflist"))
        .content()
        .contains("10.244.1.0/24")
        .doesNotContain("10.244.9.0/24");
    assertThat(probes.getLast().own()).isEmpty();

    // And again, as from a daemon that goes on
    sync.getAsBoolean();
    assertThat(snapshots.getLast().self().blocks()).isEqualTo(both);

    // Until the last pod of the old one ends
    Files.delete(old);
    sync.getAsBoolean();
    assertThat(snapshots.getLast().self().blocks()).containsExactly(both.getFirst());
    assertThat(told.getLast().blocks()).containsExactly("10.244.1.0/24");
    assertThat(told.getLast().findings()).isEmpty();
  }

  private static ClusterView selectingOthers() {
    return new Views()
        .network(
            "default", Views.day(1), new LabelSelector(Map.of("zone", "b"), List.of()), List.of())
        .subnet(1)
        .view();
  }

  private Path lease(String address) throws IOException {
    Path leases = Files.createDirectories(directory.resolve("run/cni/tweed"));
    return Files.createFile(leases.resolve(address));
  }

  @Test
  void aNodeThatNoNetworkSelectsGetsNoNewPodsAndKeepsWhatRuns() throws IOException {
    // Given a node with a pod
    Path pod = lease("10.244.1.5");
    sync.getAsBoolean();

    // When its network selects it no more
    view = selectingOthers();
    assertThat(sync.getAsBoolean()).isTrue();

    // Then the data path is kept, ADD is refused with a sentence, and that is told
    assertThat(snapshots).hasSize(2);
    Path conflist = directory.resolve("conf/05-tweed.conflist");
    assertThat(conflist)
        .content()
        .contains(
            "\"bridge\" : \"no new pods here: PodNetwork default does not select this node any more\"")
        .contains("10.244.1.0/24");
    assertThat(told.getLast().programmed()).isTrue();
    assertThat(told.getLast().findings())
        .singleElement()
        .satisfies(f -> assertThat(f.reason() + f.message()).contains("Leaving", "10.244.1.5"));

    // When the operator has taken the block back, what runs is left as it is
    view = withoutSubnet(selectingOthers());
    sync.getAsBoolean();
    assertThat(cleanups).isZero();
    assertThat(conflist).content().contains("no new pods here");
    assertThat(firewall.getLast()).isEqualTo(new NetworkState.Waiting());
    assertThat(told.getLast().findings()).hasSize(1);

    // When the last pod ends, all of ours goes; what is left is told and tried again
    Files.delete(pod);
    remaining = List.of("link tweed.1");
    assertThat(sync.getAsBoolean()).isFalse();
    assertThat(conflist).doesNotExist();
    assertThat(directory.resolve("run/cni-bridge"))
        .satisfies(p -> assertThat(Files.isSymbolicLink(p)).isFalse());
    assertThat(told.getLast().findings().getFirst().message()).contains("link tweed.1");
    remaining = List.of();
    assertThat(sync.getAsBoolean()).isTrue();
    assertThat(cleanups).isEqualTo(2);
    assertThat(told.getLast().findings()).isEmpty();
    assertThat(told.getLast().blocks()).isEmpty();
    assertThat(firewall.getLast()).isEqualTo(new NetworkState.Outside());

    // And then there is nothing to do
    sync.getAsBoolean();
    assertThat(cleanups).isEqualTo(2);
  }

  @Test
  void aNodeThatIsSelectedAgainIsAsBefore() throws IOException {
    lease("10.244.1.5");
    sync.getAsBoolean();
    String before = Files.readString(directory.resolve("conf/05-tweed.conflist"));
    view = selectingOthers();
    sync.getAsBoolean();

    view = view(true);
    sync.getAsBoolean();

    assertThat(directory.resolve("conf/05-tweed.conflist")).content().isEqualTo(before);
    assertThat(told.getLast().findings()).isEmpty();
  }

  @Test
  void theConfigurationOfAnotherNetworkNeedNotWaitForTheLastPod() throws IOException {
    lease("10.244.1.5");
    sync.getAsBoolean();
    view = selectingOthers();
    sync.getAsBoolean();

    // When another network has come
    Files.writeString(
        directory.resolve("conf/10-flannel.conflist"),
        "{\"name\":\"x\",\"plugins\":[{\"type\":\"flannel\"}]}");
    sync.getAsBoolean();

    // Then ours is out of its way, and the plugin that takes pods down is there
    assertThat(directory.resolve("conf/05-tweed.conflist")).doesNotExist();
    assertThat(Files.isSymbolicLink(directory.resolve("run/cni-bridge"))).isTrue();
    assertThat(cleanups).isZero();
  }

  private static ClusterView withoutSubnet(ClusterView view) {
    return new ClusterView(true, view.networks(), List.of(), view.policies(), view.node());
  }

  private static ClusterView withoutSubnet() {
    return withoutSubnet(view(true));
  }

  @Test
  void theFirewallIsToldOfTheNetworkEvenIfTheDataPathFails() {
    kernel =
        () -> {
          throw new DataPathException("no socket", new IOException("EPERM"));
        };

    sync.getAsBoolean();

    assertThat(firewall)
        .singleElement()
        .isInstanceOfSatisfying(
            NetworkState.Member.class,
            member -> {
              assertThat(member.needs().tunnel().orElseThrow().device()).isEqualTo("tweed.1");
              assertThat(member.managed()).isTrue();
            });
  }

  @Test
  void whatCanBeProbedIsToldAfterEachSync() {
    kernel = () -> withPeers(0);

    sync.getAsBoolean();

    ProbeTargets targets = probes.getLast();
    assertThat(targets.enabled()).isTrue();
    assertThat(targets.podMtu()).isEqualTo(1450);
    assertThat(targets.own())
        .containsExactly(
            new ProbeTargets.Source(
                IpPrefix.parse("10.244.1.0/24"), IpAddress.parse("10.244.1.254")));

    // And a node that waits goes on with it
    view = withoutSubnet();
    sync.getAsBoolean();
    assertThat(probes.getLast()).isEqualTo(targets);
  }

  @Test
  void aNodeThatWaitsSaysSoToTheFirewall() {
    view = view(false);

    sync.getAsBoolean();

    assertThat(firewall).containsExactly(new NetworkState.Waiting());
  }

  @Test
  void anApiServerThatIsAwayIsToldAfterAWhile() {
    view = ClusterView.INCOMPLETE;

    sync.getAsBoolean();
    assertThat(told).isEmpty();

    for (int i = 0; i < 10; i++) {
      sync.getAsBoolean();
    }
    assertThat(told.getLast().state()).isEqualTo(NodeStatus.State.WAITING);
    assertThat(told.getLast().reason())
        .startsWith("PodNetworks and NodeSubnets have not been read");
  }

  @Test
  void whatIsRememberedIsProgrammedAndTold() {
    view = remembered(view(true));

    assertThat(sync.getAsBoolean()).isTrue();

    // The data path is as good as it was, and why it may be old stands in a finding
    assertThat(told.getLast().ready()).isTrue();
    assertThat(told.getLast().findings())
        .singleElement()
        .satisfies(
            finding -> {
              assertThat(finding.reason()).isEqualTo("FromMemory");
              assertThat(finding.message()).startsWith("since 2026-01-01T10:00:00Z");
              assertThat(finding.blocking()).isFalse();
            });
    assertThat(snapshots.getLast().remembered()).isTrue();
    // No rule is opened for it, and the report says which NodeSubnet it is about
    assertThat(firewall).containsExactly(new NetworkState.Waiting());
    assertThat(toldOf.getLast())
        .extracting(SubnetRecord::own)
        .containsExactly(Optional.of(new SubnetRecord.OwnSubnet("uid-default-10-244-1-0-24", 1)));
    // Static pods come up
    assertThat(directory.resolve("conf/05-tweed.conflist")).exists();

    // And what the API server says ends it
    view = view(true);
    sync.getAsBoolean();
    assertThat(told.getLast().findings()).isEmpty();
    assertThat(snapshots.getLast().remembered()).isFalse();
    assertThat(firewall.getLast()).isInstanceOf(NetworkState.Member.class);
    assertThat(toldOf.getLast()).hasSize(1);
  }

  @Test
  void memoryOfAnotherBlockThanPodsHaveIsNotUsed() throws IOException {
    // Given pods that get addresses of a block
    sync.getAsBoolean();
    Path conflist = directory.resolve("conf/05-tweed.conflist");
    String was = Files.readString(conflist).replace("10.244.1.0/24", "10.244.7.0/24");
    Files.writeString(conflist, was);
    int synced = snapshots.size();

    // When memory says another
    view = remembered(view(true));
    runs(10);

    // Then neither the kernel nor the configuration is touched
    assertThat(snapshots).hasSize(synced);
    assertThat(Files.readString(conflist)).isEqualTo(was);
    assertThat(told.getLast().state()).isEqualTo(NodeStatus.State.WAITING);
    assertThat(told.getLast().findings().getFirst().reason()).isEqualTo("NotAsRemembered");
  }

  @Test
  void aKernelThatIsAnotherThanRememberedStands() {
    kernel =
        () -> report(false, new Finding(Reason.NotAsRemembered, "kernel", "another block", ""));
    view = remembered(view(true));

    runs(10);

    assertThat(told.getLast().state()).isEqualTo(NodeStatus.State.WAITING);
    assertThat(told.getLast().findings().getFirst().message()).isEqualTo("another block");
    assertThat(firewall).isEmpty();
    assertThat(directory.resolve("conf")).isEmptyDirectory();
  }

  @Test
  void whatCannotBeReadAfterAGoodRunIsNotToldAtOnceEither() {
    view = ClusterView.INCOMPLETE;
    runs(5);
    view = view(true);
    assertThat(sync.getAsBoolean()).isTrue();

    view = ClusterView.INCOMPLETE;
    runs(5);
    assertThat(told).hasSize(1);

    runs(1);
    assertThat(told.getLast().state()).isEqualTo(NodeStatus.State.WAITING);
  }

  @Test
  void memorySetsNothingAside() throws IOException {
    sync = sync(/* replaceForeign= */ true);
    Path foreign = Files.writeString(directory.resolve("conf/01-other.conf"), "{\"type\": \"x\"}");
    view = remembered(view(true));

    sync.getAsBoolean();

    assertThat(foreign).exists();
    assertThat(told.getLast().findings())
        .extracting(NodeFinding::reason)
        .contains("ForeignCNIConfig");

    // What the API server says does
    view = view(true);
    sync.getAsBoolean();
    assertThat(foreign).doesNotExist();
  }

  private void runs(int times) {
    for (int i = 0; i < times; i++) {
      assertThat(sync.getAsBoolean()).isFalse();
    }
  }

  private static ClusterView remembered(ClusterView view) {
    return new ClusterView(
        true,
        view.networks(),
        view.subnets(),
        List.of(),
        Optional.empty(),
        new ClusterView.Gaps(List.of(), ClusterView.Listing.AWAITED, ClusterView.Listing.AWAITED),
        Optional.of(Instant.parse("2026-01-01T10:00:00Z")));
  }

  @Test
  void peersAreProgrammedThoughPoliciesAndNodeCannotBeRead() {
    view = refused(view(true));

    assertThat(sync.getAsBoolean()).isTrue();

    assertThat(told.getLast().ready()).isTrue();
  }

  @Test
  void aNodeThatIsNotKnownYetIsNoNews() {
    // Given a node without a NodeSubnet: whether it waits for one, its labels decide
    view = gaps(withoutSubnet(), ClusterView.Listing.AWAITED);

    sync.getAsBoolean();

    assertThat(told).isEmpty();

    // When it may not be read at all, then that is told
    view = refused(withoutSubnet());
    sync.getAsBoolean();
    assertThat(told.getLast().reason()).isEqualTo("its Node object has not been read yet");
  }

  private static ClusterView refused(ClusterView view) {
    return gaps(view, ClusterView.Listing.REFUSED);
  }

  @Test
  void aConnectionToTheKernelThatDidNotAnswerIsNotUsedAgain() {
    kernel = () -> report(false, new Finding(Reason.ProgrammingFailed, "netlink", "no answer", ""));
    sync.getAsBoolean();
    assertThat(opened).isEqualTo(1);

    kernel = () -> report(true);
    sync.getAsBoolean();
    assertThat(opened).isEqualTo(2);
    sync.getAsBoolean();
    assertThat(opened).isEqualTo(2);
  }

  @Test
  void whoIsAskedForALeakedAddressIsLookedAtSecondsLater() throws IOException {
    // Given an address of a container that is no more
    Files.createDirectory(directory.resolve("results"));
    Path leases = Files.createDirectories(directory.resolve("run/cni/tweed"));
    Path lease = Files.writeString(leases.resolve("127.0.0.9"), "gone\r\neth0");
    Files.setLastModifiedTime(lease, FileTime.from(Instant.EPOCH));
    pods.getAsBoolean();
    sync.getAsBoolean();

    // When it is asked for
    now += LeakedAddresses.PERIOD.toNanos();
    sync.getAsBoolean();
    assertThat(again).containsExactly(LeakedAddresses.ANSWER);

    // Then a run that comes too early puts nothing off
    again.clear();
    now += Duration.ofSeconds(1).toNanos();
    sync.getAsBoolean();
    assertThat(again).containsExactly(LeakedAddresses.ANSWER.minusSeconds(1));

    // And after the look there is nothing to come back for
    again.clear();
    now += LeakedAddresses.ANSWER.toNanos();
    sync.getAsBoolean();
    assertThat(again).isEmpty();
  }

  @Test
  void theFastPathFollowsVerifiedSyncsAndGoesWithTheNetwork() {
    view = withFastPath(PodNetworkSpec.FastPath.Auto);
    sync.getAsBoolean();
    assertThat(fastPath).hasSize(1);
    assertThat(fastPath.getLast().orElseThrow().wanted()).isTrue();
    assertThat(snapshots.getLast().network().fastPath()).as("the host is left alone").isFalse();

    fastPathReady = true;
    sync.getAsBoolean();
    assertThat(fastPath).hasSize(2);
    assertThat(snapshots.getLast().network().fastPath()).isTrue();

    // What is not verified changes nothing
    kernel = () -> report(false);
    sync.getAsBoolean();
    assertThat(fastPath).hasSize(2);

    // But that it is not wanted does
    view = withFastPath(PodNetworkSpec.FastPath.Off);
    sync.getAsBoolean();
    assertThat(fastPath.getLast().orElseThrow().wanted()).isFalse();

    view = withoutSubnet(selectingOthers());
    sync.getAsBoolean();
    assertThat(fastPath.getLast()).isEmpty();
  }

  private static ClusterView withFastPath(PodNetworkSpec.FastPath fastPath) {
    return new Views()
        .subnet(1)
        .network(
            "default",
            PodNetworkSpecs.with(PodNetworkSpecs.of("10.244.0.0/16"), "fastPath", fastPath))
        .view();
  }

  private static ClusterView gaps(ClusterView view, ClusterView.Listing listing) {
    return new ClusterView(
        true,
        view.networks(),
        view.subnets(),
        List.of(),
        Optional.empty(),
        new ClusterView.Gaps(List.of(), listing, listing));
  }

  private KernelPath open() {
    opened++;
    return new KernelPath() {
      @Override
      public SyncReport sync(ClusterSnapshot snapshot) {
        snapshots.add(snapshot);
        return kernel.get();
      }

      @Override
      public SyncReport sync(ClusterSnapshot snapshot, SafePoints safePoints) {
        return safePoints.during(() -> sync(snapshot));
      }

      @Override
      public boolean add(Peer peer) {
        return early.add(peer) && taken;
      }

      @Override
      public List<String> cleanup() {
        cleanups++;
        return remaining;
      }

      @Override
      public void close() {}
    };
  }

  private static SyncReport report(boolean verified, Finding... findings) {
    return new SyncReport(
        verified,
        "tweed.1",
        1450,
        Optional.empty(),
        0,
        0,
        List.of(),
        List.of(findings),
        Map.of(),
        List.of(),
        Optional.empty());
  }

  private static ClusterView view(boolean withNetwork) {
    Views views = new Views().subnet(1);
    return (withNetwork ? views.network("default", Views.day(1)) : views).view();
  }
}
