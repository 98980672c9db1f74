package dev.tweed.netlink;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tweed.ip.IpPrefix;
import org.junit.jupiter.api.Test;

class RouteTest {
  @Test
  void oneToAPrefixWithHostBitsIsRefusedWithTheRemedy() {
    assertThatThrownBy(
            () -> Route.through(IpPrefix.parse("10.244.1.1/24"), 4, RouteProtocol.STATIC))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("use 10.244.1.0/24");
  }
}
