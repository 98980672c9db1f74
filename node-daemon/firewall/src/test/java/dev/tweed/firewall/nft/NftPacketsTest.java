package dev.tweed.firewall.nft;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.firewall.backend.BackendOutcome.Applied;
import dev.tweed.firewall.nft.NftHosts.Answer;
import dev.tweed.firewall.rules.Action;
import dev.tweed.firewall.rules.Direction;
import dev.tweed.firewall.rules.FirewallRule;
import dev.tweed.firewall.rules.Logging;
import dev.tweed.firewall.rules.Peer;
import dev.tweed.firewall.rules.PortRange;
import dev.tweed.firewall.rules.Protocol;
import dev.tweed.ip.IpPrefix;
import java.io.IOException;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What rows do to packets. */
@Tag("kernel")
class NftPacketsTest {

  @AutoClose private final NftHosts hosts = new NftHosts();

  @Test
  void theFirstRowThatMatchesDecides() {
    hosts.serveOnNode(80, 81);

    apply(
        in("client", Action.ALLOW, Protocol.TCP, 80)
            .withFrom(Peer.of(IpPrefix.parse("192.0.2.2/32"))),
        in("all", Action.DENY, Protocol.TCP, 80),
        in("too-late", Action.ALLOW, Protocol.ANY, 80));

    assertThat(NftHosts.tcp(hosts.client, NftHosts.NODE, 80)).isEqualTo(Answer.OPEN);
    assertThat(NftHosts.tcp(hosts.client, NftHosts.NODE6, 80)).isEqualTo(Answer.SILENCE);
    assertThat(NftHosts.udp(hosts.client, NftHosts.NODE, 80)).isEqualTo(Answer.OPEN);
    assertThat(NftHosts.tcp(hosts.client, NftHosts.NODE, 81)).isEqualTo(Answer.OPEN);
  }

  @Test
  void addressesHavePortsOfTheirOwn() {
    hosts.serveOnNode(80, 81);
    List<FirewallRule> rules = new ArrayList<>();
    for (String client : List.of("192.0.2.2/32", "2001:db8::2/128")) {
      rules.add(own(rules.size(), client, 80));
    }
    for (int i = 3; i < 9; i++) {
      rules.add(own(rules.size(), "192.0.2.%d/32".formatted(i), 80 + i));
      rules.add(own(rules.size(), "2001:db8:%d::/48".formatted(i), 80 + i));
    }
    rules.add(FirewallRule.allow("rest", Direction.IN).withAction(Action.DENY));

    apply(rules.toArray(FirewallRule[]::new));

    for (String node : List.of(NftHosts.NODE, NftHosts.NODE6)) {
      assertThat(NftHosts.tcp(hosts.client, node, 80)).isEqualTo(Answer.OPEN);
      assertThat(NftHosts.tcp(hosts.client, node, 81)).isEqualTo(Answer.SILENCE);
    }
  }

  private static FirewallRule own(int number, String source, int port) {
    return in("r" + number, Action.ALLOW, Protocol.TCP, port)
        .withFrom(Peer.of(IpPrefix.parse(source)));
  }

  @Test
  void rejectedClientsAreTold() {
    hosts.serveOnNode(80);

    apply(in("no", Action.REJECT, Protocol.ANY, 80).withLogging(Logging.NEW));

    assertThat(NftHosts.tcp(hosts.client, NftHosts.NODE, 80)).isEqualTo(Answer.REFUSED);
    assertThat(NftHosts.udp(hosts.client, NftHosts.NODE, 80)).isEqualTo(Answer.REFUSED);
    assertThat(NftHosts.tcp(hosts.client, NftHosts.NODE6, 80)).isEqualTo(Answer.REFUSED);
    assertThat(NftHosts.udp(hosts.client, NftHosts.NODE6, 80)).isEqualTo(Answer.REFUSED);
  }

  @Test
  void theSixthConnectionIsRefusedWhereTheyAreLimited() {
    hosts.serveOnNode(80, 81);

    apply(in("few", Action.LIMIT, Protocol.TCP, 80));

    for (String address : new String[] {NftHosts.NODE, NftHosts.NODE6}) {
      assertThat(IntStream.range(0, 8).mapToObj(i -> NftHosts.tcp(hosts.client, address, 80)))
          .containsExactly(
              Answer.OPEN,
              Answer.OPEN,
              Answer.OPEN,
              Answer.OPEN,
              Answer.OPEN,
              Answer.REFUSED,
              Answer.REFUSED,
              Answer.REFUSED);
      assertThat(NftHosts.tcp(hosts.client, address, 81)).isEqualTo(Answer.OPEN);
    }
    assertThat(NftHosts.tcp(hosts.pod, "10.244.1.1", 80)).isEqualTo(Answer.OPEN);
  }

