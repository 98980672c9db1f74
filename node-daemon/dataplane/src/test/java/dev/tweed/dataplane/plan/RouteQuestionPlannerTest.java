package dev.tweed.dataplane.plan;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.ip.AddressFamily;
import dev.tweed.ip.IpPrefix;
import dev.tweed.netlink.Address;
import dev.tweed.netlink.RouteProtocol;
import dev.tweed.netlink.RouteQuestion;
import dev.tweed.netlink.RoutingRule;
import java.util.List;
import org.junit.jupiter.api.Test;

class RouteQuestionPlannerTest {
  private static final List<IpPrefix> GATEWAYS =
      List.of(IpPrefix.parse("10.244.1.1/24"), IpPrefix.parse("fd00:10:244:1::1/64"));

  /** As on a node: gateways, the tunnel's own, and the probe's. */
  private static final List<Address> ADDRESSES =
      List.of(
          address("10.244.1.1/24"),
          address("fd00:10:244:1::1/64"),
          address("10.244.1.0/32"),
          address("fd00:10:244:1::/128"),
          address("10.244.1.254/32"),
          address("fd00:10:244:1:ffff:ffff:ffff:fffe/128"));

  private static final RouteTarget N2 = peer("10.244.2.0/24");

  private static RouteQuestionPlanner planner(RoutingRule... rules) {
    return new RouteQuestionPlanner(7, GATEWAYS, ADDRESSES, List.of(rules));
  }

  @Test
  void bothEndsOfABlockAreAskedAsFromAPodAndAsFromTheHost() {
    assertThat(planner().plan(N2, List.of()))
        .extracting(RouteQuestionPlannerTest::text)
        .containsExactly(
            "10.244.1.2 -> 10.244.2.0 iif 7 mark 0",
            "host -> 10.244.2.0 iif 0 mark 0",
            "10.244.1.2 -> 10.244.2.255 iif 7 mark 0",
            "host -> 10.244.2.255 iif 0 mark 0");
    assertThat(planner().plan(peer("fd00:10:244:2::/64"), List.of()))
        .extracting(RouteQuestionPlannerTest::text)
        .containsExactly(
            "fd00:10:244:1::2 -> fd00:10:244:2:: iif 7 mark 0",
            "host -> fd00:10:244:2:: iif 0 mark 0",
            "fd00:10:244:1::2 -> fd00:10:244:2:ffff:ffff:ffff:ffff iif 7 mark 0",
            "host -> fd00:10:244:2:ffff:ffff:ffff:ffff iif 0 mark 0");
  }

  @Test
  void theMarkOfServicesIsAskedWhereARuleTellsItFromNone() {
    RoutingRule other =
        RoutingRule.lookup(AddressFamily.IPV4, 100, 100, RouteProtocol.BOOT)
            .withMark(0x80000, 0xff0000);
    RoutingRule telling =
        RoutingRule.lookup(AddressFamily.IPV4, 100, 100, RouteProtocol.BOOT)
            .withMark(0x4000, 0xffffffffL);

    assertThat(planner(other).plan(N2, List.of())).hasSize(4);
    assertThat(planner(telling).plan(N2, List.of()))
        .hasSize(8)
        .extracting(RouteQuestion::mark)
        .containsOnly(0L, 0x4000L);
    assertThat(planner(telling).plan(peer("fd00:10:244:2::/64"), List.of())).hasSize(4);
  }

  @Test
  void whatRulesSayOfSomePodsDoesNotStandForAll() {
    RoutingRule base = RoutingRule.lookup(AddressFamily.IPV4, 100, 100, RouteProtocol.BOOT);
    RoutingRule first = base.withSource(IpPrefix.parse("10.244.1.2/32"));
    RoutingRule half = base.withSource(IpPrefix.parse("10.244.1.0/25"));
    RoutingRule rest = base.withSource(IpPrefix.parse("10.244.1.128/25"));

    assertThat(pod(first)).isEqualTo("10.244.1.3");
    assertThat(pod(half)).isEqualTo("10.244.1.253");
    assertThat(pod(base.withSource(IpPrefix.parse("10.244.1.0/24")))).isEqualTo("10.244.1.2");
    assertThat(pod(half, rest)).as("none stands for all").isEqualTo("10.244.1.2");
  }

  private static String pod(RoutingRule... rules) {
    return planner(rules).plan(N2, List.of()).getFirst().source().orElseThrow().toString();
  }

  @Test
  void partsWithRoutesOfTheirOwnAreAskedToo() {
    assertThat(planner().plan(N2, List.of(IpPrefix.parse("10.244.2.64/26"))))
        .extracting(question -> question.destination().toString())
        .containsOnly("10.244.2.0", "10.244.2.255", "10.244.2.64", "10.244.2.127");
    assertThat(planner().plan(N2, List.of(IpPrefix.parse("10.244.2.9/32")))).hasSize(6);
  }

  @Test
  void inTheOwnBlockThoseAreAskedThatPodsMayHave() {
    assertThat(planner().plan(new RouteTarget.OwnBlock(GATEWAYS.get(0), "br"), List.of()))
        .extracting(question -> question.destination().toString())
        .containsOnly("10.244.1.2", "10.244.1.253");
    assertThat(planner().plan(new RouteTarget.OwnBlock(GATEWAYS.get(1), "br"), List.of()))
        .extracting(question -> question.destination().toString())
        .containsOnly("fd00:10:244:1::2", "fd00:10:244:1:ffff:ffff:ffff:ffff");
    assertThat(
            planner()
                .plan(
                    new RouteTarget.OwnBlock(GATEWAYS.get(0), "br"),
                    List.of(IpPrefix.parse("10.244.1.1/32"))))
        .as("the gateway's own is delivered here, and rightly")
        .hasSize(4);
  }

  @Test
  void theSmallestBlocksHaveAPod() {
    RouteQuestionPlanner planner =
        new RouteQuestionPlanner(
            7,
            List.of(IpPrefix.parse("10.244.1.1/30")),
            List.of(address("10.244.1.0/32"), address("10.244.1.1/30")),
            List.of());

    assertThat(
            planner.plan(
                new RouteTarget.OwnBlock(IpPrefix.parse("10.244.1.1/30"), "br"), List.of()))
        .extracting(RouteQuestionPlannerTest::text)
        .containsExactly(
            "10.244.1.2 -> 10.244.1.2 iif 7 mark 0", "host -> 10.244.1.2 iif 0 mark 0");
  }

  @Test
  void theOutsideIsOneAddress() {
    assertThat(planner().plan(new RouteTarget.Outside(AddressFamily.IPV4), List.of()))
        .extracting(RouteQuestionPlannerTest::text)
        .containsExactly(
            "10.244.1.2 -> 198.41.0.4 iif 7 mark 0", "host -> 198.41.0.4 iif 0 mark 0");
  }

  private static String text(RouteQuestion question) {
    return question.source().map(Object::toString).orElse("host")
        + " -> "
        + question.destination()
        + " iif "
        + question.inputLink()
        + " mark "
        + question.mark();
  }

  private static RouteTarget peer(String block) {
    IpPrefix prefix = IpPrefix.parse(block);
    return new RouteTarget.PeerBlock(
        "n2", new PlannedRoute(prefix, prefix.address(), "tweed.1", true, 0));
  }

  private static Address address(String prefix) {
    return Address.global(1, IpPrefix.parse(prefix));
  }
}
