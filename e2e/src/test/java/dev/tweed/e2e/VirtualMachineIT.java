package dev.tweed.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.e2e.bed.BedException;
import dev.tweed.e2e.bed.Installation;
import dev.tweed.e2e.bed.ProbeNamespace;
import dev.tweed.e2e.bed.ProbePod;
import dev.tweed.e2e.bed.RunningPing;
import dev.tweed.e2e.bed.TestCluster;
import dev.tweed.e2e.bed.VirtualMachine;
import io.fabric8.kubernetes.client.Watch;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
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

  @Test
  @Order(3)
  void aPortTakenOutOfTheBridgeComesBack() {
    String port = vm.shell("ls /sys/class/net/tweed-br0/brif | grep ^veth | head -n 1").text();

    vm.shell("ip link set dev %s nomaster".formatted(port)).text();

    Eventually.within(
        30, () -> assertThat(vm.shell("ls /sys/class/net/tweed-br0/brif").text()).contains(port));
    podsTalk();
  }

  @Test
  @Order(4)
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
  @Order(5)
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
  @Order(6)
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
  @Order(7)
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
    vm.write(
        "/etc/systemd/system/tweed-node.service",
        Files.readString(
            cluster.settings().chart().resolveSibling("docs/examples/tweed-node.service")));
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
    Eventually.within(
        LONG,
        () ->
            assertThat(
                    vm.shell(
                            "TWEED_HOME=/opt/tweed TWEED_JAVA=/opt/tweed/java/bin/java tweed-node"
                                + " status")
                        .succeeded())
                .isTrue());
    assertThat(vm.shell("systemctl is-active tweed-node").text()).isEqualTo("active");
    assertThat(ping.stop().lost()).isLessThanOrEqualTo(UNDER_WAY);
    podsTalk();
  }

  @Test
  @Order(8)
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
}
