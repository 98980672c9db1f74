package dev.tweed.dataplane;

import dev.tweed.ip.IpAddress;
import dev.tweed.ip.IpPrefix;
import dev.tweed.netlink.MacAddress;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * Example input: node {@code n<i>} has 192.0.2.i, 2001:db8::i, 10.244.i.0/24 and
 * fd00:10:244:i::/64.
 */
public record Example(
    Backend backend,
    int mtu,
    String bridge,
    Masquerade masquerade,
    List<IpPrefix> podCidrs,
    Map<String, String> sysctls,
    OwnNode self,
    List<Peer> peers,
    boolean probes) {

  /** VXLAN with IPv4 as node n1, alone. */
  public static Example vxlan() {
    return new Example(
        new Backend.Vxlan(1, 8472, false),
        0,
        "tweed-br0",
        new Masquerade(true, List.of(), true),
        List.of(IpPrefix.parse("10.244.0.0/16")),
        Map.of(),
        own(1),
        List.of(),
        true);
  }

  public static OwnNode own(int i) {
    return new OwnNode("n" + i, List.of(block(i)), List.of(ip(i)), mac(i));
  }

  public static Peer peer(int i) {
    return new Peer("n" + i, block(i), List.of(ip(i)), mac(i));
  }

  public static Peer peer6(int i) {
    return new Peer("n" + i, block6(i), List.of(ip(i)), mac(i));
  }

  public static IpPrefix block(int i) {
    return IpPrefix.parse("10.244." + i + ".0/24");
  }

  public static IpPrefix block6(int i) {
    return IpPrefix.parse("fd00:10:244:" + Integer.toHexString(i) + "::/64");
  }

  public static IpAddress ip(int i) {
    return IpAddress.parse("192.0.2." + i);
  }

  public static IpAddress ip6(int i) {
    return IpAddress.parse("2001:db8::" + Integer.toHexString(i));
  }

  public static MacAddress mac(int i) {
    return new MacAddress(0x020000000000L | i);
  }

  public Example with(Backend other) {
    return new Example(other, mtu, bridge, masquerade, podCidrs, sysctls, self, peers, probes);
  }

  public Example withMtu(int other) {
    return new Example(backend, other, bridge, masquerade, podCidrs, sysctls, self, peers, probes);
  }

  public Example with(Masquerade other) {
    return new Example(backend, mtu, bridge, other, podCidrs, sysctls, self, peers, probes);
  }

  public Example withPodCidrs(String... cidrs) {
    return new Example(
        backend,
        mtu,
        bridge,
        masquerade,
        Stream.of(cidrs).map(IpPrefix::parse).toList(),
        sysctls,
        self,
        peers,
        probes);
  }

  public Example withSysctls(Map<String, String> other) {
    return new Example(backend, mtu, bridge, masquerade, podCidrs, other, self, peers, probes);
  }

  public Example with(OwnNode other) {
    return new Example(backend, mtu, bridge, masquerade, podCidrs, sysctls, other, peers, probes);
  }

  public Example with(Peer... others) {
    return with(List.of(others));
  }

  public Example with(List<Peer> others) {
    return new Example(backend, mtu, bridge, masquerade, podCidrs, sysctls, self, others, probes);
  }

  public Example withoutProbes() {
    return new Example(backend, mtu, bridge, masquerade, podCidrs, sysctls, self, peers, false);
  }

  /** IPv4 and IPv6 pools, blocks and node addresses. */
  public Example dualStack() {
    return withPodCidrs("10.244.0.0/16", "fd00:10:244::/48")
        .with(
            new OwnNode(
                self.name(), List.of(block(1), block6(1)), List.of(ip(1), ip6(1)), self.vtepMac()));
  }

  /** As a node remembers it. */
  public ClusterSnapshot remembered() {
    ClusterSnapshot now = snapshot();
    return new ClusterSnapshot(now.network(), now.self(), now.peers(), true);
  }

  public ClusterSnapshot snapshot() {
    return new ClusterSnapshot(
        new NetworkParameters(
            "default",
            backend,
            mtu,
            bridge,
            true,
            masquerade,
            podCidrs,
            sysctls,
            true,
            probes,
            TranslatedAddresses.NONE,
            false),
        self,
        peers);
  }

  /** The same where nodes' addresses of the range may be translated. */
  public static ClusterSnapshot translated(ClusterSnapshot of, String range, String... links) {
    NetworkParameters n = of.network();
    return new ClusterSnapshot(
        new NetworkParameters(
            n.name(),
            n.backend(),
            n.mtu(),
            n.bridgeName(),
            n.hairpin(),
            n.masquerade(),
            n.podCidrs(),
            n.sysctls(),
            n.tunnelFiltered(),
            n.probes(),
            new TranslatedAddresses(List.of(IpPrefix.parse(range)), List.of(links)),
            false),
        of.self(),
        of.peers());
  }
}
