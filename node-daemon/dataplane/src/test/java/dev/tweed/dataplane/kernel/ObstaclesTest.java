package dev.tweed.dataplane.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.dataplane.Backend;
import dev.tweed.dataplane.CleanupReport;
import dev.tweed.dataplane.ClusterSnapshot;
import dev.tweed.dataplane.DataPathOptions;
import dev.tweed.dataplane.Example;
import dev.tweed.dataplane.Finding;
import dev.tweed.dataplane.Inspection;
import dev.tweed.dataplane.NetworkParameters;
import dev.tweed.dataplane.Peer;
import dev.tweed.dataplane.Reason;
import dev.tweed.dataplane.SyncReport;
import dev.tweed.dataplane.TranslatedAddresses;
import dev.tweed.ip.IpAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What stands in the way on a real kernel, what is not ours, and taking everything away again. */
@Tag("kernel")
class ObstaclesTest {
  private static final Example EXAMPLE =
      Example.vxlan().dualStack().with(Example.peer(2), Example.peer6(2), Example.peer(3));

  @AutoClose private TestNode node = TestNode.alone();

  private void reopen(DataPathOptions options) {
    node.close();
    node = TestNode.alone(options);
  }

  private static List<Reason> reasons(SyncReport report) {
    return report.findings().stream().map(Finding::reason).toList();
  }

  @Test
  void theVniIsInUse() {
    node.sh("ip link add flannel.1 type vxlan id 1 local 192.0.2.1 dstport 8472 nolearning");

    SyncReport report = node.sync(EXAMPLE);

    assertThat(reasons(report)).containsExactly(Reason.VniInUse);
    assertThat(report.findings().getFirst().object()).isEqualTo("flannel.1");
    assertThat(report.verified()).isFalse();
    assertThat(report.peersProgrammed()).isZero();
    assertThat(node.sh("ip link show tweed-br0")).contains("UP");
  }

  @Test
  void onceTheVniIsFreeEverythingComesUp() {
    node.sh("ip link add flannel.1 type vxlan id 1 local 192.0.2.1 dstport 8472 nolearning");
    node.sync(EXAMPLE);
    node.sh("ip link del flannel.1");

    SyncReport report = node.sync(EXAMPLE);

    assertThat(report.verified()).isTrue();
    assertThat(report.peersProgrammed()).isEqualTo(3);
  }

  @Test
  void anExternalDeviceHasThePort() {
    node.sh(
        "ip link add cilium_vxlan type vxlan external dstport 8472; ip link set cilium_vxlan up");

    SyncReport report = node.sync(EXAMPLE);

    assertThat(reasons(report)).containsExactly(Reason.PortInUse);
    assertThat(report.findings().getFirst().object()).isEqualTo("cilium_vxlan");
  }

  @Test
  void anotherProgramHasThePort() throws Exception {
    try (var socket = node.in(() -> new java.net.DatagramSocket(8472))) {
      SyncReport report = node.sync(EXAMPLE);

      assertThat(socket.isBound()).isTrue();
      assertThat(reasons(report)).containsExactly(Reason.PortInUse);
      assertThat(report.verified()).isFalse();
      assertThat(report.findings().getFirst().message()).contains("EADDRINUSE");
    }
    assertThat(node.sync(EXAMPLE).verified()).isTrue();
  }

  @Test
  void hostilePeersLeaveTheOthersWorking() {
    List<Peer> peers = new ArrayList<>(EXAMPLE.peers());
    peers.add(new Peer("evil", Example.block(1), List.of(Example.ip(9)), Example.mac(9)));
    peers.add(new Peer("evil", Example.block(4), List.of(Example.ip(2)), Example.mac(9)));
    peers.add(
        new Peer("evil", Example.block(5), List.of(IpAddress.parse("0.0.0.0")), Example.mac(9)));

    SyncReport report = node.sync(EXAMPLE.with(peers));

    assertThat(report.verified()).isTrue();
    assertThat(report.peersExpected()).isEqualTo(6);
    assertThat(report.peersProgrammed()).isEqualTo(3);
    assertThat(reasons(report)).hasSize(3).containsOnly(Reason.InvalidPeer);
  }

