package dev.tweed.netlink.socket;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tweed.ip.IpAddress;
import dev.tweed.ip.IpPrefix;
import dev.tweed.netlink.Errno;
import dev.tweed.netlink.Route;
import dev.tweed.netlink.RouteAnswer;
import dev.tweed.netlink.RouteProtocol;
import dev.tweed.netlink.RouteQuestion;
import dev.tweed.netlink.RouteType;
import dev.tweed.netlink.RtRequest;
import dev.tweed.netlink.testing.Netns;
import dev.tweed.netlink.testing.NetnsExtension;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Which way packets would go, asked of the real kernel. */
@Tag("kernel")
@ExtendWith(NetnsExtension.class)
class RtnetlinkQuestionsTest {
  private static final IpAddress GATEWAY = IpAddress.parse("192.0.2.9");

  @AutoClose private KernelUnderTest kernel;

  @BeforeEach
  void open(Netns netns) {
    kernel = new KernelUnderTest(netns);
  }

  private RouteAnswer ask(RouteQuestion question) {
    List<RouteAnswer> answers = kernel.socket.ask(List.of(question));
    assertThat(answers).hasSize(1);
    return answers.getFirst();
  }

  private RouteAnswer askTo(String destination) {
    return ask(RouteQuestion.to(IpAddress.parse(destination)));
  }

  private Route via(String prefix) {
    return Route.via(IpPrefix.parse(prefix), GATEWAY, kernel.underlay, KernelUnderTest.TWEED);
  }

  @Test
  void theEntryThatDecidesIsTheAnswer() {
    Route ours = via("10.244.1.0/24").withMetric(77);
    Route six =
        Route.via(
                IpPrefix.parse("fd01::/64"),
                IpAddress.parse("2001:db8::9"),
                kernel.underlay,
                KernelUnderTest.TWEED)
            .withMetric(77);
    kernel.apply(new RtRequest.RouteAdd(ours), new RtRequest.RouteAdd(six));
    kernel.netns.sh("ip route add 10.244.1.128/25 via 192.0.2.3 metric 5000 proto static");

    // Then a foreign longer prefix is seen, whatever its metric
    assertThat(askTo("10.244.1.1")).isEqualTo(new RouteAnswer.Matched(ours));
    assertThat(askTo("10.244.1.129"))
        .isEqualTo(
            new RouteAnswer.Matched(
                Route.via(
                        IpPrefix.parse("10.244.1.128/25"),
                        IpAddress.parse("192.0.2.3"),
                        kernel.underlay,
                        RouteProtocol.STATIC)
                    .withMetric(5000)));
    assertThat(askTo("fd01::1")).isEqualTo(new RouteAnswer.Matched(six));
    assertThat(askTo("192.0.2.1"))
        .isInstanceOfSatisfying(
            RouteAnswer.Matched.class,
            own -> {
              assertThat(own.route().type()).isEqualTo(RouteType.LOCAL);
              assertThat(own.route().destination()).isEqualTo(IpPrefix.parse("192.0.2.1/32"));
              assertThat(own.route().table()).isEqualTo(Route.MAIN_TABLE);
            });
    kernel.netns.sh("ip rule add pref 100 to 203.0.113.0/24 lookup main");
    assertThat(askTo("192.0.2.1"))
        .isInstanceOfSatisfying(
            RouteAnswer.Matched.class,
            own -> assertThat(own.route().table()).isEqualTo(Route.LOCAL_TABLE));
  }

  @ParameterizedTest
  @CsvSource({
    "10.3.0.1, EHOSTUNREACH",
    "10.6.0.1, EINVAL",
    "10.7.0.1, EACCES",
    "203.0.113.1, ENETUNREACH",
    "fd03::1, EHOSTUNREACH",
    "fd06::1, EINVAL",
    "fd07::1, EACCES",
    "fd99::1, ENETUNREACH",
  })
  void whyThereIsNoWay(String to, String errno) {
    kernel.netns.sh(
        """
        for family in "-4 10.%s.0.0/16" "-6 fd0%s::/16"; do
          set -- $family
          ip $1 route add unreachable $(printf $2 3)
          ip $1 route add blackhole $(printf $2 6)
          ip $1 route add prohibit $(printf $2 7)
        done
        """);

    assertThat(askTo(to))
        .isInstanceOfSatisfying(
            RouteAnswer.Refused.class,
            refused -> assertThat(Errno.nameOf(refused.errno())).isEqualTo(errno));
  }

  @Test
  void rulesAndMarksDecide() {
    kernel.netns.sh(
        """
        ip rule add pref 100 to 10.9.0.0/16 lookup 4321
        ip route add 10.0.0.0/8 via 192.0.2.3 table 4321
        ip rule add pref 101 fwmark 0x4000/0x4000 lookup 4322
        ip route add unreachable default table 4322
        """);
    Route ours = via("10.0.0.0/8");
    kernel.apply(new RtRequest.RouteAdd(ours));
    IpAddress unmarked = IpAddress.parse("10.1.0.1");

    assertThat(askTo("10.1.0.1")).isEqualTo(new RouteAnswer.Matched(ours));
    assertThat(askTo("10.9.0.1"))
        .isInstanceOfSatisfying(
            RouteAnswer.Matched.class,
            matched -> assertThat(matched.route().table()).isEqualTo(4321));
    assertThat(ask(new RouteQuestion(unmarked, Optional.empty(), 0, 0x4001)))
        .isEqualTo(new RouteAnswer.Refused(Errno.EHOSTUNREACH));
    assertThat(ask(new RouteQuestion(unmarked, Optional.empty(), 0, 0x8001)))
        .isEqualTo(new RouteAnswer.Matched(ours));
  }

