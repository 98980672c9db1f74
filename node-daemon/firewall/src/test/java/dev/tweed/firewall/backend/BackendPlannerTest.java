package dev.tweed.firewall.backend;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.firewall.HostFirewall;
import dev.tweed.firewall.HostFirewall.Manager;
import dev.tweed.firewall.HostFirewall.State;
import dev.tweed.firewall.ruleset.Ruleset;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BackendPlannerTest {

  @ParameterizedTest(name = "{0} {1}, host tools {2}: {3} {4} {5}")
  @CsvSource({
    "UFW,       ACTIVE,   true,  UFW,       ,                ",
    "UFW,       ACTIVE,   false, ,          HostToolsNeeded, ",
    "UFW,       INACTIVE, true,  NFTABLES,  ,                UFW",
    "UFW,       INACTIVE, false, NFTABLES,  ,                ",
    "UFW,       UNKNOWN,  true,  ,          FirewallUnknown, ",
    "FIREWALLD, ACTIVE,   true,  FIREWALLD, ,                ",
    "FIREWALLD, ACTIVE,   false, ,          HostToolsNeeded, ",
    "FIREWALLD, INACTIVE, true,  NFTABLES,  ,                ",
    "FIREWALLD, UNKNOWN,  true,  ,          FirewallUnknown, ",
    "IPTABLES,  ACTIVE,   true,  IPTABLES,  ,                ",
    "IPTABLES,  UNKNOWN,  true,  NFTABLES,  ,                ",
    "IPTABLES,  UNKNOWN,  false, NFTABLES,  ,                ",
    "IPTABLES,  ACTIVE,   false, ,          HostToolsNeeded, ",
    "NFTABLES,  ACTIVE,   false, NFTABLES,  ,                ",
    "NONE,      INACTIVE, false, NFTABLES,  ,                ",
    "NONE,      INACTIVE, true,  NFTABLES,  ,                ",
    "UNKNOWN,   UNKNOWN,  true,  ,          FirewallUnknown, "
  })
  void theFirewallThatWouldDropHoldsTheRows(
      Manager manager,
      State state,
      boolean hostTools,
      BackendKind kind,
      String obstacle,
      BackendKind standby) {
    BackendChoice choice =
        BackendPlanner.plan(
            new HostFirewall(manager, state, "as seen", Ruleset.empty()), hostTools);

    assertThat(choice.kind().orElse(null)).isEqualTo(kind);
    assertThat(choice.obstacle().orElse(null)).isEqualTo(obstacle);
    assertThat(choice.standby().orElse(null)).isEqualTo(standby);
    assertThat(choice.reason()).isNotBlank();
  }
}