  /** What the time forgets is taken out of the sets here. */
  @Test
  void whoPausesIsLetInAsOftenAsHalfAMinuteHasRoomFor() {
    hosts.serveOnNode(80);
    apply(in("few", Action.LIMIT, Protocol.TCP, 80));
    for (int i = 0; i < 6; i++) {
      NftHosts.tcp(hosts.client, NftHosts.NODE, 80);
    }

    NftHosts.flush(hosts.node, "tweed-filter", "connection-1-ipv4", "connection-2-ipv4");
    assertThat(NftHosts.tcp(hosts.client, NftHosts.NODE, 80)).isEqualTo(Answer.REFUSED);
    NftHosts.flush(hosts.node, "tweed-filter", "refused-ipv4");

    assertThat(IntStream.range(0, 3).mapToObj(i -> NftHosts.tcp(hosts.client, NftHosts.NODE, 80)))
        .containsExactly(Answer.OPEN, Answer.OPEN, Answer.REFUSED);
  }

  @Test
  void sourcesThatAreTooManyToCountEachAreLimitedTogether() {
    hosts.serveOnNode(80);
    apply(in("few", Action.LIMIT, Protocol.TCP, 80));

    for (int i = 1; i <= 5; i++) {
      NftHosts.fill(hosts.node, "tweed-filter", "connection-%d-ipv4".formatted(i));
    }

    assertThat(IntStream.range(0, 30).mapToObj(i -> NftHosts.tcp(hosts.client, NftHosts.NODE, 80)))
        .startsWith(Answer.OPEN)
        .contains(Answer.REFUSED);
    assertThat(NftHosts.tcp(hosts.client, NftHosts.NODE6, 80)).isEqualTo(Answer.OPEN);
  }

  @Test
  void connectionsThatStandAreNotCut() throws IOException {
    hosts.serveOnNode(80);
    try (Socket socket = NftHosts.connect(hosts.client, NftHosts.NODE, 80)) {
      // The kernel follows connections from the first rule that asks on, so this one is new to it.
      apply(in("none", Action.ALLOW, Protocol.TCP, 80));
      socket.getOutputStream().write(1);
      assertThat(socket.getInputStream().read()).isEqualTo(1);

      apply(in("none", Action.DENY, Protocol.ANY, 80));

      socket.getOutputStream().write(2);
      assertThat(socket.getInputStream().read()).isEqualTo(2);
      assertThat(NftHosts.tcp(hosts.client, NftHosts.NODE, 80)).isEqualTo(Answer.SILENCE);
    }
  }

  @Test
  void neighboursAreFoundWhereEverythingIsDenied() {
    apply(
        FirewallRule.allow("in", Direction.IN).withAction(Action.DENY),
        FirewallRule.allow("out", Direction.OUT).withAction(Action.DENY));

    hosts.client.sh("ip neigh flush all; ping -c1 -W2 192.0.2.1; ping -6 -c1 -W2 2001:db8::1");
    hosts.node.sh("ip neigh flush all; ping -6 -c1 -W2 2001:db8::2");
  }

  @Test
  void icmpIsRefusedByItsTypes() {
    apply(
        icmp("echo", Action.DENY, Protocol.ICMP, 8),
        icmp("echo6", Action.DENY, Protocol.ICMPV6, 128));

    assertThat(hosts.client.sh(ping(NftHosts.NODE) + ping(NftHosts.NODE6))).isEqualTo("no\nno\n");
    assertThat(hosts.node.sh(ping("192.0.2.2") + ping("2001:db8::2"))).isEqualTo("yes\nyes\n");
  }

  @Test
  void rulesForIcmpHaveTheirSayWhateverRefusesAllProtocols() {
    Peer client = Peer.of(IpPrefix.parse("192.0.2.2/32"));
    FirewallRule all = FirewallRule.allow("all", Direction.IN).withAction(Action.DENY);
    FirewallRule echo = icmp("echo", Action.DENY, Protocol.ICMP, 8);

    apply(all, echo);
    assertThat(hosts.client.sh(ping(NftHosts.NODE))).isEqualTo("no\n");

    apply(FirewallRule.allow("client", Direction.IN).withFrom(client), all, echo);
    assertThat(hosts.client.sh(ping(NftHosts.NODE))).isEqualTo("yes\n");
  }

