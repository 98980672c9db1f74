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
        "ipv4.conflist", ConflistRenderer.render(network(IpPrefix.parse("10.244.1.0/24"))));
  }

  @Test
  void rendersARangeSetPerFamily() {
    Golden.assertMatches(
        "dual-stack.conflist",
        ConflistRenderer.render(
            network(IpPrefix.parse("10.244.1.0/24"), IpPrefix.parse("fd00:10:244:1::/64"))));
  }

  @Test
  void aSmallBlockIsPodsAlone() {
    // When
    String rendered = ConflistRenderer.render(network(IpPrefix.parse("10.244.1.4/30")));

    // Then
    assertThat(rendered).contains("10.244.1.4/30").doesNotContain("rangeEnd");
  }

  static CniNetwork network(IpPrefix... blocks) {
    return new CniNetwork("tweed-br0", true, 1450, List.of(blocks), Path.of("/run/tweed/cni"));
  }
}
