package dev.tweed.agent.trace;

import static dev.tweed.agent.trace.SamplePeers.VXLAN;
import static dev.tweed.agent.trace.SamplePeers.network;
import static dev.tweed.agent.trace.SamplePeers.peer;
import static dev.tweed.agent.trace.SamplePeers.unreached;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.agent.probe.PathTrace.Located;
import dev.tweed.agent.probe.UnreachedPeer;
import dev.tweed.agent.probe.UnreachedPeer.Cause;
import dev.tweed.agent.probe.UnreachedPeer.Where;
import dev.tweed.dataplane.Peer;
import dev.tweed.netlink.testing.Netns;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.PortUnreachableException;
import java.net.StandardProtocolFamily;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Two nodes of a kernel; faults are made on the first, and both say what they see. */
@Tag("kernel")
@Timeout(60)
class PathTracerTest {

  private static final AtomicLong NANOS = new AtomicLong();

  /** Two of each family for all tests: making them takes longer than a test. */
  private static final Map<Boolean, List<Node>> NODES = new HashMap<>();

  /** Half of the second node's block, with its probe address. */
  private static final Map<Boolean, String> LONGER =
      Map.of(true, "10.244.2.128/25", false, "fd00:244:2:0:ffff::/80");

  private Node here;
  private Node there;

  @AfterEach
  void mend() {
    here.mend();
    there.mend();
  }

  @AfterAll
  static void close() {
    NODES.values().stream().flatMap(List::stream).forEach(node -> node.netns.close());
    NODES.clear();
  }

  static Stream<Arguments> faults() {
    return Stream.of(
            fault(
                "nothing",
                "true",
                Where.UNKNOWN,
                "answers of it are delivered",
                Where.UNKNOWN,
                "answers of it are delivered"),
            fault(
                "FORWARD drops what goes out",
                filter("forward", 0, "iifname \"tweed-br0\" oifname \"tweed.1\" drop"),
                Where.LEAVING,
                "packets to it are dropped in FORWARD of this host by chain c of table inet host",
                Where.NOT_ARRIVING,
                "nothing of its tunnel (UDP 8472, VNI 1, from PEER) arrives"),
            fault(
                "FORWARD drops what comes in",
                filter("forward", 0, "iifname \"tweed.1\" drop"),
                Where.ARRIVING,
                "answers from it arrive and are dropped in FORWARD of this host by chain c of",
                Where.BEYOND,
                "its own arrive, but no answer"),
            fault(
                "FORWARD drops everything",
                "nft 'add table inet host; add chain inet host c"
                    + " { type filter hook forward priority 0; policy drop; }'",
                Where.LEAVING,
                "dropped in FORWARD of this host by chain c of table inet host",
                Where.NOT_ARRIVING,
                "nothing of its tunnel"),
            fault(
                "INPUT drops the tunnel",
                filter("input", 0, "udp dport 8472 drop"),
                Where.ARRIVING,
                "(UDP 8472) arrive and are dropped in INPUT of this host by chain c of table inet",
                Where.BEYOND,
                "its own arrive, but no answer"),
            fault(
                "a chain that nobody thinks of drops the tunnel",
                filter("prerouting", -250, "udp dport 8472 drop"),
                Where.ARRIVING,
                "no chain that nft shows there certainly drops them",
                Where.BEYOND,
                "its own arrive, but no answer"),
            fault(
                "OUTPUT drops the tunnel",
                filter("output", 0, "udp dport 8472 drop"),
                Where.LEAVING,
                "(UDP 8472) are dropped in OUTPUT of this host by chain c of table inet host",
                Where.NOT_ARRIVING,
                "nothing of its tunnel"),
            fault(
                "POSTROUTING drops the tunnel",
                filter("postrouting", 0, "udp dport 8472 drop"),
                Where.LEAVING,
                "(UDP 8472) are dropped in POSTROUTING of this host",
                Where.NOT_ARRIVING,
                "nothing of its tunnel"),
            fault(
                "a hook that no firewall manager shows",
                "nft 'add table netdev host; add chain netdev host c"
                    + " { type filter hook ingress device eth0 priority 0; };"
                    + " add rule netdev host c udp dport 8472 drop'",
                Where.NOT_ARRIVING,
                "blocked between the nodes, such as by a security group, before the rules of this"
                    + " host, or on its node",
                Where.BEYOND,
                "its own arrive, but no answer"),
            fault(
                "INPUT drops on the probe device",
                filter("input", 0, "iifname \"tweed-probe\" drop"),
                Where.ARRIVING,
                "answers from it are dropped in INPUT of this host on tweed-probe by chain c of",
                Where.BEYOND,
                "its own arrive, but no answer"),
            fault(
                "the bridge drops",
                "nft 'add table bridge host; add chain bridge host c"
                    + " { type filter hook output priority 0; };"
                    + " add rule bridge host c oifname \"tweed-probe-br\" meta l4proto"
                    + " { udp, icmp, ipv6-icmp } ether type { ip, ip6 } @nh,0,4 4 drop;"
                    + " add rule bridge host c oifname \"tweed-probe-br\" udp dport 7416 drop;"
                    + " add rule bridge host c oifname \"tweed-probe-br\" icmpv6 type"
                    + " destination-unreachable drop'",
                Where.ARRIVING,
                "answers from it pass FORWARD and are dropped between tweed-br0 and tweed-probe",
                Where.BEYOND,
                "its own arrive, but no answer"),
            fault(
                "answers alone are dropped",
                filter("forward", 0, "iifname \"tweed.1\" meta l4proto { icmp, ipv6-icmp } drop"),
                Where.ARRIVING,
                "answers from it arrive and are dropped in FORWARD of this host",
                Where.UNKNOWN,
                "answers of it are delivered"),
            fault(
                "a route refuses",
                "ip route add blackhole LONGER",
                Where.LEAVING,
                "for a route or rule that refuses them",
                Where.NOT_ARRIVING,
                "nothing of its tunnel"),
            fault(
                "a route goes elsewhere",
                "ip route add LONGER dev eth0",
                Where.LEAVING,
                "leave by another device than tweed.1: type ip route get PROBE from",
                Where.NOT_ARRIVING,
                "nothing of its tunnel"),
            fault(
                "the forwarding entry is missing",
                "bridge fdb del 02:00:00:00:00:02 dev tweed.1",
                Where.LEAVING,
                "tweed.1 takes packets to it and sends none",
                Where.NOT_ARRIVING,
                "nothing of its tunnel"))
        .flatMap(
            fault ->
                Stream.of(true, false)
                    .map(
                        v4 ->
                            Arguments.of(
                                Stream.concat(Stream.of(v4), Stream.of(fault.get())).toArray())));
  }

