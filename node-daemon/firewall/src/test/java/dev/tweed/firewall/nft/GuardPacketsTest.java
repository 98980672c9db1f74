package dev.tweed.firewall.nft;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.firewall.backend.BackendOutcome;
import dev.tweed.firewall.nft.NftHosts.Answer;
import dev.tweed.firewall.rules.Action;
import dev.tweed.firewall.rules.Direction;
import dev.tweed.firewall.rules.FilterRow;
import dev.tweed.firewall.rules.FirewallRule;
import dev.tweed.firewall.rules.Origin;
import dev.tweed.firewall.rules.Peer;
import dev.tweed.firewall.rules.PortRange;
import dev.tweed.firewall.rules.Protocol;
import dev.tweed.ip.IpPrefix;
import dev.tweed.netlink.LoggedPacket;
import dev.tweed.netlink.socket.PacketLog;
import java.io.IOException;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What the guard does to packets. On the node, ports 30080 and 30081 are NodePorts and 10.96.0.1
 * and fd00:96::1 are addresses of a Service, all translated to port 80 of the pod; 30085 is a
 * program.
 */
@Tag("kernel")
class GuardPacketsTest {

  private static final String SERVICE = "10.96.0.1";
  private static final String SERVICE6 = "fd00:96::1";

  @AutoClose private NftHosts hosts;

