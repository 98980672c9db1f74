package dev.tweed.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.crds.NodeReportStatus;
import dev.tweed.e2e.bed.BedException;
import dev.tweed.e2e.bed.Installation;
import dev.tweed.e2e.bed.ProbeNamespace;
import dev.tweed.e2e.bed.ProbePod;
import dev.tweed.e2e.bed.RunningExchange;
import dev.tweed.e2e.bed.RunningPing;
import dev.tweed.e2e.bed.TestCluster;
import dev.tweed.e2e.bed.VirtualMachine;
import io.fabric8.kubernetes.client.Watch;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * What containers cannot show: a node with a kernel, an init system, network managers and firewalls
 * of its own. Run by {@code ./dev test machine}.
 */
@OnCluster(value = Layout.ONE_MACHINE, steps = true)
@Tag("machine")
@TestInstance(Lifecycle.PER_CLASS)
class VirtualMachineIT {
  private static final String NAME = "vm1";

  /** Seconds; of an emulated machine, whose pods start one after the other. */
  private static final int LONG = 300;

  /** Answers of an emulated machine that may be under way when a ping ends: half a second's. */
  private static final int UNDER_WAY = 25;

  private TestCluster cluster;
  private Installation tweed;
  private VirtualMachine vm;
  private ProbeNamespace probes;
  private ProbePod a;
  private ProbePod onVm;

  @BeforeAll
  void boot(TestCluster cluster, Installation tweed) {
    String disk = System.getProperty("tweed.vm");
    if (disk == null) {
      throw new BedException("tweed.vm is not set; run this by ./dev test machine");
    }
    this.cluster = cluster;
    this.tweed = tweed;
    Given.installed(tweed);
    probes = ProbeNamespace.create(cluster, "machine");
    a = probes.pod("a", "n1");
    vm = cluster.addVirtualMachine(NAME, Path.of(disk));
  }

  @AfterAll
  void switchOff() {
    if (vm != null) {
      vm.close();
    }
  }

  @Test
  @Order(1)
  void becomesReadyAndItsPodsReachOthers() {
    Eventually.within(LONG, () -> assertThat(tweed.isNodeReady(NAME)).isTrue());
    probes.request("on-vm", NAME);

    podsTalk();
  }

  /** Pods of the machine answer, those that were started again included. */
  private void podsTalk() {
    Eventually.within(
        LONG,
        () -> {
          onVm = probes.started("on-vm");
          assertThat(a.http(onVm.url("/hostname"))).isEqualTo("on-vm");
        });
    assertThat(onVm.http(a.url("/client"))).isEqualTo(onVm.address());
    assertThat(a.ping(onVm.address(), 1450 - 28).succeeded()).isTrue();
  }

  @ParameterizedTest
  @CsvSource({
    "systemctl restart systemd-networkd",
    "networkctl reload; networkctl reconfigure $(ls /sys/class/net | grep ^en)",
    "systemctl start NetworkManager; sleep 5; systemctl restart NetworkManager; sleep 5; systemctl"
        + " stop NetworkManager",
    "systemctl enable --now nftables; sleep 3; systemctl restart nftables; sleep 5",
    "date -s +3hours; sleep 5; date -s -3hours; date -s -2days; sleep 5; date -s +2days",
    "ip link set dev $(ls /sys/class/net | grep ^veth | head -n 1) master tweed-br0; udevadm trigger"
        + " --action=add; sleep 3"
  })
  @Order(2)
  void nothingIsLostWhile(String command) {
    RunningPing ping = a.startPing(onVm.address());

    vm.shell(command).text();

    RunningPing.Count count = ping.stop();
    assertThat(count.sent()).isGreaterThan(UNDER_WAY);
    assertThat(count.lost()).as("%s while: %s", count, command).isLessThanOrEqualTo(UNDER_WAY);
  }