  @ParameterizedTest(name = "{1}, IPv4 {0}")
  @MethodSource("faults")
  void whereItStops(
      boolean v4,
      String name,
      String fault,
      Where seenHere,
      String detailHere,
      Where seenThere,
      String detailThere)
      throws Exception {
    // Given nodes that count
    connect(v4);
    here.netns.sh(
        fault
            .replace("LONGER", v4 ? "10.244.2.128/25" : "fd00:244:2:0:ffff::/80")
            .replace("STRANGER", v4 ? "ip to 192.0.2.9" : "ip6 to 2001:db8::9")
            .replace("snat to ip", "snat ip"));
    assertThat(here.look()).isEmpty();
    assertThat(there.look()).isEmpty();

    // When both probe
    here.probe();
    there.probe();
    NANOS.addAndGet(Duration.ofSeconds(8).toNanos());

    // Then
    check(here, seenHere, detailHere);
    check(there, seenThere, detailThere);
  }

  private void check(Node node, Where where, String detail) {
    Located found = node.look().get(node.peer.block());
    assertThat(found).isNotNull();
    assertThat(found.where()).as(found.detail()).isEqualTo(where);
    assertThat(found.detail())
        .contains(
            detail
                .replace("PEER", node.peer.nodeIps().getFirst().toString())
                .replace("PROBE", node.peerProbe()));
  }

  @Test
  void onlyWhileAPeerIsUnreachedThereIsATable() throws Exception {
    connect(true);

    // Given a table that a killed daemon has left
    here.netns.sh("nft 'add table inet tweed-trace; add chain inet tweed-trace old'");
    here.open();

    // When nothing is wrong, or only large packets are lost
    assertThat(here.look(List.of())).isEmpty();
    assertThat(here.tables()).isEmpty();
    assertThat(here.look(List.of(unreached(here.peer, Cause.LARGE_LOST)))).isEmpty();
    assertThat(here.tables()).isEmpty();

    // When a peer is unreached
    here.look();
    String first = here.tables();
    assertThat(first).contains("table inet tweed-trace");
    // Then further calls leave the table as it is
    here.probe();
    NANOS.addAndGet(Duration.ofSeconds(20).toNanos());
    assertThat(here.look()).isNotEmpty();
    here.look();
    assertThat(here.tables()).isEqualTo(first);

    // When it is reached again
    assertThat(here.look(List.of())).isEmpty();
    assertThat(here.tables()).isEmpty();
  }

  @Test
  void aPeerWithoutLifeIsCountedForAWhileOnly() {
    connect(true);
    there.netns.sh(filter("input", 0, "udp dport 8472 drop"));
    UnreachedPeer off = unreached(here.peer, Cause.SILENT, false);

    for (int window = 0; window <= 6; window++) {
      here.probe();
      NANOS.addAndGet(Duration.ofSeconds(8).toNanos());
      here.look(List.of(off));
      assertThat(here.tables()).isNotEmpty();
    }

    // Then what was found stays
    assertThat(here.look(List.of(off))).isNotEmpty();
    assertThat(here.tables()).isEmpty();
    // When it shows life
    here.look();
    assertThat(here.tables()).isNotEmpty();
    here.look(List.of());
    assertThat(here.look(List.of(off))).isEmpty();
    assertThat(here.tables()).isNotEmpty();
  }

