package dev.tweed.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.e2e.bed.ClusterDns;
import dev.tweed.e2e.bed.Installation;
import dev.tweed.e2e.bed.ProbeNamespace;
import dev.tweed.e2e.bed.ProbePod;
import dev.tweed.e2e.bed.TestCluster;
import java.util.List;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;

/** What most pods do first: they ask the cluster's DNS, a pod behind a Service, for a name. */
@OnCluster(Layout.THREE_NODES)
@Order(2)
class ClusterDnsIT {

  @Test
  void podsOfEveryNodeFindAServiceByItsName(TestCluster cluster, Installation tweed) {
    Given.installed(tweed);
    try (ClusterDns dns = ClusterDns.start(cluster);
        ProbeNamespace probes = ProbeNamespace.create(cluster, "cluster-dns")) {
      ProbePod web = probes.pod("web", "n1");
      String address = probes.service("shop", web, "tcp/80:8080");

      for (String node : List.of("n1", "n2", "n3")) {
        ProbePod client = probes.podWithClusterDns("client-" + node, node);
        String name = "shop.cluster-dns.svc.cluster.local";
        String server = ClusterDns.ADDRESS + ":53";
        Eventually.within(
            10,
            () -> assertThat(client.exec("probe", "dns", server, name).text()).isEqualTo(address));
        assertThat(client.exec("probe", "dns", server, name, "--tcp").text()).isEqualTo(address);
        assertThat(client.http("http://shop/hostname")).isEqualTo("web");
      }
    }
  }
}
