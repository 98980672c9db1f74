package dev.tweed.agent.cni;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.ip.IpPrefix;
import dev.tweed.netlink.testing.Golden;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

class ConflistRendererTest {

  @Test
  void rendersOneFamily() {
    Golden.assertMatches(
        "ipv4.conflist", render(network(IpPrefix.parse("10.244.1.0/24")), /* all11= */ false));
  }

  @Test
  void rendersARangeSetPerFamilyAndTheVersionsThatAllPluginsSpeak() {
    Golden.assertMatches(
        "dual-stack.conflist",
        render(
            network(IpPrefix.parse("10.244.1.0/24"), IpPrefix.parse("fd00:10:244:1::/64")),
            /* all11= */ true));
  }

  @Test
  void aSmallBlockIsPodsAlone() {
    // When
    String rendered = render(network(IpPrefix.parse("10.244.1.4/30")), /* all11= */ false);

    // Then
    assertThat(rendered).contains("10.244.1.4/30").doesNotContain("rangeEnd");
  }

  private static String render(CniNetwork network, boolean all11) {
    return ConflistRenderer.render(network, "tweed", CniChain.NONE, all11);
  }

  static CniNetwork network(IpPrefix... blocks) {
    return new CniNetwork("tweed-br0", true, 1450, List.of(blocks), Path.of("/run/tweed/cni"));
  }
}
