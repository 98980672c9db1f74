package dev.tweed.enforce.table;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.ip.IpAddress;
import dev.tweed.ip.IpPrefix;
import dev.tweed.policy.AddressSpace;
import dev.tweed.policy.Flow;
import dev.tweed.policy.NodeState;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** What the evaluator, which knows pods by their addresses, says nothing of. */
class PolicyTableCompilerTest {

  /** Every pod has a link-local address unless its kernel is told otherwise. */
  @Test
  void linkLocalAddressesAreNoWayAroundWherePodsHaveNoOthersOfIpv6() {
    IpPrefix block = IpPrefix.parse("10.244.1.0/24");
    NodeState state =
        new NodeState(
            List.of(block),
            Set.of(),
            new AddressSpace(List.of(block), Map.of()),
            List.of(),
            Map.of(),
            Map.of());

    PolicyTable table = new PolicyTableCompiler(false).compile(state).table();

    assertThat(
            TableSimulator.droppedBy(
                table, Flow.withoutPorts(IpAddress.parse("fe80::1"), IpAddress.parse("fe80::2"))))
        .contains(PolicyTableCompiler.BETWEEN_LINK_LOCAL);
  }
}