  @Test
  void packetsThatComeInGoTheirOwnWay() {
    kernel.netns.sh(
        """
        ip link add pods type veth peer name pod; ip link set pods up; ip link set pod up
        ip addr add 10.244.0.1/24 dev pods; ip -6 addr add fd00::1/64 dev pods nodad
        sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1
        ip rule add pref 100 iif pods to 10.9.0.0/16 lookup 4321
        ip -6 rule add pref 100 iif pods to fd09::/16 lookup 4321
        ip route add 10.9.0.0/16 via 192.0.2.3 table 4321
        ip -6 route add fd09::/16 via 2001:db8::3 table 4321
        """);
    int pods = kernel.socket.link("pods").orElseThrow().index();
    Route ours = via("10.0.0.0/8");
    kernel.apply(new RtRequest.RouteAdd(ours));
    Optional<IpAddress> pod = Optional.of(IpAddress.parse("10.244.0.7"));

    assertThat(askTo("10.9.0.1")).isEqualTo(new RouteAnswer.Matched(ours));
    assertThat(ask(new RouteQuestion(IpAddress.parse("10.8.0.1"), pod, pods, 0)))
        .isEqualTo(new RouteAnswer.Matched(ours));
    for (RouteQuestion question :
        List.of(
            new RouteQuestion(IpAddress.parse("10.9.0.1"), pod, pods, 0),
            new RouteQuestion(IpAddress.parse("fd09::1"), Optional.empty(), pods, 0),
            new RouteQuestion(
                IpAddress.parse("fd09::1"), Optional.of(IpAddress.parse("fd00::7")), pods, 0))) {
      assertThat(ask(question))
          .isInstanceOfSatisfying(
              RouteAnswer.Matched.class,
              matched -> assertThat(matched.route().table()).isEqualTo(4321));
    }
    assertThat(ask(new RouteQuestion(IpAddress.parse("203.0.113.1"), pod, pods, 0)))
        .isEqualTo(new RouteAnswer.Refused(Errno.ENETUNREACH));
    assertThat(ask(new RouteQuestion(IpAddress.parse("10.8.0.1"), pod, 9999, 0)))
        .isEqualTo(new RouteAnswer.Refused(Errno.ENODEV));
    kernel.netns.sh("sysctl -qw net.ipv4.conf.pods.forwarding=0");
    assertThat(ask(new RouteQuestion(IpAddress.parse("10.8.0.1"), pod, pods, 0)))
        .isEqualTo(new RouteAnswer.Refused(Errno.EHOSTUNREACH));
  }

  @Test
  void refusedSourcesAreTold() {
    kernel.netns.sh(
        """
        ip link add pods type veth peer name pod; ip link set pods up; ip link set pod up
        ip addr add 10.244.0.1/24 dev pods
        sysctl -qw net.ipv4.ip_forward=1 net.ipv4.conf.pods.rp_filter=1
        """);
    int pods = kernel.socket.link("pods").orElseThrow().index();

    // Then the host's own address is no source of what comes in, nor is one that is elsewhere
    assertThat(ask(new RouteQuestion(GATEWAY, Optional.of(IpAddress.parse("10.244.0.1")), pods, 0)))
        .isEqualTo(new RouteAnswer.Refused(Errno.EINVAL));
    assertThat(ask(new RouteQuestion(IpAddress.parse("192.0.2.77"), Optional.of(GATEWAY), pods, 0)))
        .isIn(new RouteAnswer.Refused(Errno.EXDEV), new RouteAnswer.Refused(Errno.EINVAL));
    assertThat(ask(new RouteQuestion(GATEWAY, Optional.of(IpAddress.parse("198.51.100.1")), 0, 0)))
        .isEqualTo(new RouteAnswer.Refused(Errno.ENETUNREACH));
  }

  @Test
  void manyQuestionsAreAnsweredInOrderAndQuickly() {
    List<RtRequest> requests = new ArrayList<>();
    List<RouteQuestion> questions = new ArrayList<>();
    List<RouteAnswer> expected = new ArrayList<>();
    for (int i = 0; i < 5000; i++) {
      String block = "10." + (i >> 8) + "." + (i & 0xff) + ".";
      Route route = via(block + "0/24").withMetric(i + 1);
      boolean there = i % 7 != 0;
      if (there) {
        requests.add(new RtRequest.RouteAdd(route));
      }
      questions.add(RouteQuestion.to(IpAddress.parse(block + "1")));
      expected.add(
          there ? new RouteAnswer.Matched(route) : new RouteAnswer.Refused(Errno.ENETUNREACH));
    }
    kernel.apply(requests.toArray(RtRequest[]::new));

    assertThat(kernel.socket.ask(questions)).isEqualTo(expected);
  }

  @Test
  void noQuestionsHaveNoAnswers() {
    assertThat(kernel.socket.ask(List.of())).isEmpty();
  }

  @Test
  void questionsThatMeanNothingAreRefused() {
    IpAddress six = IpAddress.parse("fd00::1");

    assertThatThrownBy(() -> new RouteQuestion(GATEWAY, Optional.of(six), 0, 0))
        .hasMessageContaining("differ in family");
    assertThatThrownBy(() -> new RouteQuestion(GATEWAY, Optional.empty(), 3, 0))
        .hasMessageContaining("needs a source address");
    assertThatThrownBy(() -> new RouteQuestion(GATEWAY, Optional.empty(), 0, 1L << 32))
        .hasMessageContaining("a mark is");
  }
}
