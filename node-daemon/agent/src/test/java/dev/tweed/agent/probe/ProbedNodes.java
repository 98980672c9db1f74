package dev.tweed.agent.probe;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.agent.probe.ProbeTargets.Source;
import dev.tweed.agent.probe.ProbeTargets.Target;
import dev.tweed.dataplane.Masquerade;
import dev.tweed.dataplane.ProbeAddress;
import dev.tweed.dataplane.plan.RulesetCompiler;
import dev.tweed.ip.IpAddress;
import dev.tweed.ip.IpPrefix;
import dev.tweed.netlink.nft.NfTableContent;
import dev.tweed.netlink.nft.NfTableDiff;
import dev.tweed.netlink.socket.NfTablesSocket;
import dev.tweed.netlink.testing.Netns;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Two nodes as the data path makes them, 1 and 2, by commands: a cable between their devices {@code
 * under}, a tunnel, a bridge and the probe device behind it, for both families.
 */
final class ProbedNodes implements AutoCloseable {

  static final int MTU = 1450;

  final Netns first = Netns.open();
  final Netns second = Netns.open();

  ProbedNodes() {
    first.sh("ip link add under type veth peer name under netns " + second.path());
    setUp(first, 1, 2);
    setUp(second, 2, 1);
    makeProbeDevice(first, 1);
    makeProbeDevice(second, 2);
  }

  /**
   * Runs a script with the numbers of both; {@code family} makes the addresses of a tunnel and of a
   * bridge and the way to the peer's block of one family.
   */
  private static void script(Netns node, int own, int peer, String bridge, String text) {
    String family =
        """
        family() {
          ip addr add $1/$2 dev tweed.1 $6
          ip addr add $3/$4 dev BRIDGE $6
          ip neigh add $5 lladdr 02:00:00:00:00:0PEER dev tweed.1 nud permanent
          ip route add $5/$4 via $5 dev tweed.1 onlink
        }
        """;
    node.sh(
        (family + text)
            .replace("BRIDGE", bridge)
            .replace("OWN", "" + own)
            .replace("PEER", "" + peer));
  }

  private static void setUp(Netns node, int own, int peer) {
    script(
        node,
        own,
        peer,
        "tweed-br0",
        """
        sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1
        # Tests are in a hurry.
        sysctl -qw net.ipv4.icmp_ratelimit=0 net.ipv6.icmp.ratelimit=0
        ip link set under up
        ip addr add 192.0.2.OWN/24 dev under
        ip link add tweed.1 type vxlan id 1 dstport 8472 local 192.0.2.OWN nolearning dev under
        ip link set tweed.1 address 02:00:00:00:00:0OWN up
        bridge fdb add 02:00:00:00:00:0PEER dev tweed.1 dst 192.0.2.PEER
        ip link add tweed-br0 address 02:00:00:00:01:0OWN type bridge
        ip link set tweed-br0 mtu 1450 up
        sysctl -qw net.ipv4.conf.tweed/1.rp_filter=2 net.ipv4.conf.tweed-br0.rp_filter=2
        family 10.244.OWN.0 32 10.244.OWN.1 24 10.244.PEER.0
        family fd00:OWN:: 128 fd00:OWN::1 64 fd00:PEER:: nodad
        """);
  }

  /** Makes the probe device of a node, with its routes and rules. */
  static void makeProbeDevice(Netns node, int own) {
    node.sh(
        """
        ip link add tweed-probe mtu 1450 type veth peer name tweed-probe-br mtu 1450
        ip link set tweed-probe-br master tweed-br0 up
        sysctl -qw net.ipv4.conf.tweed-probe.accept_local=1 net.ipv4.conf.tweed-probe.rp_filter=2
        ip link set tweed-probe up
        family() {
          ip addr add $2/$3 dev tweed-probe noprefixroute $4
          # The kernel makes it when it gets round to it.
          until ip $1 route del local $2 dev tweed-probe table local; do sleep 0.01; done
          ip route add local $2 dev tweed-probe table 7416
          ip $1 rule del pref 74 iif tweed-probe || true
          ip $1 rule del pref 74 from $2 iif lo || true
          ip $1 rule add pref 74 iif tweed-probe lookup 7416
          ip $1 rule add pref 74 from $2 iif lo lookup 7416
        }
        family -4 10.244.OWN.254 32
        ip route add 10.244.OWN.1/32 dev tweed-probe scope link table 7416
        ip route add default via 10.244.OWN.1 dev tweed-probe table 7416
        family -6 fd00:OWN::ffff:ffff:ffff:fffe 128 nodad
        ip neigh add fe80::7416 lladdr 02:00:00:00:01:0OWN dev tweed-probe nud permanent
        ip -6 route add default via fe80::7416 dev tweed-probe table 7416
        """
            .replace("OWN", "" + own));
  }

  /**
   * Gives both a block of four addresses of each family more, on a bridge that has no port, as
   * where there is no probe device; and the table that answers for them.
   */
  void addSmallBlocks() {
    addSmallBlocks(first, 1, 2);
    addSmallBlocks(second, 2, 1);
  }

  private static void addSmallBlocks(Netns node, int own, int peer) {
    script(
        node,
        own,
        peer,
        "small-br",
        """
        ip link add small-br type bridge
        ip link set small-br up
        sysctl -qw net.ipv4.conf.small-br.rp_filter=2
        family 10.245.OWN.0 32 10.245.OWN.1 30 10.245.PEER.0
        family fd01:OWN:: 128 fd01:OWN::1 126 fd01:PEER:: nodad
        """);
    NfTableContent table =
        RulesetCompiler.compile(
            new Masquerade(true, List.of(), true),
            Stream.of("10.244.0.0/15", "fd00::/15").map(IpPrefix::parse).toList(),
            List.of("tweed.1"),
            smallBlocks(own).map(ProbeAddress::gateway).toList(),
            List.of(),
            List.of(),
            List.of(),
            List.of());
    try (NfTablesSocket tables = new NfTablesSocket()) {
      assertThat(node.call(() -> tables.execute(NfTableDiff.replacement(table)))).isEmpty();
    }
  }

  private static Stream<IpPrefix> smallBlocks(int node) {
    return Stream.of("10.245." + node + ".0/30", "fd01:" + node + "::/126").map(IpPrefix::parse);
  }

  /** What the first asks the second, from and to blocks that may be small. */
  static ProbeTargets targets(boolean ownSmall, boolean peerSmall) {
    return targets(ownSmall ? smallBlocks(1) : blocks(1), peerSmall ? smallBlocks(2) : blocks(2));
  }

  /** What the first asks the second. */
  static ProbeTargets targets() {
    return targets(false, false);
  }

  private static ProbeTargets targets(Stream<IpPrefix> own, Stream<IpPrefix> peers) {
    return new ProbeTargets(
        true,
        own.map(block -> new Source(block, ProbeAddress.asked(block).orElseThrow())).toList(),
        peers
            .map(
                block ->
                    new Target(
                        "second",
                        block,
                        ProbeAddress.asked(block).orElseThrow(),
                        List.of(IpAddress.parse("192.0.2.2")),
                        Optional.empty()))
            .toList(),
        MTU);
  }

  private static Stream<IpPrefix> blocks(int node) {
    return Stream.of("10.244." + node + ".0/24", "fd00:" + node + "::/64").map(IpPrefix::parse);
  }

  @Override
  public void close() {
    first.close();
    second.close();
  }
}
