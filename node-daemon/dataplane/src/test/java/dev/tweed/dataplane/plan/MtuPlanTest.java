package dev.tweed.dataplane.plan;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.dataplane.Example;
import dev.tweed.dataplane.Finding;
import dev.tweed.dataplane.OwnNode;
import dev.tweed.dataplane.Reason;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** How many bytes a packet of a pod may have. */
class MtuPlanTest {
  private final Machine machine = Machine.with("192.0.2.1/24", "2001:db8::1/64");

  @ParameterizedTest
  @CsvSource({
    "1500, 0, 1450, ''",
    "1500, 1400, 1400, ''",
    "1500, 1450, 1450, ''",
    "1500, 1451, 1450, MtuClamped",
    "9000, 9000, 8950, MtuClamped",
    "65535, 0, 65485, ''"
  })
  void podMtuOverIpv4(int underlay, int asked, int expected, String finding) {
    machine.links.replaceAll(
        link ->
            link.name().equals("eth0")
                ? Machine.copy(link, link.mac(), underlay, 1, 1000, link.alias())
                : link);

    Plan plan = machine.plan(Example.vxlan().withMtu(asked).snapshot());

    assertThat(plan.podMtu()).isEqualTo(expected);
    assertThat(
            String.join(",", plan.findings().stream().map(found -> found.reason().name()).toList()))
        .isEqualTo(finding);
  }

  @Test
  void overIpv6TheOverheadIsTwentyBytesMore() {
    Plan plan =
        machine.plan(
            Example.vxlan()
                .with(
                    new OwnNode(
                        "n1", List.of(Example.block(1)), List.of(Example.ip6(1)), Example.mac(1)))
                .snapshot());

    assertThat(plan.podMtu()).isEqualTo(1430);
    assertThat(plan.desired().tunnels().getFirst().local()).isEqualTo(Example.ip6(1));
  }

  @Test
  void ipv6PodsNeed1280Bytes() {
    Plan plan = machine.plan(Example.vxlan().dualStack().withMtu(1200).snapshot());

    assertThat(plan.findings()).extracting(Finding::reason).containsExactly(Reason.MtuTooSmall);
  }
}
