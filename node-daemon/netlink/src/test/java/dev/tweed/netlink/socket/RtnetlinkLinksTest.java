package dev.tweed.netlink.socket;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.BooleanNode;
import dev.tweed.ip.IpAddress;
import dev.tweed.netlink.BatchResult;
import dev.tweed.netlink.BridgePortInfo;
import dev.tweed.netlink.Errno;
import dev.tweed.netlink.Link;
import dev.tweed.netlink.LinkRef;
import dev.tweed.netlink.OperState;
import dev.tweed.netlink.Qdisc;
import dev.tweed.netlink.RtRequest;
import dev.tweed.netlink.testing.Netns;
import dev.tweed.netlink.testing.NetnsExtension;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Devices: made, changed, read and deleted in the real kernel, with iproute2 as the judge. */
@Tag("kernel")
@ExtendWith(NetnsExtension.class)
class RtnetlinkLinksTest {
  @AutoClose private KernelUnderTest kernel;

  @BeforeEach
  void open(Netns netns) {
    kernel = new KernelUnderTest(netns);
  }

  @Test
  void vethPairIsMadeAsAsked() {
    kernel.apply(
        new RtRequest.LinkCreateVeth(
            "ve0", KernelUnderTest.OWN_MAC, 1400, "ve1", KernelUnderTest.PEER_MAC, 1300));

    Link one = kernel.socket.link("ve0").orElseThrow();
    Link other = kernel.socket.link("ve1").orElseThrow();
    assertThat(List.of(one, other))
        .allSatisfy(link -> assertThat(link.kind()).contains("veth"))
        .extracting(Link::mtu, link -> link.mac().orElseThrow(), Link::isUp, Link::lowerIndex)
        .containsExactly(
            tuple(1400, KernelUnderTest.OWN_MAC, false, other.index()),
            tuple(1300, KernelUnderTest.PEER_MAC, false, one.index()));
  }

  @Test
  void queueDisciplinesAreReadWithWhatTheyHangOn(Netns netns) {
    netns.sh(
        """
        ip link add shaped type veth peer name plain
        ip link set shaped up
        ip link set plain up
        tc qdisc add dev shaped root tbf rate 1mbit burst 4096 latency 50ms
        tc qdisc add dev shaped clsact
        """);

    int shaped = kernel.socket.link("shaped").orElseThrow().index();
    int plain = kernel.socket.link("plain").orElseThrow().index();
    assertThat(kernel.socket.qdiscs())
        .contains(
            new Qdisc(shaped, "tbf", Qdisc.ROOT),
            new Qdisc(shaped, "clsact", Qdisc.INGRESS),
            new Qdisc(plain, "noqueue", Qdisc.ROOT));
  }

  @Test
  void vethPairIsMadeWholeOrNotAtAll() {
    RtRequest taken =
        new RtRequest.LinkCreateVeth(
            "ve0", KernelUnderTest.OWN_MAC, 1400, "under1", KernelUnderTest.PEER_MAC, 1400);

    assertThat(kernel.socket.execute(List.of(taken)).error(0).orElseThrow().isAlreadyThere())
        .isTrue();
    assertThat(kernel.socket.link("ve0")).isEmpty();
  }

  @Test
  void vxlanDeviceIsMadeAsAsked() {
    kernel.createVxlan();

    JsonNode link = kernel.json("ip", "-j", "-d", "link", "show", "tweed.1").get(0);
    assertThat(link.at("/address").asText()).isEqualTo("02:00:00:00:00:01");
    assertThat(link.at("/mtu").asInt()).isEqualTo(1450);
    assertThat(link.at("/qdisc").asText()).isEqualTo("noqueue");
    assertThat(link.at("/txqlen").asInt()).isZero();
    assertThat(link.at("/flags").toString()).contains("\"UP\"");
    assertThat(link.at("/linkinfo/info_kind").asText()).isEqualTo("vxlan");
    JsonNode data = link.at("/linkinfo/info_data");
    assertThat(data.at("/id").asInt()).isEqualTo(1);
    assertThat(data.at("/local").asText()).isEqualTo("192.0.2.1");
    assertThat(data.at("/link").asText()).isEqualTo("under0");
    assertThat(data.at("/port").asInt()).isEqualTo(8472);
    assertThat(data.at("/learning").asBoolean()).isFalse();
    assertThat(data.at("/udp_csum").asBoolean()).isTrue();
  }

