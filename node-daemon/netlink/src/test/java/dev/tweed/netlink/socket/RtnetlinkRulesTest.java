package dev.tweed.netlink.socket;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.ip.AddressFamily;
import dev.tweed.ip.IpPrefix;
import dev.tweed.netlink.Errno;
import dev.tweed.netlink.NetlinkError;
import dev.tweed.netlink.Route;
import dev.tweed.netlink.RouteProtocol;
import dev.tweed.netlink.RoutingRule;
import dev.tweed.netlink.RtRequest;
import dev.tweed.netlink.RuleAction;
import dev.tweed.netlink.testing.Netns;
import dev.tweed.netlink.testing.NetnsExtension;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Routing rules in the real kernel, with iproute2 as the judge. */
@Tag("kernel")
@ExtendWith(NetnsExtension.class)
class RtnetlinkRulesTest {
  @AutoClose private KernelUnderTest kernel;

  @BeforeEach
  void open(Netns netns) {
    kernel = new KernelUnderTest(netns);
  }

  private static RoutingRule lookup(AddressFamily family, long preference, long table) {
    return RoutingRule.lookup(family, preference, table, KernelUnderTest.TWEED);
  }

  private NetlinkError refusal(RtRequest request) {
    return kernel.socket.execute(List.of(request)).error(0).orElseThrow();
  }

  @Test
  void rulesOfTheKernelAreReadInOrderOfPreference() {
    assertThat(kernel.socket.rules())
        .containsExactly(
            kernels(AddressFamily.IPV4, 0, Route.LOCAL_TABLE),
            kernels(AddressFamily.IPV6, 0, Route.LOCAL_TABLE),
            kernels(AddressFamily.IPV4, 32766, Route.MAIN_TABLE),
            kernels(AddressFamily.IPV6, 32766, Route.MAIN_TABLE),
            kernels(AddressFamily.IPV4, 32767, 253));
  }

  private static RoutingRule kernels(AddressFamily family, long preference, long table) {
    return RoutingRule.lookup(family, preference, table, RouteProtocol.KERNEL);
  }

  @Test
  void rulesAreAddedReadAsWrittenAndDeleted() {
    RoutingRule marked =
        lookup(AddressFamily.IPV4, 100, 4321)
            .withMark(0x4000, 0xc000)
            .withInputDevice("under0")
            .withSource(IpPrefix.parse("10.244.0.0/16"))
            .withDestination(IpPrefix.parse("10.9.0.0/16"));
    RoutingRule six = lookup(AddressFamily.IPV6, 101, 254).withSource(IpPrefix.parse("fd00::/8"));
    RoutingRule unmarked = lookup(AddressFamily.IPV4, 102, 255).withMark(0, 0xffff_ffffL);
    RoutingRule not =
        new RoutingRule(
            AddressFamily.IPV4,
            4_000_000_000L,
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            Optional.of("under0"),
            1,
            0xffff_ffffL,
            true,
            RuleAction.UNREACHABLE,
            0,
            KernelUnderTest.TWEED,
            Set.of());

    kernel.apply(
        new RtRequest.RuleAdd(not),
        new RtRequest.RuleAdd(unmarked),
        new RtRequest.RuleAdd(six),
        new RtRequest.RuleAdd(marked));

    assertThat(kernel.socket.rules())
        .filteredOn(rule -> rule.protocol().equals(KernelUnderTest.TWEED))
        .containsExactly(marked, six, unmarked, not);
    assertThat(kernel.netns.exec("ip", "rule", "show"))
        .contains(
            "100:\tfrom 10.244.0.0/16 to 10.9.0.0/16 fwmark 0x4000/0xc000 iif under0 lookup 4321")
        .contains("4000000000:\tnot from all fwmark 0x1 oif under0 unreachable");
    assertThat(refusal(new RtRequest.RuleAdd(marked)).errno()).isEqualTo(Errno.EEXIST);

    kernel.apply(
        new RtRequest.RuleDelete(marked),
        new RtRequest.RuleDelete(six),
        new RtRequest.RuleDelete(unmarked),
        new RtRequest.RuleDelete(not));

    assertThat(kernel.socket.rules()).hasSize(5);
    assertThat(refusal(new RtRequest.RuleDelete(six)).isAlreadyGone()).isTrue();
  }

  @Test
  void rulesThatDifferAreNotDeleted() {
    RoutingRule rule = lookup(AddressFamily.IPV4, 100, 4321).withMark(0x4000, 0xc000);
    kernel.apply(new RtRequest.RuleAdd(rule));

    for (RoutingRule other :
        List.of(
            rule.withMark(0x4000, 0x4000),
            rule.withMark(0x8000, 0xc000),
            lookup(AddressFamily.IPV4, 101, 4321),
            lookup(AddressFamily.IPV4, 100, 4322),
            lookup(AddressFamily.IPV6, 100, 4321),
            rule.withInputDevice("under0"),
            RoutingRule.lookup(AddressFamily.IPV4, 100, 4321, new RouteProtocol(117)))) {
      assertThat(refusal(new RtRequest.RuleDelete(other)).isAlreadyGone()).as("%s", other).isTrue();
    }
    assertThat(kernel.socket.rules()).contains(rule);
  }
}