  @Test
  void aPeerWhosePacketsArriveIsCountedOnUntilNoneDo() throws Exception {
    connect(true);
    here.netns.sh(filter("forward", 0, "drop"));
    UnreachedPeer off = unreached(here.peer, Cause.SILENT, false);
    here.look(List.of(off));

    for (int window = 0; window < 8; window++) {
      there.probe();
      NANOS.addAndGet(Duration.ofSeconds(8).toNanos());
      Located found = here.look(List.of(off)).get(here.peer.block());
      assertThat(found.where()).isEqualTo(Where.ARRIVING);
      assertThat(found.heard()).isTrue();
    }
    assertThat(here.tables()).isNotEmpty();

    NANOS.addAndGet(Duration.ofSeconds(8).toNanos());
    assertThat(here.look(List.of(off)).get(here.peer.block()).heard()).isFalse();
    here.look(List.of(off));
    assertThat(here.tables()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"flush ruleset", "flush chain inet tweed-trace forwarded"})
  void whereTheTableWasChangedItIsMadeAnew(String change) throws Exception {
    connect(true);
    here.look();
    here.probe();
    here.netns.sh("nft " + change);
    NANOS.addAndGet(Duration.ofSeconds(8).toNanos());

    // Nothing came by counters that are not there; that is no news of packets
    assertThat(here.look()).isEmpty();

    here.probe();
    NANOS.addAndGet(Duration.ofSeconds(8).toNanos());
    assertThat(here.look()).isNotEmpty();
  }

  @ParameterizedTest
  @CsvSource({"/no/such/nft, cannot be counted", "/bin/false, ended with status 1"})
  void withoutNftItIsNotKnown(String nft, String detail) throws Exception {
    connect(true);
    PathTracer tracer = here.netns.call(() -> PathTracer.open(Path.of(nft), NANOS::get));
    tracer.network(Optional.of(here.network));

    Map<?, Located> found =
        here.netns.call(() -> tracer.look(List.of(unreached(here.peer, Cause.SILENT))));

    assertThat(found.get(here.peer.block()).where()).isEqualTo(Where.UNKNOWN);
    assertThat(found.get(here.peer.block()).detail()).contains(detail);
  }

  private void connect(boolean v4) {
    List<Node> nodes =
        NODES.computeIfAbsent(v4, family -> List.of(new Node(1, family), new Node(2, family)));
    here = nodes.getFirst();
    there = nodes.getLast();
    if (here.tracer == null) {
      here.netns.sh(
          "ip link add eth0 type veth peer name eth0 netns '%s'".formatted(there.netns.path()));
      here.build();
      there.build();
    }
  }

  private static Supplied fault(
      String name, String script, Where here, String detailHere, Where there, String detailThere) {
    return () -> new Object[] {name, script, here, detailHere, there, detailThere};
  }

  private interface Supplied {
    Object[] get();
  }

  private static String filter(String hook, int priority, String rule) {
    return ("nft 'add table inet host; add chain inet host c { type filter hook %s priority %d; };"
            + " add rule inet host c %s'")
        .formatted(hook, priority, rule);
  }

  /** A node with what the data path makes. */
  private static final class Node {
    private final int number;
    private final boolean v4;
    private final Netns netns = Netns.open();
    private final Peer peer;
    private final TraceNetwork network;
    private PathTracer tracer;

    Node(int number, boolean v4) {
      this.number = number;
      this.v4 = v4;
      int other = 3 - number;
      this.peer = peer("n" + other, block(other), underlay(other));
      this.network = network(VXLAN, List.of(block(number)), List.of(underlay(number)), peer);
    }

    private String block(int node) {
      return v4 ? "10.244." + node + ".0/24" : "fd00:244:" + node + "::/64";
    }

    private String underlay(int node) {
      return v4 ? "192.0.2." + node : "2001:db8::" + node;
    }

    private String first(int node) {
      return v4 ? "10.244." + node + ".0" : "fd00:244:" + node + "::";
    }

    private String probe(int node) {
      return v4 ? "10.244." + node + ".254" : "fd00:244:" + node + ":0:ffff:ffff:ffff:fffe";
    }

    String peerProbe() {
      return probe(3 - number);
    }

