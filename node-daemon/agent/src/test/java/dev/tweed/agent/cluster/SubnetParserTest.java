package dev.tweed.agent.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import dev.tweed.agent.cluster.SubnetRecord.Block;
import dev.tweed.crds.NodeSubnetSpec;
import dev.tweed.dataplane.Peer;
import dev.tweed.ip.IpAddress;
import dev.tweed.ip.IpPrefix;
import dev.tweed.netlink.MacAddress;
import java.util.List;
import java.util.stream.Stream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class SubnetParserTest {

  private static final String MAC = "02:00:00:00:00:02";

  @Test
  void readsTypedValues() {
    // Given a correct NodeSubnet of a peer
    SubnetRecord record =
        parse(spec("n2", "10.244.2.0/24", List.of("192.0.2.2", "2001:db8::2"), MAC));

    // Then its block has them, and nothing is kept for an owner
    assertThat(record.block())
        .isEqualTo(
            new Block.Valid(
                new Peer(
                    "n2",
                    IpPrefix.parse("10.244.2.0/24"),
                    List.of(IpAddress.parse("192.0.2.2"), IpAddress.parse("2001:db8::2")),
                    MacAddress.parse(MAC))));
    assertThat(record.own()).isEmpty();
  }

  @Test
  void readsTheMtuOfThePeersPods() {
    // Given a NodeSubnet of a node whose pods take less than others
    SubnetRecord record =
        parse(
            new NodeSubnetSpec(
                "default", "n2", "uid", "10.244.2.0/24", List.of("192.0.2.2"), MAC, 1400));

    // Then its block has it
    assertThat(record.block())
        .isInstanceOfSatisfying(
            Block.Valid.class, valid -> assertThat(valid.peer().mtu()).isEqualTo(1400));
  }

  @Test
  void keepsWhatItsOwnNodeNeeds() {
    SubnetRecord record = parse(spec("n1", "10.244.1.0/24", List.of("192.0.2.1"), MAC));

    assertThat(record.own()).map(SubnetRecord.OwnSubnet::uid).hasValue("uid-s");
  }

  @ParameterizedTest
  @MethodSource("hostile")
  void refusesWhatCannotBeRight(NodeSubnetSpec spec, String why) {
    assertThat(parse(spec).block()).isEqualTo(new Block.Invalid(why));
  }

  static Stream<Arguments> hostile() {
    List<String> ips = List.of("192.0.2.2");
    return Stream.of(
        arguments(
            spec("n2", "10.244.2.0", ips, MAC),
            "spec.cidr '10.244.2.0' is not a prefix like 10.244.1.0/24"),
        arguments(
            spec("n2", "10.244.2.7/24", ips, MAC),
            "spec.cidr '10.244.2.7/24' has host bits set; the network is 10.244.2.0/24"),
        arguments(
            spec("n2", "0.0.0.0/0", ips, MAC), "spec.cidr '0.0.0.0/0' is every address there is"),
        arguments(
            spec("n2", "127.0.0.0/8", ips, MAC),
            "spec.cidr '127.0.0.0/8' is not a range pods can have"),
        arguments(
            spec("n2", "224.0.0.0/24", ips, MAC),
            "spec.cidr '224.0.0.0/24' is not a range pods can have"),
        arguments(
            spec("n2", "10.244.2.0/24; rm -rf /\n", ips, MAC),
            "spec.cidr '10.244.2.0/24; rm -rf /?' is not a prefix like 10.244.1.0/24"),
        arguments(
            spec("n2", "10.244.2.0/24", List.of("node.example"), MAC),
            "spec.nodeIPs 'node.example' is not an IP address"),
        arguments(
            spec("n2", "10.244.2.0/24", List.of("127.0.0.1"), MAC),
            "spec.nodeIPs '127.0.0.1' cannot be reached from other nodes"),
        arguments(
            spec("n2", "10.244.2.0/24", List.of("fe80::1"), MAC),
            "spec.nodeIPs 'fe80::1' cannot be reached from other nodes"),
        arguments(
            spec("n2", "10.244.2.0/24", List.of("192.0.2.2", "192.0.2.3"), MAC),
            "spec.nodeIPs '192.0.2.3' is the second address of its family"),
        arguments(
            spec("n2", "10.244.2.0/24", List.of("192.0.2.2", "2001:db8::1", "192.0.2.3"), MAC),
            "spec.nodeIPs '192.0.2.3' is one too many"),
        arguments(
            spec("n2", "10.244.2.0/24", ips, "ff:ff:ff:ff:ff:ff"),
            "spec.vtepMAC 'ff:ff:ff:ff:ff:ff' is not a locally administered unicast address"),
        arguments(spec("n2", "10.244.2.0/24", ips, null), "spec.vtepMAC '' is not a MAC address"),
        arguments(
            spec("../n2", "10.244.2.0/24", ips, MAC),
            "spec.nodeName '../n2' is not an object name"));
  }

  @Test
  void oneWithoutAddressStillHasItsBlock() {
    assertThat(parse(spec("n2", "10.244.2.0/24", List.of(), MAC)).block())
        .isEqualTo(new Block.Unaddressed(IpPrefix.parse("10.244.2.0/24")));
    assertThat(parse(spec("n2", "10.244.2.7/24", List.of(), MAC)).block())
        .isInstanceOf(Block.Invalid.class);
  }

  @Test
  void anObjectWithoutSpecIsInvalid() {
    assertThat(parse(new NodeSubnetSpec(null, null, null, null, null, null)).block())
        .isInstanceOf(Block.Invalid.class);
  }

  @Property
  void noTextMakesItFailOrSlipsControlCharactersThrough(
      @ForAll String network,
      @ForAll String node,
      @ForAll String cidr,
      @ForAll List<String> ips,
      @ForAll String mac) {
    Block block =
        Views.subnet("s", Views.day(1), new NodeSubnetSpec(network, node, "u", cidr, ips, mac))
            .block();

    if (block instanceof Block.Invalid(String why)) {
      assertThat(why).matches("[ -~]*");
    }
  }

  private SubnetRecord parse(NodeSubnetSpec spec) {
    return Views.subnet("s", Views.day(1), spec);
  }

  private static NodeSubnetSpec spec(String node, String cidr, List<String> ips, String mac) {
    return new NodeSubnetSpec("default", node, "uid", cidr, ips, mac);
  }
}
