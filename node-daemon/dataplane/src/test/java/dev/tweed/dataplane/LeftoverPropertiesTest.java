package dev.tweed.dataplane;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tag;

/**
 * Whatever is in the kernel when we come: what is ours of it is put right or goes, what is not
 * stays as it is, and is told where it is in the way.
 */
@Tag("kernel")
class LeftoverPropertiesTest {

  private static final String TUNNEL =
      "ip link add tweed.1 type vxlan id 1 local 192.0.2.1 dstport 8472 nolearning dev eth0";
  private static final String MARK = "; ip link set %s alias tweed:default";

  /** Ours or half ours in place of the tunnel device, such as may stay. */
  private static final List<String> TUNNELS =
      List.of(
          TUNNEL,
          TUNNEL + "; ip link set tweed.1 group 7416 up",
          TUNNEL + marked("tweed.1") + " address 02:00:00:00:00:99 mtu 1300 up",
          TUNNEL + marked("tweed.1") + " address 02:00:00:00:00:01 mtu 1450 up",
          TUNNEL + marked("tweed.1") + " txqueuelen 500; ip addr add 10.244.8.0/32 dev tweed.1");

  /** None, or such as has to go. */
  private static final List<String> OTHER_TUNNELS =
      List.of(
          "",
          TUNNEL.replace("nolearning", "learning") + marked("tweed.1"),
          TUNNEL.replace("192.0.2.1", "192.0.2.9") + marked("tweed.1") + " up",
          TUNNEL.replace("8472", "4789") + marked("tweed.1") + " up",
          TUNNEL.replace("id 1", "id 9") + marked("tweed.1") + " up",
          TUNNEL + " remote 192.0.2.3" + marked("tweed.1"),
          "ip link add tweed.1 type bridge" + marked("tweed.1"),
          "ip link add tweed.7 type vxlan id 7 local 192.0.2.1 dstport 8472 dev eth0"
              + marked("tweed.7")
              + " up; ip route append 10.244.7.0/24 via 10.244.7.0 dev tweed.7 onlink proto 116",
          "ip link add tweed.7 type vxlan id 1 local 192.0.2.1 dstport 8472 dev eth0"
              + marked("tweed.7")
              + " up");

  /** On the tunnel device, where there is one. */
  private static final List<String> ON_TUNNEL =
      List.of(
          "ip link set tweed.1 up; ip route append 10.244.2.0/24 via 10.244.2.0 dev tweed.1 onlink"
              + " proto 116 metric 1026",
          "ip link set tweed.1 up; ip route append 10.244.3.0/24 via 10.244.2.0 dev tweed.1 onlink"
              + " proto 116",
          "ip link set tweed.1 up; ip -6 route add fd00:10:244:2::/64 via fd00:10:244:3:: dev"
              + " tweed.1 onlink proto 116 metric 1027",
          "ip neigh add 10.244.2.0 lladdr 02:00:00:00:00:99 dev tweed.1 nud permanent",
          "ip neigh add 10.244.99.0 lladdr 02:00:00:00:00:99 dev tweed.1 nud permanent",
          "ip neigh add fd00:10:244:2:: lladdr 02:00:00:00:00:99 dev tweed.1 nud noarp",
          "bridge fdb append 02:00:00:00:00:02 dev tweed.1 dst 192.0.2.99",
          "bridge fdb append 02:00:00:00:00:03 dev tweed.1 dst 192.0.2.3 port 4789 vni 5",
          "bridge fdb append 00:00:00:00:00:00 dev tweed.1 dst 192.0.2.98",
          "bridge fdb append 01:00:00:00:00:07 dev tweed.1 dst 192.0.2.98");

  /** Ours or half ours in place of the bridge. */
  private static final List<String> BRIDGES =
      List.of(
          "",
          "ip link add tweed-br0 type bridge",
          "ip link add tweed-br0 mtu 1300 type bridge; ip link set tweed-br0 group 7416",
          "ip link add tweed-br0 type bridge" + marked("tweed-br0") + " mtu 1300 up",
          "ip link add tweed-br0 type bridge; ip addr add 10.244.1.7/24 dev tweed-br0; ip addr add"
              + " 10.244.77.1/24 dev tweed-br0; ip link set tweed-br0 up",
          "ip link add tweed-br0 address 02:00:00:00:00:97 type bridge"
              + marked("tweed-br0")
              + " up; ip addr add fd00:10:244:55::1/64 dev tweed-br0",
          "ip link add tweed-br0 type vxlan id 99 dstport 4799" + marked("tweed-br0"),
          "ip link add pods0 type bridge"
              + marked("pods0")
              + " up; ip addr add 10.244.1.1/24 dev pods0");