  @Test
  void vxlanDeviceOverIpv6IsReadAsIpMadeIt() {
    kernel.netns.exec(
        "ip",
        "link",
        "add",
        "vx6",
        "type",
        "vxlan",
        "id",
        "77",
        "local",
        "2001:db8::1",
        "dev",
        "under0",
        "dstport",
        "4789",
        "group",
        "ff02::77",
        "l2miss",
        "l3miss",
        "proxy");

    var vxlan = kernel.socket.link("vx6").flatMap(Link::vxlan).orElseThrow();

    assertThat(vxlan.vni()).isEqualTo(77);
    assertThat(vxlan.port()).isEqualTo(4789);
    assertThat(vxlan.local()).contains(IpAddress.parse("2001:db8::1"));
    assertThat(vxlan.remote()).contains(IpAddress.parse("ff02::77"));
    assertThat(vxlan.lowerIndex()).isEqualTo(kernel.underlay);
    assertThat(vxlan.learning()).isTrue();
    assertThat(vxlan.l2miss()).isTrue();
    assertThat(vxlan.l3miss()).isTrue();
    assertThat(vxlan.proxy()).isTrue();
    assertThat(vxlan.external()).isFalse();
  }

  @Test
  void externalVxlanDeviceIsRecognised() {
    kernel.netns.exec("ip", "link", "add", "vxe", "type", "vxlan", "external", "dstport", "8472");

    var vxlan = kernel.socket.link("vxe").flatMap(Link::vxlan).orElseThrow();

    assertThat(vxlan.external()).isTrue();
    assertThat(vxlan.local()).isEmpty();
  }

  @Test
  void bridgeAndItsPortAreMadeAsAsked() {
    kernel.apply(
        new RtRequest.LinkCreateBridge("tweed-br0", KernelUnderTest.OWN_MAC, 1500),
        RtRequest.LinkSet.of("tweed-br0").withMtu(1450)); // set, so that no port changes it
    int bridge = kernel.socket.link("tweed-br0").orElseThrow().index();

    kernel.apply(
        RtRequest.LinkSet.of(bridge).withUp(true),
        RtRequest.LinkSet.of("under1").withMaster(bridge));

    JsonNode link = kernel.json("ip", "-j", "-d", "link", "show", "tweed-br0").get(0);
    assertThat(link.at("/address").asText()).isEqualTo("02:00:00:00:00:01");
    assertThat(link.at("/mtu").asInt()).isEqualTo(1450);
    assertThat(link.at("/linkinfo/info_data/stp_state").asInt()).isZero();
    assertThat(kernel.json("ip", "-j", "link", "show", "under1").get(0).at("/master").asText())
        .isEqualTo("tweed-br0");
    assertThat(kernel.socket.link("under1").orElseThrow().masterIndex()).isEqualTo(bridge);
  }

  @Test
  void hairpinIsSetReadAndLostWithTheBridge() {
    kernel.apply(new RtRequest.LinkCreateBridge("tweed-br0", KernelUnderTest.OWN_MAC, 1450));
    int bridge = kernel.socket.link("tweed-br0").orElseThrow().index();
    assertThat(kernel.socket.link("under1").orElseThrow().bridgePort()).isEmpty();

    kernel.apply(
        RtRequest.LinkSet.of("under1").withMaster(bridge),
        RtRequest.LinkSet.of("under1").withHairpin(true));

    assertThat(kernel.socket.link("under1").orElseThrow().bridgePort())
        .contains(new BridgePortInfo(true, 0));
    assertThat(hairpinByIp("under1")).isTrue();
    assertThat(
            kernel
                .json("bridge", "-d", "-j", "link", "show", "dev", "under1")
                .get(0)
                .at("/hairpin"))
        .isEqualTo(BooleanNode.TRUE);

    kernel.apply(RtRequest.LinkSet.of("under1").withHairpin(false));

    assertThat(kernel.socket.link("under1").orElseThrow().bridgePort())
        .contains(new BridgePortInfo(false, 0));
    assertThat(hairpinByIp("under1")).isFalse();

    kernel.apply(
        RtRequest.LinkSet.of("under1").withHairpin(true),
        RtRequest.LinkSet.of("under1").withMaster(0),
        RtRequest.LinkSet.of("under1").withMaster(bridge));

    assertThat(kernel.socket.link("under1").orElseThrow().bridgePort())
        .contains(new BridgePortInfo(false, 0));
  }

