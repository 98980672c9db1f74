package dev.tweed.e2e.bench;

import dev.tweed.e2e.bed.Installation;
import dev.tweed.e2e.bed.Machine;
import dev.tweed.e2e.bed.TestCluster;
import java.util.ArrayList;
import java.util.List;

/** How long damage to the data path lasts. */
final class RepairBench {
  private final Machine node;
  private final String block;
  private final String mac;

  RepairBench(TestCluster cluster, Installation tweed) {
    this.node = cluster.machine("n1");
    this.block = tweed.nodeSubnet("n2").orElseThrow().getSpec().cidr();
    this.mac = tweed.nodeSubnet("n2").orElseThrow().getSpec().vtepMAC();
  }

  List<Row> run(int peers) throws InterruptedException {
    String gateway = block.replace("/24", "");
    String route = "ip route show " + block + " | grep -q tweed.1";
    String allRoutes =
        "[ $(ip route show dev tweed.1 proto 116 2>/dev/null | wc -l) -ge " + peers + " ]";
    List<Damage> damages =
        List.of(
            new Damage("route deleted", 30, "ip route del " + block, route),
            new Damage(
                "neighbour deleted",
                30,
                "ip neighbour del " + gateway + " dev tweed.1",
                "ip neighbour show " + gateway + " dev tweed.1 | grep -q PERMANENT"),
            new Damage(
                "FDB entry deleted",
                30,
                "bridge fdb del " + mac + " dev tweed.1",
                "bridge fdb show dev tweed.1 | grep -q " + mac),
            new Damage(
                "VXLAN device deleted, device back",
                5,
                "ip link del tweed.1",
                "ip link show tweed.1 >/dev/null 2>&1"),
            new Damage("VXLAN device deleted, all peers back", 5, "ip link del tweed.1", allRoutes),
            new Damage(
                "VXLAN device down, all peers back",
                5,
                "ip link set tweed.1 down",
                "ip -br link show up | grep -q tweed.1 && " + allRoutes),
            new Damage(
                "MTU changed",
                10,
                "ip link set tweed.1 mtu 600",
                "ip link show tweed.1 | grep -q 'mtu 1450'"),
            new Damage(
                "bridge address removed",
                10,
                "ip address flush dev tweed-br0",
                "ip -4 address show tweed-br0 | grep -q inet"),
            new Damage(
                "ip_forward off",
                10,
                "echo 0 >/proc/sys/net/ipv4/ip_forward",
                "read v </proc/sys/net/ipv4/ip_forward && [ $v = 1 ]"),
            new Damage(
                "own rules flushed",
                10,
                "nft flush table inet tweed",
                "nft list table inet tweed | grep -q masquerade"));
    List<Row> rows = new ArrayList<>();
    for (Damage damage : damages) {
      rows.add(
          new Row(
              "repair, " + peers + " peers: " + damage.what(),
              "ms, median / max",
              new Sample(damage.measure(node)).medianAndMax(0),
              "< 1000"));
    }
    return rows;
  }
}
