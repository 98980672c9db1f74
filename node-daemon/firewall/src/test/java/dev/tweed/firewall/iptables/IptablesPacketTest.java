package dev.tweed.firewall.iptables;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.firewall.rules.Action;
import dev.tweed.firewall.rules.Direction;
import dev.tweed.firewall.rules.FilterRow;
import dev.tweed.firewall.rules.FirewallRule;
import dev.tweed.firewall.rules.Logging;
import dev.tweed.firewall.rules.PortRange;
import dev.tweed.firewall.rules.Protocol;
import dev.tweed.firewall.ufw.SampleRows;
import dev.tweed.netlink.testing.Netns;
import java.net.ServerSocket;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What becomes of packets. Nobody listens: a refusal is an answer, and silence is a firewall. */
@Tag("kernel")
class IptablesPacketTest {

  /** Seconds; an answer that is expected comes even to a machine that is busy. */
  private static final int PATIENCE = 20;

  private static final FirewallRule TCP_81 =
      FirewallRule.allow("r", Direction.IN).withPorts(Protocol.TCP, PortRange.of(81));

  @AutoClose private IptablesNode node;
  @AutoClose private Netns peer;

  @ParameterizedTest
  @EnumSource(IptablesFlavour.class)
  void aRowThatAllowsOpensWhatAPersonsRulesDrop(IptablesFlavour flavour) {
    open(flavour);
    node.sh("iptables -P INPUT DROP; iptables -P OUTPUT DROP");
    assertClosed(81);

    node.apply(SampleRows.policy(TCP_81));

    assertOpen(81); // its answer is let out, too
    assertClosed(82);
  }

  @ParameterizedTest
  @EnumSource(IptablesFlavour.class)
  void aRowThatDeniesClosesWhatIsOpen(IptablesFlavour flavour) {
    open(flavour);
    assertOpen(81);

    node.apply(SampleRows.policy(TCP_81.withAction(Action.DENY)));

    assertClosed(81);
    assertOpen(82);
  }

  @ParameterizedTest
  @EnumSource(IptablesFlavour.class)
  void theFirstRowThatMatchesDecides(IptablesFlavour flavour) {
    open(flavour);
    List<FilterRow> rows =
        SampleRows.policy(
            TCP_81,
            FirewallRule.allow("rest", Direction.IN)
                .withAction(Action.DENY)
                .withLogging(Logging.NEW));

    node.apply(rows);

    assertOpen(81);
    assertClosed(82);
  }

  @ParameterizedTest
  @EnumSource(IptablesFlavour.class)
  void denyingEverythingClosesNeitherLoopbackNorIcmp(IptablesFlavour flavour) {
    open(flavour);

    node.apply(
        SampleRows.policy(
            FirewallRule.allow("in", Direction.IN).withAction(Action.DENY),
            FirewallRule.allow("out", Direction.OUT).withAction(Action.REJECT)));

    assertClosed(81);
    assertThat(answers(node.netns(), "127.0.0.1", 81, PATIENCE)).isTrue();
    peer.sh("ping -c 1 -W 10 192.0.2.1");
    node.netns().sh("ip neigh flush dev x");
    peer.sh("ping -6 -c 1 -W 10 2001:db8::1"); // needs neighbours, which are ICMP
  }

  @ParameterizedTest
  @EnumSource(IptablesFlavour.class)
  void icmpIsRefusedByItsTypesWhateverRefusesAllProtocols(IptablesFlavour flavour) {
    open(flavour);
    FirewallRule all = FirewallRule.allow("all", Direction.IN).withAction(Action.DENY);

    node.apply(
        SampleRows.policy(all, icmp("echo", Protocol.ICMP, 8), icmp("six", Protocol.ICMPV6, 128)));

    assertThat(peer.sh(ping("192.0.2.1") + ping("2001:db8::1"))).isEqualTo("no\nno\n");
    assertThat(node.netns().sh(ping("192.0.2.2") + ping("2001:db8::2"))).isEqualTo("yes\nyes\n");
  }

  private static String ping(String to) {
    return "ping -c1 -W2 %s >/dev/null && echo yes || echo no;".formatted(to);
  }

