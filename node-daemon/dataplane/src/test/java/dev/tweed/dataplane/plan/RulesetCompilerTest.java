package dev.tweed.dataplane.plan;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.dataplane.HostPort;
import dev.tweed.dataplane.Masquerade;
import dev.tweed.ip.IpAddress;
import dev.tweed.ip.IpPrefix;
import dev.tweed.netlink.nft.NfTableContent;
import dev.tweed.netlink.nft.NfTableDiff;
import dev.tweed.netlink.socket.NfTablesSocket;
import dev.tweed.netlink.testing.Golden;
import dev.tweed.netlink.testing.Netns;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The table, as nft lists it. */
@Tag("kernel")
class RulesetCompilerTest {

  @AutoClose private final Netns netns = Netns.open();

  @Test
  void ipv4OverOneTunnel() {
    String rules =
        listed(
            new Masquerade(true, List.of(), true),
            prefixes("10.244.0.0/16"),
            List.of("tweed.1"),
            List.of());

    Golden.assertMatches("masquerade-ipv4.nft", rules);
  }

  @Test
  void dualStackWithExceptions() {
    String rules =
        listed(
            new Masquerade(true, prefixes("192.168.0.0/16", "2001:db8:1::/48"), false),
            prefixes("10.244.0.0/16", "10.245.0.0/17", "fd00:10:244::/48"),
            List.of("tweed.7", "tweed6.7"),
            List.of());

    Golden.assertMatches("masquerade-dual-stack.nft", rules);
  }

  @Test
  void withoutTunnelNothingIsTranslatedTowardsPods() {
    String rules =
        listed(
            new Masquerade(true, List.of(), true), prefixes("10.244.0.0/16"), List.of(), List.of());

    Golden.assertMatches("masquerade-host-gateway.nft", rules);
  }

  @Test
  void podsOfARetiringBlockReachOtherNodesByTheAddressOfTheirs() {
    String rules =
        listed(
            RulesetCompiler.compile(
                new Masquerade(true, List.of(), true),
                prefixes("10.244.0.0/16"),
                List.of("tweed.1"),
                List.of(),
                List.of(),
                prefixes("10.244.1.0/24", "10.244.9.0/24"),
                prefixes("10.244.9.0/24"),
                List.of()));

    assertThat(rules.lines().map(String::strip).toList())
        .containsSubsequence(
            "ip saddr 10.244.9.0/24 ip daddr 10.244.0.0/16 ip daddr != 10.244.1.0/24"
                + " ip daddr != 10.244.9.0/24 masquerade fully-random"
                + " comment \"ip retiring block to remote pod\"",
            "ip saddr 10.244.0.0/16 ip daddr 10.244.0.0/16 return comment \"ip pod to pod\"");
  }

  @Test
  void overlappingExceptionsBecomeOneElement() {
    String rules =
        listed(
            new Masquerade(true, prefixes("10.9.1.0/24", "10.9.0.0/16", "10.9.0.0/16"), true),
            prefixes("10.244.0.0/16"),
            List.of(),
            List.of());

    assertThat(rules).contains("ip daddr { 10.9.0.0/16, 224.0.0.0/4 } return");
  }

  @Test
  void blocksWithoutAProbeAddressAreAnsweredForByTheHost() {
    String rules =
        listed(
            new Masquerade(true, List.of(), true),
            prefixes("10.244.0.0/16", "fd00:10::/112"),
            List.of("tweed.1"),
            List.of(IpAddress.parse("10.244.0.5"), IpAddress.parse("fd00:10::5")));

    Golden.assertMatches("masquerade-small-blocks.nft", rules);
  }

  /** Also where nothing else is translated. */
  @Test
  void portsOfTheNodeLeadToPods() {
    String rules =
        listed(
            RulesetCompiler.compile(
                new Masquerade(false, List.of(), false),
                prefixes("10.244.0.0/16", "fd00:10:244::/48"),
                List.of("tweed.1"),
                List.of(),
                List.of(IpAddress.parse("192.0.2.1"), IpAddress.parse("2001:db8::1")),
                prefixes("10.244.1.0/24", "fd00:10:244:1::/64"),
                List.of(),
                List.of(
                    new HostPort(
                        IpAddress.parse("10.244.1.7"),
                        8080,
                        HostPort.Protocol.TCP,
                        80,
                        Optional.empty()),
                    new HostPort(
                        IpAddress.parse("fd00:10:244:1::7"),
                        53,
                        HostPort.Protocol.UDP,
                        53,
                        Optional.of(IpAddress.parse("2001:db8::1"))))));

    Golden.assertMatches("host-ports.nft", rules);
  }

  private String listed(
      Masquerade masquerade, List<IpPrefix> podCidrs, List<String> tunnels, List<IpAddress> asked) {
    return listed(
        RulesetCompiler.compile(
            masquerade, podCidrs, tunnels, asked, List.of(), List.of(), List.of(), List.of()));
  }

  private String listed(NfTableContent content) {
    try (NfTablesSocket tables = new NfTablesSocket()) {
      assertThat(netns.call(() -> tables.execute(NfTableDiff.replacement(content)))).isEmpty();
      assertThat(NfTableDiff.between(NfTableDiff.Found.read(tables, content), content)).isEmpty();
    }
    return netns.sh("nft list table inet tweed");
  }

  private static List<IpPrefix> prefixes(String... texts) {
    return Stream.of(texts).map(IpPrefix::parse).toList();
  }
}
