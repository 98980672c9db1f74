package dev.tweed.firewall.iptables;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class IptablesFlavourTest {

  @Test
  void aProgramFromBeforeTheSplitIsLegacy() {
    assertThat(IptablesFlavour.ofVersion("iptables v1.6.1\n")).isEqualTo(IptablesFlavour.LEGACY);
    assertThat(IptablesFlavour.ofVersion("iptables v1.8.9 (nf_tables)\n"))
        .isEqualTo(IptablesFlavour.NFT);
  }
}