  private static String ping(String to) {
    return "ping -c1 -W1 %s >/dev/null && echo yes || echo no;".formatted(to);
  }

  private static FirewallRule icmp(String name, Action action, Protocol protocol, int type) {
    return new FirewallRule(
        name,
        Direction.IN,
        action,
        protocol,
        List.of(type),
        List.of(),
        List.of(),
        List.of(),
        Optional.empty(),
        Optional.empty(),
        Logging.NONE,
        "");
  }

  @Test
  void routedPacketsAreMatchedByDevices() {
    hosts.serve(hosts.pod, 80);

    apply(
        FirewallRule.allow("no", Direction.ROUTED)
            .withAction(Action.REJECT)
            .withInterfaceIn("left")
            .withInterfaceOut("right"));

    assertThat(NftHosts.tcp(hosts.client, NftHosts.POD, 80)).isEqualTo(Answer.REFUSED);
    assertThat(NftHosts.tcp(hosts.client, NftHosts.POD6, 80)).isEqualTo(Answer.REFUSED);
    hosts.serve(hosts.client, 80);
    assertThat(NftHosts.tcp(hosts.pod, "192.0.2.2", 80)).isEqualTo(Answer.OPEN);
  }

  @ParameterizedTest
  @ValueSource(strings = {NftHosts.POD, NftHosts.POD6})
  void sendersLearnOfANarrowPathWhereTheNodeMaySendNothing(String pod) {
    hosts.node.sh("ip link set right mtu 1300");

    apply(FirewallRule.allow("out", Direction.OUT).withAction(Action.REJECT));

    assertThat(hosts.client.sh("ping -M do -s 1400 -c 1 -W 2 %s 2>&1 || true".formatted(pod)))
        .contains("mtu");
  }

  @Test
  void whatTheNodeSendsIsMatched() {
    hosts.serve(hosts.client, 25, 26);

    apply(
        FirewallRule.allow("no-mail", Direction.OUT)
            .withAction(Action.REJECT)
            .withPorts(Protocol.TCP, PortRange.of(25)));

    assertThat(hosts.node.sh("bash -c '</dev/tcp/192.0.2.2/25' 2>&1 || true")).contains("refused");
    hosts.node.sh("bash -c '</dev/tcp/192.0.2.2/26'");
  }

  @ParameterizedTest
  @EnumSource(
      value = Protocol.class,
      names = {"AH", "ESP", "GRE"})
  void protocolsWithoutPortsAreClosedInBothFamilies(Protocol protocol) {
    // With AH a datagram for port 53; the others do not care.
    String inside = "11010000" + "00000001" + "00000001" + "0035003500080000";
    hosts.node.sh(
        "nft 'table inet count { chain c { type filter hook input priority 100;"
            + " ip protocol %1$s counter; ip6 nexthdr %1$s counter; }; }'"
                .formatted(protocol.text()));
    String send =
        """
        import socket
        for family, node in (socket.AF_INET, '%s'), (socket.AF_INET6, '%s'):
          s = socket.socket(family, socket.SOCK_RAW, socket.getprotobyname('%s'))
          s.sendto(bytes.fromhex('%s'), (node, 0))
        """
            .formatted(NftHosts.NODE, NftHosts.NODE6, protocol.text(), inside);

    hosts.client.exec("python3", "-c", send);
    assertThat(counted()).containsExactly("1", "1");

    apply(
        FirewallRule.allow("other", Direction.IN).withPorts(Protocol.UDP, PortRange.of(54)),
        FirewallRule.allow("no", Direction.IN).withAction(Action.DENY).withPorts(protocol),
        FirewallRule.allow("late", Direction.IN).withPorts(Protocol.UDP, PortRange.of(53)));
    hosts.client.exec("python3", "-c", send);
    assertThat(counted()).containsExactly("1", "1");
  }

  private List<String> counted() {
    return hosts
        .node
        .sh("nft list chain inet count c | grep -o 'packets [0-9]*'")
        .lines()
        .map(line -> line.substring("packets ".length()))
        .toList();
  }

  private static FirewallRule in(String name, Action action, Protocol protocol, int port) {
    return FirewallRule.allow(name, Direction.IN)
        .withAction(action)
        .withPorts(protocol, PortRange.of(port));
  }

  private void apply(FirewallRule... rules) {
    assertThat(
            hosts.node.call(
                () ->
                    new NftablesBackend(hosts.node.tables(), OptionalInt::empty)
                        .apply(Rows.of(rules))))
        .isInstanceOf(Applied.class);
  }
}
