package dev.tweed.enforce.gate;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.ip.IpAddress;
import dev.tweed.netlink.Link;
import dev.tweed.netlink.MacAddress;
import dev.tweed.netlink.OperState;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

class LocalPodTest {

  private static final IpAddress ADDRESS = IpAddress.parse("10.244.1.2");
  private static final IpAddress ADDRESS_6 = IpAddress.parse("fd00::2");
  private static final MacAddress MAC = new MacAddress(2);
  private static final MacAddress OTHER = new MacAddress(3);

  @Test
  void aResultCountsWhileItsPortIsThere() {
    assertThat(pods(MAC, 1, Map.of()))
        .containsExactly(
            new LocalPod("u", "shop", "web", Set.of(ADDRESS, ADDRESS_6), 7, Optional.empty()));
    assertThat(pods(MAC, 0, Map.of())).as("of no bridge").isEmpty();
    assertThat(pods(OTHER, 1, Map.of())).as("of another boot").isEmpty();
  }

  /** By MACAddressPolicy of systemd.link(5), which is carried out some time after the plugin. */
  @Test
  void anotherHardwareAddressIsTheSamePortWhereAllAddressesAreTheContainers() {
    assertThat(pods(OTHER, 1, Map.of(ADDRESS, "c", ADDRESS_6, "c"))).hasSize(1);
    assertThat(pods(OTHER, 1, Map.of(ADDRESS, "c"))).isEmpty();
    assertThat(pods(OTHER, 1, Map.of(ADDRESS, "c", ADDRESS_6, "another"))).isEmpty();
  }

  @Test
  void aResultThatNamesNoPodIsNone() {
    CniResult result = result("");

    assertThat(LocalPod.of(List.of(result), List.of(link(MAC, 1)), a -> Optional.empty()))
        .isEmpty();
  }

  private static List<LocalPod> pods(MacAddress mac, int master, Map<IpAddress, String> holders) {
    return LocalPod.of(
        List.of(result("u")),
        List.of(link(mac, master)),
        address -> Optional.ofNullable(holders.get(address)));
  }

  private static CniResult result(String uid) {
    return new CniResult(
        "c",
        uid,
        "shop",
        "web",
        Set.of(ADDRESS, ADDRESS_6),
        List.of(new CniResult.HostInterface("veth1", MAC.toString())),
        Optional.empty(),
        List.of());
  }

  private static Link link(MacAddress mac, int master) {
    return new Link(
        7,
        "veth1",
        Optional.of(mac),
        1450,
        1,
        OperState.UP,
        0,
        Optional.empty(),
        Optional.of("veth"),
        master,
        0,
        0,
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        false);
  }
}
