package dev.tweed.dataplane.plan;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.dataplane.Example;
import dev.tweed.dataplane.Finding;
import dev.tweed.dataplane.OwnNode;
import dev.tweed.dataplane.ProbeAddress;
import dev.tweed.dataplane.Reason;
import dev.tweed.ip.IpAddress;
import dev.tweed.ip.IpPrefix;
import dev.tweed.netlink.Link;
import dev.tweed.netlink.MacAddress;
import dev.tweed.netlink.Route;
import dev.tweed.netlink.RouteProtocol;
import dev.tweed.netlink.RoutingRule;
import dev.tweed.netlink.nft.NfExpression;
import dev.tweed.netlink.nft.NfValue;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The device by which nodes probe each other: when there is one, and what of it is whose. */
class ProbePlanTest {
  private static final IpAddress OWN = ProbeAddress.of(Example.block(1)).orElseThrow();
  private static final IpAddress OWN6 = ProbeAddress.of(Example.block6(1)).orElseThrow();

  private final Machine machine = Machine.with("192.0.2.1/24", "2001:db8::1/64");

  private static Example dual() {
    return Example.vxlan().dualStack();
  }

  private static List<IpAddress> addresses(Plan plan) {
    return plan.desired().probe().stream()
        .flatMap(probe -> probe.addresses().stream())
        .map(IpPrefix::address)
        .toList();
  }

  @Test
  void eachBlockHasAnAddress() {
    // Given
    OwnNode many =
        new OwnNode(
            "n1",
            List.of(Example.block(1), IpPrefix.parse("10.244.9.0/30"), Example.block(7)),
            List.of(Example.ip(1)),
            Example.mac(1));

    // When
    DesiredState desired = machine.plan(Example.vxlan().with(many).snapshot()).desired();
    ProbeDevice probe = desired.probe().orElseThrow();

    // Then one way out is enough
    assertThat(probe.routes())
        .extracting(ProbeRoute::toString)
        .containsExactly(
            "local 10.244.1.254", "local 10.244.7.254", "10.244.1.1", "default via 10.244.1.1");
    assertThat(probe.rules(Machine.MARKS.routeProtocol())).hasSize(3);

    // And for the small block the bridge answers
    NfExpression bridge = new NfExpression.Equal(NfValue.of(IpAddress.parse("10.244.9.1")));
    assertThat(desired.rules().orElseThrow().rules())
        .anyMatch(
            rule ->
                rule.expressions().contains(bridge)
                    && rule.expressions().getLast() == NfExpression.Reject.PORT_UNREACHABLE);
    assertThat(
            machine
                .plan(Example.vxlan().with(many).withoutProbes().snapshot())
                .desired()
                .rules()
                .orElseThrow()
                .rules())
        .noneMatch(rule -> rule.expressions().contains(bridge));
  }

  @Test
  void allThatItChangesIsDispensable() {
    // Given
    DesiredState with = machine.plan(dual().snapshot()).desired();
    DesiredState without = machine.plan(dual().withoutProbes().snapshot()).desired();
    machine.diff(without).forEach(machine::apply);

    // When
    List<StateChange> changes = machine.diff(with);
    changes.forEach(machine::apply);
    List<StateChange> back = machine.diff(without);

    // Then
    assertThat(changes).isNotEmpty().allMatch(StateChange::isDispensable);
    assertThat(changes).allMatch(StateChange::concernsProbe);
    assertThat(back).isNotEmpty().allMatch(StateChange::isDispensable);
  }

  @Test
  void podsDoNotWaitForIt() {
    // When
    List<StateChange> changes =
        machine.diff(machine.plan(dual().with(Example.peer(2)).snapshot()).desired());

    // Then
    List<Boolean> ofProbe = changes.stream().map(StateChange::concernsProbe).toList();
    assertThat(ofProbe).contains(false, true);
    assertThat(ofProbe.subList(ofProbe.indexOf(true), ofProbe.size())).doesNotContain(false);
  }

  @ParameterizedTest
  @ValueSource(strings = {ProbeDevice.NAME, ProbeDevice.PORT})
  void aDeviceOfItsNameThatIsNotOursIsNotable(String name) {
    // Given
    machine.sync(dual().snapshot());
    Link own = machine.link(name);
    machine.links.remove(own);
    machine.add(name, Optional.of("dummy"), 1500, 1);

    // When
    Plan plan = machine.plan(dual().snapshot());
    List<StateChange> changes = machine.diff(plan.desired());

    // Then
    assertThat(plan.findings())
        .singleElement()
        .satisfies(
            finding -> {
              assertThat(finding.reason()).isEqualTo(Reason.ProbeDeviceForeign);
              assertThat(finding.object()).isEqualTo(name);
              assertThat(finding.isBlocking()).isFalse();
            });
    assertThat(plan.isComplete()).isTrue();
    int foreign = machine.link(name).index();
    assertThat(changes)
        .isNotEmpty() // the other end, and the ways, are ours and go
        .noneMatch(
            change -> change instanceof StateChange.DeleteLink delete && delete.index() == foreign)
        .noneMatch(change -> change.device().equals(Optional.of(name)));
  }