  private static final List<String> OURS =
      List.of(
          "ip route append 10.244.2.0/24 via 192.0.2.77 metric 1025 proto 116",
          "ip route append 10.244.2.0/24 via 192.0.2.77 proto 116",
          "ip route append blackhole 10.244.3.0/24 proto 116",
          "ip route append unreachable 10.99.0.0/16 proto 116 metric 1030",
          "ip route append 10.244.3.0/24 proto 116 metric 9 nexthop via 192.0.2.71 nexthop via 192.0.2.72",
          "ip -6 route add fd00:10:244:3::/64 via 2001:db8::77 proto 116 metric 1031",
          "ip -6 route add fd00:10:244:3::/64 proto 116 metric 8 nexthop via 2001:db8::71 nexthop via"
              + " 2001:db8::72",
          "ip -6 route add unreachable fd00:10:244:4::/64 proto 116");

  private static final List<String> TABLES =
      List.of(
          "",
          "nft 'table inet tweed { chain old { type filter hook forward priority 0; drop; }; }'",
          "nft 'table inet tweed { set s { type ipv4_addr; }; map m { type mark : verdict; };"
              + " chain postrouting { }; }'",
          "nft 'table inet tweed { flags dormant; }'");

  private static final List<String> FOREIGN =
      List.of(
          "ip link add br-x type bridge; ip link set br-x alias mine up; ip addr add"
              + " 172.30.0.1/16 dev br-x",
          "ip link add flannel.7 type vxlan id 77 local 192.0.2.1 dstport 8472; ip link set"
              + " flannel.7 up; bridge fdb append 02:00:00:00:00:02 dev flannel.7 dst 192.0.2.2; ip"
              + " neigh add 10.244.2.0 lladdr 02:00:00:00:00:02 dev flannel.7 nud permanent",
          "ip link add tweed.2 type bridge; ip link set tweed.2 up; ip route append 10.244.66.0/24 dev"
              + " tweed.2",
          "ip link add notours type bridge; ip link set notours alias xtweed:default",
          "ip link add grouped type bridge; ip link set grouped alias mine group 7416",
          "ip route append 10.244.2.0/24 via 192.0.2.66 proto static",
          "ip route append 10.244.3.0/24 via 192.0.2.66 metric 4000000000",
          "ip route append 10.244.2.128/25 via 192.0.2.66 proto bird",
          "ip route append blackhole 10.244.4.7",
          "ip -6 route add fd00:10:244:2::/64 via 2001:db8::66 proto static metric 5",
          "ip -6 route add fd00::/8 via 2001:db8::66 proto static",
          "ip route append 10.244.2.0/24 via 192.0.2.67 table 100; ip rule add from 10.9.0.0/16 lookup"
              + " 100 pref 100",
          "ip -6 rule add fwmark 7 lookup 101 pref 90",
          "ip nexthop add id 9 via 192.0.2.68 dev eth0; ip route append 10.98.0.0/16 nhid 9",
          "ip neigh add 192.0.2.2 lladdr 02:00:00:00:00:02 dev eth0 nud permanent",
          "nft 'table inet other { chain c { type filter hook forward priority 0; accept; }; }'",
          "nft 'table ip tweed { chain postrouting { type nat hook postrouting priority 100; }; }'");

  /** In our way; the name is what to delete. */
  record InTheWay(String name, String script) {}