  /** What docs/install.md has for hosts whose devices somebody manages. */
  @Test
  @Order(3)
  void theFilesOfTheDocumentsKeepNetworkManagersOffTweedsDevices() throws IOException {
    // Given plain routes on the machine's own link, and a file that matches every device
    patchNetwork("{\"backend\":{\"vxlan\":{\"directRouting\":true}}}");
    String block = tweed.nodeSubnet("n1").orElseThrow().getSpec().cidr();
    Eventually.within(
        LONG,
        () -> assertThat(vm.shell("ip route show " + block).text()).containsPattern("dev en"));
    install("host/05-tweed.network", "/etc/systemd/network/05-tweed.network");
    install("host/networkd-tweed.conf", "/etc/systemd/networkd.conf.d/tweed.conf");
    install("host/networkmanager-tweed.conf", "/etc/NetworkManager/conf.d/tweed.conf");
    vm.write("/etc/systemd/network/20-all.network", "[Match]\nName=*\n[Network]\nDHCP=yes\n");
    Map<String, Long> repairs = repairs();
    RunningPing ping = a.startPing(onVm.address());

    vm.shell(
            "systemctl restart systemd-networkd; systemctl start NetworkManager; sleep 5;"
                + " networkctl reload; systemctl restart NetworkManager; sleep 5")
        .text();

    // Then they leave alone what is Tweed's, and nothing had to be mended
    RunningPing.Count count = ping.stop();
    assertThat(count.lost()).as(count.toString()).isLessThanOrEqualTo(UNDER_WAY);
    assertThat(vm.shell("networkctl list --no-legend --no-pager | grep -E ' (tweed|veth)'").text())
        .contains("tweed-br0", "veth")
        .doesNotContain("configuring", "configured", "failed");
    assertThat(vm.shell("nmcli -t -f DEVICE,STATE device | grep -E '^(tweed|veth)'").text())
        .contains("tweed-br0")
        .doesNotContain(":connect");
    assertThat(repairs()).isEqualTo(repairs);
    vm.shell(
            "systemctl stop NetworkManager; cd /etc; rm systemd/network/{20-all,05-tweed}.network"
                + " systemd/networkd.conf.d/tweed.conf NetworkManager/conf.d/tweed.conf; networkctl"
                + " reload")
        .text();
    patchNetwork("{\"backend\":{\"vxlan\":{\"directRouting\":false}}}");
    podsTalk();
  }

  private void patchNetwork(String spec) {
    cluster
        .kubectl("patch", "podnetwork", "default", "--type=merge", "-p", "{\"spec\":" + spec + "}")
        .text();
  }

  /** Copies a file of docs/examples to where the documents say. */
  private void install(String example, String path) throws IOException {
    vm.shell("mkdir -p \"$(dirname %s)\"".formatted(path)).text();
    vm.write(
        path,
        Files.readString(
            cluster.settings().chart().resolveSibling("docs/examples").resolve(example)));
  }

  private Map<String, Long> repairs() {
    return tweed.nodeReport(NAME).orElseThrow().getStatus().repairs().stream()
        .collect(Collectors.toMap(NodeReportStatus.Repair::kind, NodeReportStatus.Repair::count));
  }

  @Test
  @Order(4)
  void aPortTakenOutOfTheBridgeComesBack() {
    String port = vm.shell("ls /sys/class/net/tweed-br0/brif | grep ^veth | head -n 1").text();

    vm.shell("ip link set dev %s nomaster".formatted(port)).text();

    Eventually.within(
        30, () -> assertThat(vm.shell("ls /sys/class/net/tweed-br0/brif").text()).contains(port));
    podsTalk();
  }

  @Test
  @Order(5)
  void ufwAsAUnitIsOpenedForThePodNetwork() {
    tweed.helmInstall(Given.VALUES + "firewall: {hostTools: true}\n");
    vm.shell(
            "ufw allow 22/tcp; ufw allow 10250/tcp; ufw default deny incoming; ufw default deny"
                + " routed; ufw --force enable")
        .text();

    podsTalk();
    assertThat(vm.shell("ufw status").text()).contains("8472/udp");
  }

  @Test
  @Order(6)
  void afterARebootItIsNotReadyBeforePodsWork() {
    // Given nftables and ufw as units, which begin with an empty ruleset
    Queue<String> readiness = new ConcurrentLinkedQueue<>();
    try (Watch watch = NodesIT.watchReadiness(cluster, NAME, readiness)) {

      vm.reboot();

      Eventually.within(
          LONG,
          () -> {
            assertThat(readiness).contains("False");
            assertThat(tweed.isNodeReady(NAME)).isTrue();
          });
    }
    assertThat(vm.shell("systemctl is-active nftables ufw").text()).doesNotContain("failed");
    podsTalk();
  }

  @Test
  @Order(7)
  void firewalldAsAUnitIsOpenedForThePodNetwork() {
    vm.shell("ufw disable; systemctl disable --now ufw nftables").text();
    vm.shell(
            "systemctl enable --now firewalld && firewall-cmd --permanent --add-port=10250/tcp &&"
                + " firewall-cmd --reload")
        .text();

    podsTalk();
    assertThat(vm.shell("firewall-cmd --state").text()).isEqualTo("running");
  }

