package dev.tweed.firewall.nft;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.firewall.rules.Action;
import dev.tweed.firewall.rules.Direction;
import dev.tweed.firewall.rules.FilterRow;
import dev.tweed.firewall.rules.FirewallRule;
import dev.tweed.firewall.rules.Logging;
import dev.tweed.firewall.rules.Peer;
import dev.tweed.firewall.rules.PortRange;
import dev.tweed.firewall.rules.Protocol;
import dev.tweed.ip.IpPrefix;
import dev.tweed.netlink.nft.NfTableContent;
import dev.tweed.netlink.nft.NfTableDiff;
import dev.tweed.netlink.testing.Golden;
import java.util.List;
import java.util.OptionalInt;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The tables as nft lists them. */
@Tag("kernel")
class NftTableGoldenTest {

  @AutoClose private final NftNode node = NftNode.open();

  @Test
  void rowsOfAllSorts() {
    Golden.assertMatches(
        "all-sorts.nft", listed(NftTableCompiler.compile(allSorts(), OptionalInt.empty())));
  }

  @Test
  void guardOfNodePorts() {
    Golden.assertMatches(
        "guard.nft",
        listed(GuardTableCompiler.compile(guard(), OptionalInt.empty()).orElseThrow()));
  }

  @ParameterizedTest
  @ValueSource(strings = {"tweed-filter", "tweed-guard"})
  void listingsCanBeKeptInAFileAndRead(String table) {
    listed(NftTableCompiler.compile(allSorts(), OptionalInt.empty()));
    listed(GuardTableCompiler.compile(guard(), OptionalInt.empty()).orElseThrow());

    // Elsewhere: here they are constant, and there.
    assertThat(node.sh("nft list table inet " + table + " | unshare -n nft -c -f - 2>&1"))
        .isEmpty();
  }

  @Test
  void rowsThatOnlyAllowNeedNoGuard() {
    assertThat(
            GuardTableCompiler.compile(
                new GuardRules(
                    allSorts().stream().filter(row -> row.action() == Action.ALLOW).toList()),
                OptionalInt.empty()))
        .isEmpty();
  }

  @Test
  void manyAddressesAreOneRule() {
    NfTableContent table =
        NftTableCompiler.compile(
            Rows.of(
                FirewallRule.allow("r", Direction.IN)
                    .withPorts(Protocol.TCP, PortRange.of(80))
                    .withFrom(addresses(250))),
            OptionalInt.empty());

    assertThat(table.rules()).filteredOn(rule -> rule.comment().startsWith("tweed:")).hasSize(1);
    assertThat(listed(table)).contains("10.0.0.250");
  }

  private static Peer addresses(int count) {
    return Peer.of(
        IntStream.rangeClosed(1, count)
            .mapToObj(i -> IpPrefix.parse("10.0.%d.%d/32".formatted(i / 256, i % 256)))
            .toArray(IpPrefix[]::new));
  }

  static List<FilterRow> allSorts() {
    Peer pods = Peer.of(IpPrefix.parse("10.244.0.0/16"), IpPrefix.parse("fd00:10:244::/48"));
    FirewallRule ssh =
        FirewallRule.allow("ssh", Direction.IN).withPorts(Protocol.TCP, PortRange.of(22));
    return Rows.of(
        ssh.withAction(Action.LIMIT),
        FirewallRule.allow("api-from-pods", Direction.IN)
            .withPorts(Protocol.TCP, PortRange.of(6443), new PortRange(2379, 2380))
            .withFrom(pods)
            .withComment("says \"who\" may; drop"),
        FirewallRule.allow("dns", Direction.IN)
            .withPorts(Protocol.ANY, PortRange.of(53))
            .withInterfaceIn("tweed-br0"),
        FirewallRule.allow("closed", Direction.IN)
            .withAction(Action.REJECT)
            .withPorts(Protocol.ANY, PortRange.of(53))
            .withLogging(Logging.NEW),
        FirewallRule.allow("silent", Direction.IN)
            .withAction(Action.DENY)
            .withLogging(Logging.ALL)
            .withFrom(Peer.of(IpPrefix.parse("192.0.2.0/24"))),
        FirewallRule.allow("ipsec", Direction.OUT).withPorts(Protocol.ESP),
        FirewallRule.allow("ipsec-ah", Direction.OUT).withPorts(Protocol.AH),
        FirewallRule.allow("tunnel6", Direction.OUT).withPorts(Protocol.IPV6),
        FirewallRule.allow("groups", Direction.OUT).withPorts(Protocol.IGMP),
        FirewallRule.allow("no-mail", Direction.OUT)
            .withAction(Action.REJECT)
            .withPorts(Protocol.TCP, PortRange.of(25)),
        FirewallRule.allow("from-port", Direction.ROUTED)
            .withFrom(new Peer(pods.prefixes(), List.of(PortRange.of(1), new PortRange(3, 9))))
            .withPorts(Protocol.UDP, PortRange.of(514))
            .withInterfaceIn("tweed-br0")
            .withInterfaceOut("eth0"),
        FirewallRule.allow("nothing-else", Direction.ROUTED).withAction(Action.REJECT),
        FirewallRule.allow("many", Direction.IN)
            .withPorts(Protocol.TCP, PortRange.of(80))
            .withFrom(addresses(12)));
  }

  private static GuardRules guard() {
    return new GuardRules(
        Rows.of(
            FirewallRule.allow("some", Direction.IN)
                .withPorts(Protocol.TCP, PortRange.of(30080))
                .withFrom(Peer.of(IpPrefix.parse("192.0.2.0/24"))),
            FirewallRule.allow("closed", Direction.IN)
                .withAction(Action.DENY)
                .withPorts(Protocol.TCP, PortRange.of(30080), new PortRange(30090, 30099))
                .withInterfaceIn("eth0"),
            FirewallRule.allow("told", Direction.IN)
                .withAction(Action.REJECT)
                .withPorts(Protocol.UDP, PortRange.of(30053))
                .withTo(Peer.of(IpPrefix.parse("192.0.2.1/32"))),
            FirewallRule.allow("few", Direction.IN)
                .withAction(Action.LIMIT)
                .withPorts(Protocol.TCP, PortRange.of(30022)),
            FirewallRule.allow("of-no-use", Direction.IN)
                .withPorts(Protocol.TCP, PortRange.of(30023))));
  }

  private String listed(NfTableContent table) {
    assertThat(node.tables().execute(NfTableDiff.replacement(table))).isEmpty();
    return node.sh("nft -s list table inet " + table.table().name());
  }
}