  @BeforeEach
  void open() {
    hosts = new NftHosts();
    hosts.serve(hosts.pod, 80);
    for (String protocol : List.of("tcp", "udp")) {
      hosts.node.sh(
          """
          cat <<'END' | nft -f -
          table ip nat {
            chain prerouting {
              type nat hook prerouting priority dstnat;
              fib daddr type local PROTO dport { 30080, 30081 } dnat to 10.244.1.2:80
              ip daddr 10.96.0.1 PROTO dport 30080 dnat to 10.244.1.2:80
            }
            chain postrouting { type nat hook postrouting priority srcnat; ip saddr 10.244.1.2 ip daddr 10.244.1.2 masquerade; }
          }
          table ip6 nat {
            chain prerouting {
              type nat hook prerouting priority dstnat;
              fib daddr type local PROTO dport { 30080, 30081 } dnat to [fd00:10:244:1::2]:80
              ip6 daddr fd00:96::1 PROTO dport 30080 dnat to [fd00:10:244:1::2]:80
            }
            chain postrouting { type nat hook postrouting priority srcnat; ip6 saddr fd00:10:244:1::2 ip6 daddr fd00:10:244:1::2 masquerade; }
          }
          END
          """
              .replace("PROTO", protocol));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {NftHosts.NODE, NftHosts.NODE6})
  void aDeniedNodePortIsClosedAndAnotherIsOpen(String address) {
    assertThat(NftHosts.tcp(hosts.client, address, 30080)).isEqualTo(Answer.OPEN);
    assertThat(NftHosts.udp(hosts.client, address, 30080)).isEqualTo(Answer.OPEN);

    guard(in("closed", Action.DENY, 30080));

    assertThat(NftHosts.tcp(hosts.client, address, 30080)).isEqualTo(Answer.SILENCE);
    assertThat(NftHosts.udp(hosts.client, address, 30080)).isEqualTo(Answer.SILENCE);
    assertThat(NftHosts.tcp(hosts.client, address, 30081)).isEqualTo(Answer.OPEN);
    assertThat(NftHosts.udp(hosts.client, address, 30081)).isEqualTo(Answer.OPEN);
  }

  @ParameterizedTest
  @ValueSource(strings = {NftHosts.NODE, NftHosts.NODE6})
  void clientsOfARejectedNodePortAreTold(String address) {
    guard(in("closed", Action.REJECT, 30080));

    assertThat(NftHosts.tcp(hosts.client, address, 30080)).isEqualTo(Answer.REFUSED);
    assertThat(NftHosts.udp(hosts.client, address, 30080)).isEqualTo(Answer.REFUSED);
  }

  @ParameterizedTest
  @ValueSource(strings = {NftHosts.NODE, NftHosts.NODE6})
  void theSixthConnectionToALimitedNodePortIsRefused(String address) {
    guard(in("few", Action.LIMIT, 30080));

    assertThat(IntStream.range(0, 6).mapToObj(i -> NftHosts.tcp(hosts.client, address, 30080)))
        .containsExactly(
            Answer.OPEN, Answer.OPEN, Answer.OPEN, Answer.OPEN, Answer.OPEN, Answer.REFUSED);
  }

  @ParameterizedTest
  @ValueSource(strings = {NftHosts.NODE, NftHosts.NODE6})
  void programsOfTheNodeAreLeftToItsFirewall(String address) {
    hosts.serveOnNode(30085);

    guard(
        in("closed", Action.DENY, 30085),
        FirewallRule.allow("all", Direction.IN).withAction(Action.DENY));

    assertThat(NftHosts.tcp(hosts.client, address, 30085)).isEqualTo(Answer.OPEN);
    assertThat(NftHosts.udp(hosts.client, address, 30085)).isEqualTo(Answer.OPEN);
    assertThat(NftHosts.tcp(hosts.client, address, 30080)).isEqualTo(Answer.SILENCE);
  }

  @ParameterizedTest
  @ValueSource(strings = {SERVICE, SERVICE6})
  void servicesOfTheSamePortAreLeftAlone(String address) {
    guard(in("closed", Action.DENY, 30080));

    assertThat(NftHosts.tcp(hosts.client, address, 30080)).isEqualTo(Answer.OPEN);
    assertThat(NftHosts.udp(hosts.client, address, 30080)).isEqualTo(Answer.OPEN);
    // A pod that is its own Service.
    assertThat(NftHosts.tcp(hosts.pod, address, 30080)).isEqualTo(Answer.OPEN);
    // Even while others knock at the NodePort.
    NftHosts.tcp(hosts.client, NftHosts.NODE, 30080);
    assertThat(NftHosts.tcp(hosts.client, address, 30080)).isEqualTo(Answer.OPEN);
  }

  @Test
  void knockingAtManyAddressesOpensNothing() {
    guard(in("closed", Action.DENY, 30080));

    NftHosts.fill(hosts.node, "tweed-guard", "local-ipv4");

    assertThat(NftHosts.tcp(hosts.client, NftHosts.NODE, 30080)).isEqualTo(Answer.SILENCE);
    assertThat(NftHosts.tcp(hosts.client, NftHosts.NODE, 30081)).isEqualTo(Answer.OPEN);
  }

  @Test
  void whoIsAllowedFirstIsLetIn() {
    guard(
        in("client", Action.ALLOW, 30080).withFrom(Peer.of(IpPrefix.parse("192.0.2.0/28"))),
        in("closed", Action.DENY, 30080));

    assertThat(NftHosts.tcp(hosts.client, NftHosts.NODE, 30080)).isEqualTo(Answer.OPEN);
    assertThat(NftHosts.tcp(hosts.client, NftHosts.NODE6, 30080)).isEqualTo(Answer.SILENCE);
    assertThat(NftHosts.tcp(hosts.pod, "10.244.1.1", 30080)).isEqualTo(Answer.SILENCE);
  }

  @Test
  void clientsHaveNodePortsOfTheirOwn() {
    List<FirewallRule> rules = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      rules.add(
          in("r" + i, Action.DENY, 30080 + i)
              .withFrom(Peer.of(IpPrefix.parse("192.0.2.%d/32".formatted(i + 2)))));
      rules.add(
          in("s" + i, Action.DENY, 30080 + i)
              .withFrom(Peer.of(IpPrefix.parse("2001:db8::%d/128".formatted(i + 2)))));
    }

    guard(rules.toArray(FirewallRule[]::new));

    for (String node : List.of(NftHosts.NODE, NftHosts.NODE6)) {
      assertThat(NftHosts.tcp(hosts.client, node, 30080)).isEqualTo(Answer.SILENCE);
      assertThat(NftHosts.tcp(hosts.client, node, 30081)).isEqualTo(Answer.OPEN);
    }
  }

  @Test
  void destinationsAreThoseBeforeTranslation() {
    guard(in("closed", Action.DENY, 30080).withTo(Peer.of(IpPrefix.parse("192.0.2.1/32"))));

    assertThat(NftHosts.tcp(hosts.client, NftHosts.NODE, 30080)).isEqualTo(Answer.SILENCE);
    assertThat(NftHosts.tcp(hosts.client, "10.244.1.1", 30080)).isEqualTo(Answer.OPEN);
  }

  @Test
  void devicesAreThoseThePacketsCameBy() {
    guard(in("closed", Action.DENY, 30080).withInterfaceIn("left"));

    assertThat(NftHosts.tcp(hosts.client, NftHosts.NODE, 30080)).isEqualTo(Answer.SILENCE);
    assertThat(NftHosts.tcp(hosts.pod, NftHosts.NODE, 30080)).isEqualTo(Answer.OPEN);
  }