  @Test
  @Order(8)
  void theServiceOfTheDocumentsTakesOverFromTheDaemonSet() throws Exception {
    RunningPing ping = a.startPing(onVm.address());
    // Given the steps of docs/systemd.md
    cluster.kubectl("label", "node", NAME, "tweed.dev/daemon=service").text();
    tweed.helmInstall(
        Given.VALUES
            + """
              firewall: {hostTools: true}
              node:
                outsidePods: true
                affinity:
                  nodeAffinity:
                    requiredDuringSchedulingIgnoredDuringExecution:
                      nodeSelectorTerms:
                        - matchExpressions:
                            - {key: tweed.dev/daemon, operator: NotIn, values: [service]}
              """);
    cluster.certifyDaemon(NAME);
    vm.shell("mkdir -p /etc/tweed").text();
    vm.write(
        "/etc/tweed/kubeconfig",
        Files.readString(cluster.kubeconfig().resolveSibling("tweed").resolve(NAME + ".conf")));
    install("tweed-node.service", "/etc/systemd/system/tweed-node.service");
    vm.shell(
            """
            set -e
            ctr -n k8s.io images mount docker.io/tweed/node:dev /mnt
            cp -a /mnt/opt/tweed /opt/tweed
            cp -a /mnt/opt/java /opt/tweed/java
            install -m 755 /mnt/usr/local/bin/tweed-node /usr/local/bin/tweed-node
            ctr -n k8s.io images unmount --rm /mnt
            mkdir -p /etc/cni/net.d /opt/cni/bin
            echo 'r! /etc/cni/net.d/05-tweed.conflist' >/etc/tmpfiles.d/tweed.conf
            systemctl daemon-reload
            systemctl enable --now tweed-node
            """)
        .text();

    // Then it serves the node, and no packet was lost
    awaitService();
    assertThat(vm.shell("systemctl is-active tweed-node").text()).isEqualTo("active");
    assertThat(ping.stop().lost()).isLessThanOrEqualTo(UNDER_WAY);
    podsTalk();
  }

  private void awaitService() {
    Eventually.within(
        LONG,
        () ->
            vm.shell("TWEED_HOME=/opt/tweed TWEED_JAVA=/opt/tweed/java/bin/java tweed-node status")
                .text());
  }

  @Test
  @Order(9)
  void theServiceKeepsItsRulesInFirewalldWhereItsUnitLetsIt() throws IOException {
    // Given section 5 of docs/systemd.md
    install(
        "tweed-node.service.d/firewall.conf",
        "/etc/systemd/system/tweed-node.service.d/firewall.conf");
    vm.shell("systemctl daemon-reload; systemctl restart tweed-node").text();
    awaitFirewalldPolicy();

    // When somebody takes rules out of firewalld (firewall-cmd --reload would wait for 25 s only,
    // which an emulated processor does not do it in)
    vm.shell(
            "firewall-cmd --permanent --delete-policy=tweed-in-1 && dbus-send --system"
                + " --print-reply --reply-timeout=300000 --dest=org.fedoraproject.FirewallD1"
                + " /org/fedoraproject/FirewallD1 org.fedoraproject.FirewallD1.reload")
        .text();

    // Then they come back, and nothing is said to be in the way
    awaitFirewalldPolicy();
    Eventually.within(
        LONG,
        () ->
            assertThat(tweed.nodeReport(NAME).orElseThrow().getStatus().findings())
                .extracting(NodeReportStatus.Finding::reason)
                .doesNotContain("FirewallNotWritten", "FirewallRulesLeft", "HostFirewallBlocks"));
    podsTalk();
  }

  private void awaitFirewalldPolicy() {
    Eventually.within(
        LONG,
        () -> assertThat(vm.shell("firewall-cmd --get-policies").text()).contains("tweed-in-1"));
  }

  @Test
  @Order(10)
  void theServiceBringsTheNodeUpAfterAReboot() {
    vm.reboot();

    Eventually.within(LONG, () -> assertThat(tweed.isNodeReady(NAME)).isTrue());
    podsTalk();
    assertThat(vm.shell("systemctl is-active tweed-node").text()).isEqualTo("active");
    Optional<String> failed =
        Optional.of(vm.shell("systemctl --failed --plain --no-legend").text())
            .filter(text -> !text.isEmpty());
    assertThat(failed).isEmpty();
    assertThat(List.of(vm.shell("cat /run/tweed/status").text().split("\n")).getFirst())
        .isNotEmpty();
  }