  @Test
  void foreignThingsStayAsTheyAre() {
    forward();
    node.sh(
        """
        ip link add br0 type bridge; ip link set br0 up; ip addr add 172.30.0.1/16 dev br0
        ip link add flannel.7 type vxlan id 7 local 192.0.2.1 dstport 8472; ip link set flannel.7 up
        bridge fdb append 02:00:00:00:00:77 dev flannel.7 dst 192.0.2.7
        ip route add 10.250.0.0/24 via 192.0.2.7
        ip route add 10.244.2.0/24 via 192.0.2.7 metric 4000000000 proto static
        ip nexthop add id 7 via 192.0.2.7 dev eth0
        nft 'table inet other { chain c { type filter hook input priority 0; accept; }; }'
        ip link set br0 alias 'mine'
        """);
    String before = node.dump();

    node.sync(EXAMPLE);
    CleanupReport report = node.in(() -> node.dataPath.cleanup());

    assertThat(report.remaining()).isEmpty();
    assertThat(node.dump()).isEqualTo(before);
  }

  @Test
  void cleanupLeavesNothing() {
    forward();
    String before = node.dump();
    node.sync(EXAMPLE.with(new Backend.Vxlan(1, 8472, true)));
    node.sync(EXAMPLE);

    CleanupReport report = node.in(() -> node.dataPath.cleanup());

    assertThat(report.remaining()).isEmpty();
    assertThat(report.removed()).isNotEmpty();
    assertThat(node.dump()).isEqualTo(before);
  }

  /** A forwarding node has other addresses than one that does not. */
  private void forward() {
    node.sh("sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1");
  }

  @Test
  void cleanupOfACleanNodeDoesNothing() {
    CleanupReport report = node.in(() -> node.dataPath.cleanup());

    assertThat(report.removed()).isEmpty();
    assertThat(report.remaining()).isEmpty();
  }

  @Test
  void inspectionCountsWhatIsThere() {
    node.sync(EXAMPLE);

    Inspection inspection = node.in(() -> node.dataPath.inspect());

    assertThat(inspection.devices())
        .extracting(Inspection.Device::name, Inspection.Device::network)
        .containsExactlyInAnyOrder(
            org.assertj.core.groups.Tuple.tuple("tweed.1", "default"),
            org.assertj.core.groups.Tuple.tuple("tweed-br0", "default"),
            org.assertj.core.groups.Tuple.tuple("tweed-probe", "default"),
            org.assertj.core.groups.Tuple.tuple("tweed-probe-br", "default"));
    assertThat(inspection.routes()).isEqualTo(3 + 5);
    assertThat(inspection.rules()).isEqualTo(4);
    assertThat(inspection.fdbEntries()).isEqualTo(2);
    assertThat(inspection.neighbours()).isEqualTo(3 + 1);
    assertThat(inspection.masquerade()).isTrue();
    assertThat(inspection.problems()).isEmpty();
  }

  @Test
  void aBridgeTheCniPluginMadeMeanwhileKeepsItsPods() {
    node.sync(EXAMPLE);
    node.sh("ip link del tweed-br0; ip link add tweed-br0 type bridge; ip link set tweed-br0 up");
    node.sh("ip addr add 10.244.1.1/24 dev tweed-br0");
    node.sh("ip link add veth9 type veth peer name peer9; ip link set veth9 master tweed-br0");

    SyncReport report = node.sync(EXAMPLE);

    assertThat(report.verified()).isTrue();
    assertThat(node.sh("ip link show veth9")).contains("master tweed-br0");
    assertThat(node.sh("ip link show tweed-br0")).contains("alias tweed:default");
  }