  @Test
  void connectionsThatStandAreNotCut() throws IOException {
    try (Socket socket = NftHosts.connect(hosts.client, NftHosts.NODE, 30080)) {
      guard(in("closed", Action.DENY, 30080));

      socket.getOutputStream().write(2);
      assertThat(socket.getInputStream().read()).isEqualTo(2);
    }
  }

  @Test
  void connectionsThatStandAreEndedWhereAPolicySaysSo() throws IOException {
    hosts.serveOnNode(80, 81);
    try (Socket cut = NftHosts.connect(hosts.client, NftHosts.NODE, 80);
        Socket kept = NftHosts.connect(hosts.client, NftHosts.NODE, 81)) {
      guard(
          in("seen", Action.DENY, 9)); // the kernel follows connections from the first question on
      assertThat(answers(cut) && answers(kept)).isTrue();
      List<FilterRow> rows =
          Rows.of(
              in("kept", Action.ALLOW, 81), in("cut", Action.DENY, 80), in("all", Action.DENY, 81));

      guard(new GuardRules(rows, List.of(), origins(rows), Set.of()));

      assertThat(answers(kept)).isTrue();
      assertThat(answers(cut)).isFalse();
    }
    assertThat(new RuleCountReader(hosts.node.tables()).read())
        .filteredOn(count -> count.rule().equals("cut") && count.packets() > 0)
        .isNotEmpty();
  }

  @Test
  void rowsThatAreOnlyTriedRefuseNothingAndAreCountedAndLogged() throws Exception {
    hosts.serveOnNode(80, 81);
    List<FilterRow> rows =
        Rows.of(
            in("open", Action.ALLOW, 81),
            FirewallRule.allow("rest", Direction.IN).withAction(Action.DENY));
    LinkedBlockingQueue<LoggedPacket> queue = new LinkedBlockingQueue<>();
    LoggedPacket packet;

    try (PacketLog log = hosts.node.call(() -> PacketLog.open(77, queue::add))) {
      GuardWriter writer = new GuardWriter(hosts.node.tables(), () -> OptionalInt.of(77));
      hosts.node.call(() -> writer.apply(new GuardRules(List.of(), rows, Set.of(), origins(rows))));
      assertThat(NftHosts.tcp(hosts.client, NftHosts.NODE, 80)).isEqualTo(Answer.OPEN);
      assertThat(NftHosts.tcp(hosts.client, NftHosts.NODE6, 81)).isEqualTo(Answer.OPEN);
      packet = queue.poll(20, TimeUnit.SECONDS);
    }

    assertThat(new RuleCountReader(hosts.node.tables()).read())
        .filteredOn(count -> count.packets() > 0)
        .containsExactlyInAnyOrder(
            new RuleCount("test", "open", Action.ALLOW, true, 1),
            new RuleCount("test", "rest", Action.DENY, true, 1));
    assertThat(NftLogPrefix.tryParse(packet.prefix()))
        .contains(new NftLogPrefix("would-deny", "test", "rest"));
    assertThat(packet.inputIndex()).isPositive();
    assertThat(packet.header().orElseThrow().source()).hasToString("192.0.2.2");
    assertThat(packet.header().orElseThrow().destinationPort()).hasValue(80);
    assertThat(queue).isEmpty();
  }

  private static Set<Origin> origins(List<FilterRow> rows) {
    return Set.of(rows.getFirst().origin());
  }

  private static boolean answers(Socket socket) throws IOException {
    socket.setSoTimeout(1_500);
    socket.getOutputStream().write(1);
    try {
      return socket.getInputStream().read() == 1;
    } catch (SocketTimeoutException e) {
      return false;
    }
  }

  private void guard(GuardRules rules) {
    assertThat(
            hosts.node.call(
                () -> new GuardWriter(hosts.node.tables(), OptionalInt::empty).apply(rules)))
        .isEqualTo(BackendOutcome.applied(true));
  }

  private static FirewallRule in(String name, Action action, int port) {
    return FirewallRule.allow(name, Direction.IN)
        .withAction(action)
        .withPorts(Protocol.ANY, PortRange.of(port));
  }

  private void guard(FirewallRule... rules) {
    assertThat(
            hosts.node.call(
                () ->
                    new GuardWriter(hosts.node.tables(), OptionalInt::empty)
                        .apply(new GuardRules(Rows.of(rules)))))
        .isEqualTo(BackendOutcome.applied(true));
  }
}
