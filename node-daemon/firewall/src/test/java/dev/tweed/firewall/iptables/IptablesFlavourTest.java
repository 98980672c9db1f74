package dev.tweed.firewall.iptables;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.firewall.HostFirewall;
import dev.tweed.firewall.HostFirewall.Manager;
import dev.tweed.firewall.HostFirewall.State;
import dev.tweed.firewall.ruleset.Ruleset;
import java.util.List;
import org.junit.jupiter.api.Test;

class IptablesFlavourTest {

  @Test
  void rulesThatNftSeesAreOfTheNftFlavour() {
    assertThat(IptablesFlavour.of(found(Manager.IPTABLES, State.ACTIVE), List.of("nat", "filter")))
        .isEqualTo(IptablesFlavour.NFT);
  }

  @Test
  void rulesThatNftDoesNotSeeAreOfTheLegacyFlavour() {
    assertThat(IptablesFlavour.of(found(Manager.IPTABLES, State.UNKNOWN), List.of("filter")))
        .isEqualTo(IptablesFlavour.LEGACY);
  }

  @Test
  void aHostWithoutLegacyFilterTableHasTheNftFlavour() {
    assertThat(IptablesFlavour.of(found(Manager.NONE, State.INACTIVE), List.of("nat")))
        .isEqualTo(IptablesFlavour.NFT);
  }

  @Test
  void aProgramFromBeforeTheSplitIsLegacy() {
    assertThat(IptablesFlavour.ofVersion("iptables v1.6.1\n")).isEqualTo(IptablesFlavour.LEGACY);
    assertThat(IptablesFlavour.ofVersion("iptables v1.8.9 (nf_tables)\n"))
        .isEqualTo(IptablesFlavour.NFT);
  }

  private static HostFirewall found(Manager manager, State state) {
    return new HostFirewall(manager, state, "", Ruleset.empty());
  }
}
