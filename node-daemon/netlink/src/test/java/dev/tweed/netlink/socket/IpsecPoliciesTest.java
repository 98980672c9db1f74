package dev.tweed.netlink.socket;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.netlink.testing.Netns;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a real kernel tells of IPsec. */
@Tag("kernel")
class IpsecPoliciesTest {

  @AutoClose private final Netns netns = Netns.open();

  @ParameterizedTest
  @ValueSource(strings = {"in", "out", "fwd"})
  void policiesOfEachDirectionAreSeen(String direction) {
    assertThat(arePresent()).isFalse();

    netns.sh("ip xfrm policy add dst 192.0.2.2 dir " + direction + " action block");
    assertThat(arePresent()).isTrue();

    netns.sh("ip xfrm policy flush");
    assertThat(arePresent()).isFalse();
  }

  private boolean arePresent() {
    return netns.call(IpsecPolicies::arePresent);
  }
}
