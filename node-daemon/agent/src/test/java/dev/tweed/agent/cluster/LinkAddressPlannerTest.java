package dev.tweed.agent.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.crds.LabelSelector;
import dev.tweed.crds.NodeReportStatus.LinkAddress;
import dev.tweed.crds.PodNetworkSpec;
import dev.tweed.crds.PodNetworkSpec.NodeAddress;
import dev.tweed.crds.testing.PodNetworkSpecs;
import dev.tweed.dataplane.HostAddresses.HostAddress;
import dev.tweed.ip.IpAddress;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class LinkAddressPlannerTest {

  private static PodNetworkSpec spec(String zone, String... links) {
    PodNetworkSpec any = Views.spec(new LabelSelector(Map.of("zone", zone), List.of()));
    return PodNetworkSpecs.with(
        any, "nodeAddress", new NodeAddress(List.of(), List.of(links), null));
  }

  private static HostAddress on(String link, String address) {
    return new HostAddress(link, IpAddress.parse(address), false, false);
  }

  @Test
  void linksOfNetworksThatSelectTheNodeAreTold() {
    ClusterView view =
        new Views().network("a", spec("a", "eth1")).network("b", spec("b", "eth2")).view();

    assertThat(LinkAddressPlanner.names(view)).containsExactly("eth1");
  }

  @Test
  void addressesComeInTheOrderOfTheNames() {
    assertThat(
            LinkAddressPlanner.plan(
                List.of("eth1", "enp*"),
                List.of(
                    on("eth0", "10.0.2.15"),
                    on("enp0s8", "192.168.57.11"),
                    on("eth1", "192.168.56.11"),
                    on("eth1", "2001:db8::11"))))
        .containsExactly(
            new LinkAddress("eth1", "192.168.56.11"),
            new LinkAddress("eth1", "2001:db8::11"),
            new LinkAddress("enp0s8", "192.168.57.11"));
  }
}