  private static final List<InTheWay> IN_THE_WAY =
      List.of(
          new InTheWay(
              "tweed.1", "ip link add tweed.1 type bridge; ip addr add 10.1.0.1/24 dev tweed.1"),
          new InTheWay("tweed.1", TUNNEL.replace("id 1", "id 5") + "; ip link set tweed.1 up"),
          new InTheWay("tweed.1", TUNNEL + "; ip link set tweed.1 alias mine"),
          new InTheWay("flannel.1", TUNNEL.replace("tweed.1", "flannel.1")),
          new InTheWay("everything", "ip link add everything type vxlan external dstport 8472"),
          new InTheWay("tweed-br0", "ip link add tweed-br0 type vxlan id 99 dstport 4799"),
          new InTheWay(
              "tweed-br0", "ip link add tweed-br0 type bridge; ip link set tweed-br0 alias mine"),
          new InTheWay(
              "tweed-br0",
              "ip link add tweed-br0 type bridge; ip addr add 172.31.0.1/24 dev tweed-br0"),
          new InTheWay(
              "tweed-br0",
              "ip link add tweed-br0 type bridge; ip link add port0 type vxlan id 98 dstport 4798; ip link set port0"
                  + " master tweed-br0"));

  private static String marked(String device) {
    return MARK.formatted(device);
  }

  @Provide
  Arbitrary<List<String>> leftovers() {
    return Combinators.combine(
            Arbitraries.oneOf(Arbitraries.of(TUNNELS), Arbitraries.of(OTHER_TUNNELS)),
            some(ON_TUNNEL, 6),
            Arbitraries.of(BRIDGES),
            some(OURS, 4),
            Arbitraries.of(TABLES),
            some(FOREIGN, 6))
        .as(
            (tunnel, on, bridge, ours, table, foreign) -> {
              List<String> scripts = new ArrayList<>(List.of(tunnel));
              if (tunnel.contains("link add tweed.1 type vxlan")) {
                scripts.addAll(on);
              }
              scripts.add(bridge);
              scripts.addAll(ours);
              scripts.add(table);
              scripts.addAll(foreign);
              return scripts;
            });
  }

  @Provide
  Arbitrary<List<String>> strangers() {
    return Combinators.combine(some(OURS, 2), some(FOREIGN, 4))
        .as(
            (ours, foreign) -> {
              List<String> scripts = new ArrayList<>(ours);
              scripts.addAll(foreign);
              return scripts;
            });
  }

  @Provide
  Arbitrary<InTheWay> inTheWay() {
    return Arbitraries.of(IN_THE_WAY);
  }

  private static Arbitrary<List<String>> some(List<String> scripts, int most) {
    return Arbitraries.of(scripts).list().uniqueElements().ofMaxSize(most);
  }

  @Property(tries = 20)
  void whatIsOursIsPutRightAndWhatIsNotStays(@ForAll("leftovers") List<String> scripts) {
    try (FaultyNode node = new FaultyNode()) {
      run(node, scripts);
      Set<String> before = strangers(node, Set.of("tweed.1", "tweed-br0"));

      node.assertConverges(FaultExamples.BASE);

      assertThat(strangers(node, Set.of("tweed.1", "tweed-br0"))).isEqualTo(before);
    }
  }

  @Property(tries = 10)
  void whatIsInTheWayIsToldAndStays(
      @ForAll("inTheWay") InTheWay inTheWay, @ForAll("strangers") List<String> scripts) {
    try (FaultyNode node = new FaultyNode()) {
      run(node, List.of(inTheWay.script()));
      run(node, scripts);
      Set<String> before = strangers(node, Set.of());

      SyncReport report = node.sync(FaultExamples.BASE);

      assertThat(report.verified()).isFalse();
      assertThat(report.findings())
          .anySatisfy(
              finding -> {
                assertThat(finding.isBlocking()).isTrue();
                assertThat(finding.object()).isEqualTo(inTheWay.name());
              });
      assertThat(strangers(node, Set.of())).isEqualTo(before);
      node.netns.sh("ip link del " + inTheWay.name());
      node.assertConverges(FaultExamples.BASE);
    }
  }

  private static void run(FaultyNode node, List<String> scripts) {
    node.netns.sh(String.join("\n", scripts));
  }

  /** What is not ours, without what is going to be. */
  private static Set<String> strangers(FaultyNode node, Set<String> toBeOurs) {
    Set<String> lines = new TreeSet<>(node.dump().others());
    lines.removeIf(line -> toBeOurs.stream().anyMatch(line::contains));
    return lines;
  }
}