  @Test
  void readOnlySysctlsAreReportedWhenTheyAreWrong(@TempDir Path directory) throws Exception {
    Path sysctls = directory.resolve("net");
    Files.createDirectory(sysctls);
    node.sh("sysctl -qw net.ipv4.ip_forward=0");
    // A bind mount shows the files of whoever looks, so this is the node's own, read-only.
    exec("mount", "--bind", "/proc/sys/net", sysctls.toString());
    try {
      exec("mount", "-o", "remount,bind,ro", sysctls.toString());
      reopen(DataPathOptions.defaults().withSysctlDir(sysctls));
      node.sh("sysctl -qw net.ipv4.ip_forward=0");

      SyncReport report = node.sync(EXAMPLE);

      assertThat(report.verified()).isFalse();
      assertThat(reasons(report)).contains(Reason.ReadOnlySysctl);
      assertThat(report.findings())
          .anySatisfy(
              finding -> {
                assertThat(finding.object()).isEqualTo("net/ipv4/ip_forward");
                assertThat(finding.remedy()).contains("--sysctl-dir");
              });
      assertThat(report.peersProgrammed()).isEqualTo(3);
    } finally {
      exec("umount", sysctls.toString());
    }
  }

  @Test
  void filesOfTheHostThatContradictAreReported(@TempDir Path root) throws Exception {
    Files.createDirectories(root.resolve("etc"));
    Files.writeString(root.resolve("etc/sysctl.conf"), "net.ipv4.ip_forward=0\n");
    reopen(DataPathOptions.defaults().withHostRoot(Optional.of(root)));

    SyncReport report = node.sync(EXAMPLE);

    assertThat(reasons(report)).containsExactly(Reason.SysctlContradicted);
    assertThat(report.findings().getFirst().object()).isEqualTo("/etc/sysctl.conf:1");
    assertThat(report.verified()).as("pods work all the same").isTrue();
  }

  private static void exec(String... command) throws Exception {
    Process process = new ProcessBuilder(command).inheritIO().start();
    assertThat(process.waitFor()).as(String.join(" ", command)).isZero();
  }

  @Test
  void aKernelWithoutBridgeNetfilterIsReported(@TempDir Path directory) throws Exception {
    // Stands for a node where the module is not loaded: the same files without net/bridge.
    for (String file : List.of("ipv4/ip_forward", "ipv6/conf/all/forwarding")) {
      Path copy = directory.resolve(file);
      Files.createDirectories(copy.getParent());
      Files.writeString(copy, "1\n");
    }
    reopen(DataPathOptions.defaults().withSysctlDir(directory));

    SyncReport report = node.sync(Example.vxlan().with(Example.peer(2)));

    assertThat(reasons(report)).containsExactly(Reason.ModuleMissing);
    assertThat(report.findings().getFirst().remedy()).contains("modprobe br_netfilter");
    assertThat(report.peersProgrammed()).isEqualTo(1);
  }

  @Test
  void aSysctlTheKernelRefusesIsReportedWithItsWords() {
    SyncReport report =
        node.sync(Example.vxlan().withSysctls(Map.of("net.ipv4.conf.all.rp_filter", "nonsense")));

    assertThat(reasons(report)).containsExactly(Reason.SysctlRefused);
    assertThat(report.findings().getFirst().message()).contains("Invalid argument");
    assertThat(report.verified()).as("pods work without it").isTrue();
  }

  @Test
  void theLongestNameOfAPodNetworkIsCutInTheMark() {
    var snapshot = EXAMPLE.snapshot();
    var network = snapshot.network();
    var named =
        new NetworkParameters(
            "n".repeat(253),
            network.backend(),
            network.mtu(),
            network.bridgeName(),
            network.hairpin(),
            network.masquerade(),
            network.podCidrs(),
            network.sysctls(),
            network.tunnelFiltered(),
            network.probes(),
            TranslatedAddresses.NONE,
            false);
    var long253 = new ClusterSnapshot(named, snapshot.self(), snapshot.peers());

    SyncReport first = node.sync(long253);
    SyncReport second = node.sync(long253);

    assertThat(first.verified()).isTrue();
    assertThat(second.applied()).isEmpty();
  }
}