  @Test
  void whatWasMadeAndNotYetMarkedIsOurs() {
    // Given
    machine.sync(dual().snapshot());
    for (String name : List.of(ProbeDevice.NAME, ProbeDevice.PORT)) {
      machine.links.replaceAll(
          link ->
              link.name().equals(name)
                  ? Machine.copy(
                      link,
                      link.mac(),
                      link.mtu(),
                      link.flags(),
                      link.txQueueLength(),
                      Optional.empty())
                  : link);
    }

    // When
    Plan plan = machine.plan(dual().snapshot());

    // Then
    assertThat(plan.findings()).isEmpty();
    assertThat(PlanText.of(machine.diff(plan.desired())))
        .isEqualTo(
            """
            LINK CHANGED tweed-probe alias tweed:default
            LINK CHANGED tweed-probe-br alias tweed:default
            """);
  }

  @Test
  void anEndThatLostTheOtherIsMadeAnew() {
    // Given
    machine.sync(dual().snapshot());
    machine.links.remove(machine.link(ProbeDevice.PORT));

    // When
    DesiredState desired = machine.sync(dual().snapshot());

    // Then
    assertThat(machine.diff(desired)).isEmpty();
    assertThat(machine.link(ProbeDevice.PORT).masterIndex())
        .isEqualTo(machine.link("tweed-br0").index());
  }

  @Test
  void anAddressGivenToAPodStaysThePods() {
    // Given
    machine.sync(dual().snapshot());
    machine.probeFacts = new ProbeFacts(Set.of(OWN), Map.of());

    // When
    Plan plan = machine.plan(dual().snapshot());

    // Then
    assertThat(addresses(plan)).containsExactly(OWN6);
    assertThat(plan.findings())
        .extracting(Finding::reason)
        .containsExactly(Reason.ProbeAddressTaken);
    assertThat(plan.findings().getFirst().object()).isEqualTo(OWN.toString());
    assertThat(plan.findings().getFirst().isBlocking()).isFalse();
    assertThat(machine.diff(plan.desired()))
        .extracting(StateChange::object)
        .contains(OWN + "/32 dev tweed-probe", "74: from " + OWN + "/32 iif lo lookup 7416");
  }

  @Test
  void itsOwnAnswerDoesNotTakeAnAddress() {
    // Given
    MacAddress own = machine.plan(dual().snapshot()).desired().probe().orElseThrow().mac();
    machine.probeFacts =
        new ProbeFacts(Set.of(), Map.of(OWN, own, OWN6, MacAddress.parse("02:00:00:00:00:07")));

    // When
    Plan plan = machine.plan(dual().snapshot());

    // Then
    assertThat(addresses(plan)).containsExactly(OWN);
    assertThat(plan.findings()).extracting(Finding::object).containsExactly(OWN6.toString());
  }

  @Test
  void aBridgeOfItsNameLeavesNoRoomForIt() {
    // Given
    Example example = dual();
    Example odd =
        new Example(
            example.backend(),
            example.mtu(),
            ProbeDevice.NAME,
            example.masquerade(),
            example.podCidrs(),
            example.sysctls(),
            example.self(),
            example.peers(),
            true);

    // When
    DesiredState desired = machine.sync(odd.snapshot());

    // Then
    assertThat(desired.bridge()).isPresent();
    assertThat(desired.probe()).isEmpty();
    assertThat(machine.diff(desired)).isEmpty();
  }

  @Test
  void rulesAndRoutesOfOthersStay() {
    // Given
    RouteProtocol other = new RouteProtocol(4);
    RoutingRule rule =
        RoutingRule.lookup(OWN.family(), ProbeDevice.PREFERENCE, ProbeDevice.TABLE, other);
    machine.routingRules.add(rule.withInputDevice(ProbeDevice.NAME)); // as ours is
    machine.routingRules.add(rule.withSource(IpPrefix.parse("198.51.100.0/24")));
    Route route =
        Route.through(IpPrefix.parse("0.0.0.0/0"), machine.link("eth0").index(), other)
            .withTable(ProbeDevice.TABLE);
    machine.routes.add(route);

    // When
    DesiredState desired = machine.sync(dual().snapshot());
    List<StateChange> left = machine.diff(desired);
    machine.diff(DesiredState.NOTHING).forEach(machine::apply);

    // Then
    assertThat(left).isEmpty();
    assertThat(machine.routingRules).hasSize(2).allMatch(found -> found.protocol().equals(other));
    assertThat(machine.routes).containsExactly(route);
  }

  @Test
  void whileNothingIsKnownOfTheBlocksItStays() {
    // Given
    machine.sync(dual().snapshot());

    // When
    Plan plan =
        machine.plan(
            dual()
                .with(new OwnNode("n1", List.of(), List.of(Example.ip(1)), Example.mac(1)))
                .snapshot());

    // Then
    assertThat(machine.diff(plan.desired())).noneMatch(StateChange::concernsProbe);
  }
}