  @Test
  void whoListensOnAPortIsCounted() {
    kernel.apply(new RtRequest.LinkCreateBridge("tweed-br0", KernelUnderTest.OWN_MAC, 1450));
    int bridge = kernel.socket.link("tweed-br0").orElseThrow().index();
    kernel.apply(RtRequest.LinkSet.of("under1").withMaster(bridge));
    Link port = kernel.socket.link("under1").orElseThrow();
    assertThat(port.bridgePort()).contains(new BridgePortInfo(false, 0));

    try (PacketSocket listener = PacketSocket.open(port.index(), 64, Duration.ofMillis(10))) {
      assertThat(kernel.socket.link("under1").orElseThrow().bridgePort())
          .contains(new BridgePortInfo(false, 1));
    }

    assertThat(kernel.socket.link("under1").orElseThrow().bridgePort())
        .contains(new BridgePortInfo(false, 0));
  }

  @Test
  void hairpinOfADeviceThatIsNoPortIsRefused() {
    BatchResult result =
        kernel.socket.execute(List.of(RtRequest.LinkSet.of("under1").withHairpin(true)));

    assertThat(result.error(0).orElseThrow().errno()).isEqualTo(Errno.EOPNOTSUPP);
  }

  private boolean hairpinByIp(String port) {
    JsonNode shown =
        kernel
            .json("ip", "-d", "-j", "link", "show", port)
            .get(0)
            .at("/linkinfo/info_slave_data/hairpin");
    assertThat(shown.isBoolean()).as("ip shows hairpin").isTrue();
    return shown.asBoolean();
  }

  @Test
  void linkChangesOnlyWhatIsAsked() {
    kernel.apply(RtRequest.LinkSet.of("under1").withAlias("tweed:default").withMtu(1400));
    kernel.apply(RtRequest.LinkSet.of("under1").withUp(false));

    Link link = kernel.socket.link("under1").orElseThrow();

    assertThat(link.alias()).contains("tweed:default");
    assertThat(link.mtu()).isEqualTo(1400);
    assertThat(link.isUp()).isFalse();
    assertThat(link.operState()).isEqualTo(OperState.DOWN);
    assertThat(kernel.netns.exec("ip", "link", "show", "under1")).contains("alias tweed:default");
  }

  @Test
  void emptyAliasRemovesIt() {
    kernel.apply(RtRequest.LinkSet.of("under1").withAlias("tweed:default"));

    kernel.apply(RtRequest.LinkSet.of("under1").withAlias(""));

    assertThat(kernel.socket.link("under1").orElseThrow().alias()).isEmpty();
  }

  @Test
  void linksAgreeWithIp() {
    kernel.createVxlan();
    kernel.apply(new RtRequest.LinkCreateBridge("tweed-br0", KernelUnderTest.OWN_MAC, 1450));

    List<String> ours =
        kernel.socket.links().stream()
            .map(l -> l.index() + " " + l.name() + " " + l.mtu() + " " + l.mac().orElseThrow())
            .toList();

    List<String> theirs = new ArrayList<>();
    for (JsonNode l : kernel.json("ip", "-j", "link")) {
      theirs.add(
          l.get("ifindex").asInt()
              + " "
              + l.get("ifname").asText()
              + " "
              + l.get("mtu").asInt()
              + " "
              + l.get("address").asText());
    }
    assertThat(ours).containsExactlyInAnyOrderElementsOf(theirs).hasSize(5);
  }

  @Test
  void deletedLinkIsGone() {
    int vxlan = kernel.createVxlan();

    kernel.apply(new RtRequest.LinkDelete(LinkRef.of(vxlan)));

    assertThat(kernel.socket.link(vxlan)).isEmpty();
  }
}