  /** The other end, a container, has no right to it. */
  @Test
  @Order(11)
  void theFastPathOfTheServiceComesAndGoesAndLosesNothing() throws IOException {
    install(
        "tweed-node.service.d/fastpath.conf",
        "/etc/systemd/system/tweed-node.service.d/fastpath.conf");
    vm.shell("systemctl daemon-reload; systemctl restart tweed-node").text();
    RunningExchange datagrams = a.startExchange(onVm.address());

    // When it is asked for, then packets go by it both ways
    patchNetwork("{\"fastPath\":\"Auto\"}");
    awaitFastPath(NAME, "On", null);
    awaitFastPath("n1", "Off", "RightsMissing");
    Eventually.within(
        LONG,
        () -> {
          assertThat(fastPackets("sent_wire")).isPositive();
          assertThat(fastPackets("received_wire")).isPositive();
        });
    for (ProbePod client : List.of(a, onVm)) {
      assertThat(client.http((client == a ? onVm : a).url("/bytes?n=1000000")))
          .isEqualTo("x".repeat(1_000_000));
    }

    // And when the daemon dies it is gone with it, and comes back with the next one
    vm.shell("systemctl kill --signal=KILL tweed-node").text();
    Eventually.within(LONG, () -> assertThat(fastPackets("received_wire")).isPositive());

    // And when it is switched off nothing of it is left
    patchNetwork("{\"fastPath\":\"Off\"}");
    awaitFastPath(NAME, "Off", "SwitchedOff");
    assertThat(
            vm.shell(
                    "curl -s http://127.0.0.1:9464/metrics | grep -c ^tweed_fastpath_packets; true")
                .text())
        .isEqualTo("0");
    podsTalk();
    RunningPing.Count count = datagrams.stop();
    assertThat(count.sent()).isGreaterThan(100);
    assertThat(count.lost()).as(count.toString()).isZero();
  }

  @Test
  @Order(12)
  void containerd2IsNotReadyWhileNoPodCanStart() {
    vm.shell("mkdir -p /etc/systemd/system/containerd.service.d").text();
    vm.write(
        "/etc/systemd/system/containerd.service.d/two.conf",
        """
        [Service]
        Environment=PATH=/opt/containerd2:/usr/sbin:/usr/bin
        ExecStart=
        ExecStart=/opt/containerd2/containerd
        """);
    vm.shell("systemctl daemon-reload; systemctl restart containerd").text();
    Eventually.within(
        LONG,
        () ->
            assertThat(
                    cluster
                        .client()
                        .nodes()
                        .withName(NAME)
                        .get()
                        .getStatus()
                        .getNodeInfo()
                        .getContainerRuntimeVersion())
                .startsWith("containerd://2."));
    podsTalk();

    // When what the daemon makes at the end of a start is away, as after a boot
    vm.shell("systemctl stop tweed-node; rm /run/tweed/cni-bridge").text();

    // Then the runtime says so though the configuration is there (STATUS of CNI 1.1)
    Eventually.within(LONG, () -> assertThat(tweed.isNodeReady(NAME)).isFalse());
    assertThat(vm.shell("ls /etc/cni/net.d").text()).isEqualTo("05-tweed.conflist");
    vm.shell("systemctl start tweed-node").text();
    Eventually.within(LONG, () -> assertThat(tweed.isNodeReady(NAME)).isTrue());

    // And a pod starts
    probes.request("by-two", NAME);
    Eventually.within(
        LONG,
        () -> assertThat(a.http(probes.started("by-two").url("/hostname"))).isEqualTo("by-two"));
    podsTalk();
  }

  private void awaitFastPath(String node, String state, String reason) {
    Eventually.within(
        LONG,
        () -> {
          NodeReportStatus.FastPath fast =
              tweed.nodeReport(node).orElseThrow().getStatus().fastPath();
          assertThat(fast.state()).as(fast.toString()).isEqualTo(state);
          assertThat(fast.reason()).as(fast.toString()).isEqualTo(reason);
        });
  }

  private double fastPackets(String outcome) {
    return Double.parseDouble(
        vm.shell(
                "curl -s http://127.0.0.1:9464/metrics | awk '/fastpath_packets_total.*\"%s\"/ {print $2}'"
                    .formatted(outcome))
            .text());
  }
}