    /** One process for all: a test has two nodes, and there are many tests. */
    void build() {
      netns.sh(
          """
          ip -FAM -batch - <<.
          link set eth0 address 02:00:00:00:02:0ME up
          addr add UNDERLAY dev eth0 nodad
          neigh add PEER lladdr 02:00:00:00:02:0YOU dev eth0
          link add tweed.1 address 02:00:00:00:00:0ME type vxlan id 1 dstport 8472 local OWN \
              nolearning
          link set tweed.1 mtu 1400 up
          addr add FIRST dev tweed.1 nodad
          link add tweed-br0 address 02:00:00:00:01:0ME type bridge
          link add tweed-probe address 02:00:00:00:03:0ME type veth peer name tweed-probe-br
          link set tweed-probe-br master tweed-br0 up
          link set tweed-probe up
          link set tweed-br0 up
          addr add GATEWAY dev tweed-br0 nodad
          addr add PROBE dev tweed-probe nodad noprefixroute
          neigh add PROBE lladdr 02:00:00:00:03:0ME dev tweed-br0
          route add table 7416 local PROBE dev tweed-probe
          neigh add VIA lladdr 02:00:00:00:01:0ME dev tweed-probe
          route add table 7416 VIA dev tweed-probe
          route add table 7416 default via VIA dev tweed-probe
          rule add pref 74 iif tweed-probe lookup 7416
          rule add pref 74 from PROBE iif lo lookup 7416
          neigh add THEIRS lladdr 02:00:00:00:00:0YOU dev tweed.1
          route add BLOCK via THEIRS dev tweed.1 onlink
          .
          bridge fdb add 02:00:00:00:00:0YOU dev tweed.1 dst PEER
          cd /proc/sys/net
          echo 1 | tee FORWARDING ipvFAM/ip_nonlocal_bind ipv4/conf/tweed-probe/accept_local
          echo 0 | tee ipv4/icmp_ratelimit ipv6/icmp/ratelimit
          until ip -FAM route del table local local PROBE; do sleep 0.01; done 2>/dev/null
          """
              .replace("FAM", v4 ? "4" : "6")
              .replace("FORWARDING", v4 ? "ipv4/ip_forward" : "ipv6/conf/all/forwarding")
              .replace("UNDERLAY", underlay(number) + (v4 ? "/24" : "/64"))
              .replace("OWN", underlay(number))
              .replace("PEER", underlay(3 - number))
              .replace("FIRST", first(number))
              .replace("GATEWAY", v4 ? "10.244.ME.1/24" : "fd00:244:ME::1/64")
              .replace("PROBE", probe(number))
              .replace("VIA", v4 ? "10.244.ME.1" : "fe80::7416")
              .replace("THEIRS", first(3 - number))
              .replace("BLOCK", block(3 - number))
              .replace("ME", Integer.toString(number))
              .replace("YOU", Integer.toString(3 - number)));
      open();
    }

    /** Takes back what a test has done to it. */
    void mend() {
      netns.call(
          () -> {
            tracer.close();
            return null;
          });
      netns.sh(
          """
          nft flush ruleset
          ip -FAM route flush LONGER
          bridge fdb replace 02:00:00:00:00:0YOU dev tweed.1 dst PEER
          """
              .replace("FAM", v4 ? "4" : "6")
              .replace("LONGER", LONGER.get(v4))
              .replace("YOU", Integer.toString(3 - number))
              .replace("PEER", underlay(3 - number)));
    }

    void open() {
      tracer = netns.call(() -> PathTracer.open(Path.of("nft"), NANOS::get));
      tracer.network(Optional.of(network));
    }

    void probe() {
      netns.call(this::isAnswered);
    }

    /** A datagram from the probe address to that of the peer, and a moment for the answer. */
    private boolean isAnswered() throws IOException {
      return netns.call(
          () -> {
            try (DatagramChannel channel =
                DatagramChannel.open(
                    v4 ? StandardProtocolFamily.INET : StandardProtocolFamily.INET6)) {
              channel.bind(new InetSocketAddress(InetAddress.ofLiteral(probe(number)), 0));
              channel.connect(new InetSocketAddress(InetAddress.ofLiteral(peerProbe()), 7416));
              channel.write(ByteBuffer.wrap(new byte[24]));
              channel.configureBlocking(false);
              long end = System.nanoTime() + Duration.ofMillis(50).toNanos();
              while (System.nanoTime() < end) {
                try {
                  channel.read(ByteBuffer.allocate(1));
                } catch (PortUnreachableException e) {
                  return true;
                }
                Thread.sleep(1);
              }
              return false;
            } catch (IOException refused) {
              return false;
            }
          });
    }

    Map<?, Located> look() {
      return look(List.of(unreached(peer, Cause.SILENT)));
    }

    Map<?, Located> look(Collection<UnreachedPeer> unreached) {
      return netns.call(() -> tracer.look(unreached));
    }

    String tables() {
      return netns.sh("nft -a list tables | grep tweed-trace || true");
    }
  }
}