  private static FirewallRule icmp(String name, Protocol protocol, int type) {
    return new FirewallRule(
        name,
        Direction.IN,
        Action.DENY,
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
  void aBannedSourceStaysRefusedByWhicheverCameFirst() {
    open(IptablesFlavour.NFT);
    node.sh("iptables -P INPUT DROP");
    String ban = // as fail2ban does
        """
        iptables -N f2b-sshd; iptables -A f2b-sshd -s 192.0.2.2 -j DROP
        iptables -A f2b-sshd -j RETURN
        iptables -I INPUT -p tcp -m multiport --dports 81 -j f2b-sshd
        """;
    String before = "iptables -D INPUT -j TWEED-INPUT; iptables -I INPUT -j TWEED-INPUT";

    node.sh(ban);
    node.apply(SampleRows.policy(TCP_81));
    assertClosed(81);
    node.sh(before); // as an earlier version left it
    assertOpen(81);
    node.apply(SampleRows.policy(TCP_81));
    assertClosed(81);

    node.sh("iptables -D f2b-sshd -s 192.0.2.2 -j DROP");
    assertOpen(81);

    node.sh( // as CrowdSec does where it logs
        """
        iptables -N BANNED; iptables -A BANNED -j LOG; iptables -A BANNED -j DROP
        iptables -I INPUT -s 192.0.2.2 -j BANNED
        """);
    node.apply(SampleRows.policy(TCP_81));
    assertClosed(81);
  }

  @ParameterizedTest
  @EnumSource(IptablesFlavour.class)
  void aSourceThatComesTooOftenIsRefused(IptablesFlavour flavour) throws Exception {
    open(flavour);
    node.sh("iptables -P INPUT DROP");

    node.apply(SampleRows.policy(TCP_81.withAction(Action.LIMIT)));
    // A listener tells "let through" from "limited", which is a refusal as well.
    try (ServerSocket listener = node.netns().call(() -> new ServerSocket(81))) {
      List<Boolean> connected =
          IntStream.range(0, 7).mapToObj(i -> connects(listener.getLocalPort())).toList();

      assertThat(connected).containsExactly(true, true, true, true, true, false, false);
    }
  }

  @ParameterizedTest
  @EnumSource(IptablesFlavour.class)
  void neighboursInIpv6AreCountedByThemselves(IptablesFlavour flavour) {
    open(flavour);

    node.apply(SampleRows.policy(TCP_81.withAction(Action.LIMIT)));
    answers(peer, "192.0.2.1", 81, PATIENCE);
    answers(peer, "2001:db8::1", 81, PATIENCE);

    assertThat(node.netns().sh("cat /proc/net/xt_recent/TWEED")).contains("src=192.0.2.2 ");
    assertThat(node.netns().sh("cat /proc/net/xt_recent/TWEED6"))
        .contains("src=2001:0db8:0000:0000:0000:0000:0000:0002 ");
  }

  private boolean connects(int port) {
    return peer.sh(
            "timeout 10 bash -c '</dev/tcp/192.0.2.1/%d' 2>/dev/null && echo yes || true"
                .formatted(port))
        .contains("yes");
  }

  private void open(IptablesFlavour flavour) {
    node = IptablesNode.open(flavour);
    peer = Netns.open();
    node.netns()
        .sh(
            """
            ip link add x type veth peer name y netns %s
            ip addr add 192.0.2.1/24 dev x; ip addr add 2001:db8::1/64 dev x nodad
            ip link set x up
            """
                .formatted(peer.path()));
    peer.sh(
        "ip addr add 192.0.2.2/24 dev y; ip addr add 2001:db8::2/64 dev y nodad; ip link set y up");
  }

  private void assertOpen(int port) {
    assertThat(answers(peer, "192.0.2.1", port, PATIENCE)).isTrue();
  }

  /** Silence has to be waited for; an answer takes a millisecond. */
  private void assertClosed(int port) {
    assertThat(answers(peer, "192.0.2.1", port, 2)).isFalse();
  }

  private static boolean answers(Netns from, String address, int port, int seconds) {
    return from.sh(
            "timeout %d bash -c '</dev/tcp/%s/%d' 2>&1 || true".formatted(seconds, address, port))
        .contains("refused");
  }
}
