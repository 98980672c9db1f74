package dev.tweed.agent.firewall;

import dev.tweed.dataplane.Peer;
import dev.tweed.firewall.NetworkNeeds;
import dev.tweed.ip.IpAddress;
import dev.tweed.ip.IpPrefix;
import dev.tweed.netlink.MacAddress;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** The pod network {@code default} as node 1 has it: node i is at 192.0.2.i. */
final class SampleNetwork {

  static final String NAME = "default";

  static final NetworkNeeds NEEDS =
      new NetworkNeeds(
          Optional.of(new NetworkNeeds.Tunnel("tweed.1", 8472, false, Optional.empty())),
          "tweed-br0",
          Optional.of("eth0"),
          List.of("eth0"),
          List.of(IpAddress.parse("192.0.2.1")),
          List.of(IpPrefix.parse("10.244.0.0/16")));

  static final List<IpPrefix> OWN_BLOCKS = List.of(IpPrefix.parse("10.244.1.0/24"));

  private SampleNetwork() {}

  /** A node of it whose firewall is left to Tweed, with these as its peers. */
  static NetworkState member(int... peers) {
    return new NetworkState.Member(
        NAME, NEEDS, OWN_BLOCKS, Arrays.stream(peers).mapToObj(SampleNetwork::peer).toList(), true);
  }

  /** One whose blocks have no room for a probe address. */
  static NetworkState memberWithSmallBlock() {
    return new NetworkState.Member(
        NAME, NEEDS, List.of(IpPrefix.parse("10.244.1.0/30")), List.of(), false);
  }

  private static Peer peer(int i) {
    return new Peer(
        "n" + i,
        IpPrefix.parse("10.244." + i + ".0/24"),
        List.of(IpAddress.parse("192.0.2." + i)),
        MacAddress.parse("02:00:00:00:00:0" + i));
  }
}
