package dev.tweed.dataplane.plan;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.dataplane.Masquerade;
import dev.tweed.ip.IpAddress;
import dev.tweed.ip.IpPrefix;
import dev.tweed.netlink.testing.Golden;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class RulesetRendererTest {
  private final RulesetRenderer renderer = new RulesetRenderer();

  @Test
  void ipv4OverOneTunnel() {
    Ruleset rules =
        renderer.render(
            new Masquerade(true, List.of(), true),
            prefixes("10.244.0.0/16"),
            List.of("tweed.1"),
            List.of());

    Golden.assertMatches("masquerade-ipv4.nft", rules.text());
  }

  @Test
  void dualStackWithExceptions() {
    Ruleset rules =
        renderer.render(
            new Masquerade(true, prefixes("192.168.0.0/16", "2001:db8:1::/48"), false),
            prefixes("10.244.0.0/16", "10.245.0.0/17", "fd00:10:244::/48"),
            List.of("tweed.7", "tweed6.7"),
            List.of());

    Golden.assertMatches("masquerade-dual-stack.nft", rules.text());
  }

  @Test
  void withoutTunnelNothingIsTranslatedTowardsPods() {
    Ruleset rules =
        renderer.render(
            new Masquerade(true, List.of(), true), prefixes("10.244.0.0/16"), List.of(), List.of());

    Golden.assertMatches("masquerade-host-gateway.nft", rules.text());
  }

  @Test
  void overlappingExceptionsBecomeOneElement() {
    Ruleset rules =
        renderer.render(
            new Masquerade(true, prefixes("10.9.1.0/24", "10.9.0.0/16", "10.9.0.0/16"), true),
            prefixes("10.244.0.0/16"),
            List.of(),
            List.of());

    assertThat(rules.text()).contains("ip daddr { 10.9.0.0/16, 224.0.0.0/4 } return");
  }

  @Test
  void theSealNamesTheContent() {
    Masquerade masquerade = new Masquerade(true, List.of(), true);

    Ruleset one = renderer.render(masquerade, prefixes("10.244.0.0/16"), List.of(), List.of());
    Ruleset same = renderer.render(masquerade, prefixes("10.244.0.0/16"), List.of(), List.of());
    Ruleset other = renderer.render(masquerade, prefixes("10.245.0.0/16"), List.of(), List.of());

    assertThat(same.seal()).isEqualTo(one.seal());
    assertThat(other.seal()).isNotEqualTo(one.seal());
  }

  @Test
  void blocksWithoutAProbeAddressAreAnsweredForByTheHost() {
    Ruleset rules =
        renderer.render(
            new Masquerade(true, List.of(), true),
            prefixes("10.244.0.0/16", "fd00:10::/112"),
            List.of("tweed.1"),
            List.of(IpAddress.parse("10.244.0.5"), IpAddress.parse("fd00:10::5")));

    Golden.assertMatches("masquerade-small-blocks.nft", rules.text());
  }

  private static List<IpPrefix> prefixes(String... texts) {
    return Stream.of(texts).map(IpPrefix::parse).toList();
  }
}
