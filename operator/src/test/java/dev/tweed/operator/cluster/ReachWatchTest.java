package dev.tweed.operator.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.crds.NodeSubnet;
import dev.tweed.crds.NodeSubnetSpec;
import dev.tweed.crds.PodNetwork;
import dev.tweed.crds.PodNetworkSpec;
import dev.tweed.operator.allocation.SubnetFacts;
import dev.tweed.operator.policy.DataPathDigest;
import dev.tweed.operator.policy.ReachDigest;
import dev.tweed.operator.policy.ReportDigest;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ReachWatchTest {
  private static final ReachDigest GOOD =
      new ReachDigest(ReachDigest.Status.TRUE, "PeersAnswer", List.of());

  private final List<String> changed = new ArrayList<>();
  private final ReachWatch watch = new ReachWatch(changed::add);
  private final Map<String, ReportDigest> reports = new HashMap<>();

  @Test
  void aNetworkIsToldOfOnceForEachChange() {
    report("n1", "uid-n1", GOOD);
    watch.look(view());
    watch.look(view());
    assertThat(changed).containsExactly("default");
    assertThat(watch.of("default").reaching()).isEqualTo(1);

    report("n2", "uid-n2", GOOD);
    watch.look(view());

    assertThat(changed).containsExactly("default", "default");
    assertThat(watch.of("default").reaching()).isEqualTo(2);
    assertThat(watch.of("default").port()).isEqualTo(8472);
    assertThat(watch.of("another").nodes()).isZero();
  }

  @Test
  void aReportOfAnEarlierNodeOfTheNameSaysNothing() {
    report("n1", "uid-of-old", GOOD);

    watch.look(view());

    assertThat(watch.of("default").reaching()).isZero();
    assertThat(watch.of("default").unknown()).containsEntry("", 2);
  }

  private void report(String node, String owner, ReachDigest reach) {
    reports.put(
        node,
        new ReportDigest(
            owner, List.of(), DataPathDigest.NONE, List.of(), 0, reach, "", List.of()));
  }

  private ClusterView view() {
    PodNetwork network = new PodNetwork();
    network.getMetadata().setName("default");
    network.setSpec(PodNetworkSpec.ofPools(List.of()));
    return new ClusterView(
        List.of(Facts.of(network)),
        List.of("n1", "n2").stream().map(n -> TestCluster.facts(n, "uid-" + n)).toList(),
        Map.of(),
        List.of(subnet("n1", 1), subnet("n2", 2)),
        List.of(),
        Map.copyOf(reports),
        List.of(),
        Map.of());
  }

  private static SubnetFacts subnet(String node, int block) {
    NodeSubnet subnet = new NodeSubnet();
    subnet.getMetadata().setName("10-244-" + block + "-0-24");
    subnet.setSpec(
        new NodeSubnetSpec(
            "default",
            node,
            "uid-" + node,
            "10.244." + block + ".0/24",
            List.of("192.0.2." + block),
            "02:00:00:00:00:0" + block));
    return Facts.of(subnet);
  }
}
