package dev.tweed.netlink.socket;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.netlink.Errno;
import dev.tweed.netlink.NetlinkError;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Answers to the question for a way that no network namespace can be made to give. */
class NoRouteTest {

  /** Booted with ipv6.disable=1 it knows no such question (rtnetlink_rcv_msg()). */
  @Test
  void aKernelWithoutIpv6HasNoWayThere() {
    assertThat(RtnetlinkSocket.meansNoRoute(new NetlinkError(Errno.EOPNOTSUPP, ""))).isTrue();
  }

  @ParameterizedTest
  @ValueSource(ints = {Errno.EPERM, Errno.ENOMEM, Errno.ENODEV})
  void allElseIsAFault(int errno) {
    assertThat(RtnetlinkSocket.meansNoRoute(new NetlinkError(errno, ""))).isFalse();
  }

  @Test
  void aQuestionThatIsWrongIsNoAnswer() {
    assertThat(RtnetlinkSocket.meansNoRoute(new NetlinkError(Errno.EINVAL, "Invalid prefix")))
        .isFalse();
  }
}
