package dev.tweed.firewall;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.firewall.ruleset.Chain;
import dev.tweed.firewall.ruleset.Ruleset;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class StrictForwardPortsTest {

  @ParameterizedTest
  @CsvSource({
    "true, inet, firewalld, filter_FORWARD_dnat",
    "true, ip, filter, FORWARD_dnat",
    "false, inet, firewalld, filter_FORWARD"
  })
  void itIsKnownByTheChainThatFirewalldMakesForIt(
      boolean told, String family, String table, String chain) {
    // Given
    HostFirewall firewall =
        new HostFirewall(
            HostFirewall.Manager.FIREWALLD,
            HostFirewall.State.ACTIVE,
            "its rules are in the kernel",
            new Ruleset(List.of(new Chain(family, table, chain, Optional.empty(), List.of()))));

    // When
    Optional<FirewallBlockage> blockage = StrictForwardPorts.evaluate(firewall);

    // Then
    assertThat(blockage.isPresent()).isEqualTo(told);
    blockage.ifPresent(
        found -> {
          assertThat(found.amongPods()).isTrue();
          assertThat(found.commands()).last().isEqualTo("firewall-cmd --reload");
        });
  }
}
