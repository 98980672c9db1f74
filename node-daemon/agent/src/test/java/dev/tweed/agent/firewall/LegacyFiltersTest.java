package dev.tweed.agent.firewall;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.firewall.LegacyRules;
import dev.tweed.firewall.iptables.IptablesTable;
import dev.tweed.ip.AddressFamily;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LegacyFiltersTest {

  @TempDir Path directory;

  @BeforeEach
  void tables() throws IOException {
    Files.writeString(directory.resolve("ip_tables_names"), "filter\n");
  }

  @Test
  void withoutTheHostsProgramsNobodyKnows() {
    assertThat(new LegacyFilters(directory, Optional.empty()).rules()).isEmpty();
  }

  @Test
  void emptyTablesAndThoseOfKubernetesDropNothingOfAPersons() throws IOException {
    assertThat(
            listing(
                    """
                    *filter
                    :INPUT ACCEPT [0:0]
                    -A INPUT -j KUBE-FIREWALL
                    -A KUBE-FIREWALL -m mark --mark 0x8000/0x8000 -j DROP
                    -A TWEED-INPUT -p tcp -j DROP
                    COMMIT
                    """)
                .rules())
        .contains(LegacyRules.HARMLESS);
  }

  @Test
  void aPolicyOrARuleOfAPersonDoes() throws IOException {
    assertThat(listing("*filter\n:FORWARD DROP [0:0]\nCOMMIT\n").rules())
        .contains(LegacyRules.DROPPING);
    assertThat(listing("-A INPUT -p tcp -m tcp --dport 80 -j REJECT --reject-with x\n").rules())
        .contains(LegacyRules.DROPPING);
  }

  @Test
  void bansAreNoFirewall() throws IOException {
    assertThat(
            listing(
                    """
                    -A INPUT -p tcp -m multiport --dports 22 -j f2b-sshd
                    -A f2b-sshd -s 203.0.113.66/32 -j REJECT --reject-with icmp-port-unreachable
                    -A f2b-sshd -s 2001:db8::66/128 -j REJECT
                    -A INPUT -m set --match-set bans src -j DROP
                    """)
                .rules())
        .contains(LegacyRules.HARMLESS);
    assertThat(listing("-A INPUT ! -s 192.0.2.0/24 -j DROP\n").rules())
        .contains(LegacyRules.DROPPING);
    assertThat(listing("-A FORWARD -s 10.0.0.0/8 -j DROP\n").rules())
        .contains(LegacyRules.DROPPING);
    assertThat(listing("-A INPUT -m set ! --match-set all src -j DROP\n").rules())
        .contains(LegacyRules.DROPPING);
  }

  @Test
  void ufwsAreTold() throws IOException {
    assertThat(listing("*filter\n:INPUT DROP [0:0]\n:ufw-user-input - [0:0]\nCOMMIT\n").rules())
        .contains(LegacyRules.OF_UFW);
  }

  @Test
  void aProgramThatFailsTellsNothing() throws IOException {
    LegacyFilters filters = new LegacyFilters(directory, Optional.of(new Listed(Optional.empty())));

    assertThat(filters.rules()).isEmpty();
  }

  @Test
  void whereThereAreNoTablesNobodyLooks() throws IOException {
    Files.delete(directory.resolve("ip_tables_names"));

    LegacyFilters none = new LegacyFilters(directory, Optional.empty());

    assertThat(none.rules()).contains(LegacyRules.HARMLESS);
    assertThat(none.areThere()).isFalse();
  }

  private LegacyFilters listing(String text) {
    return new LegacyFilters(directory, Optional.of(new Listed(Optional.of(text))));
  }

  /** Tables that are listed so; empty if they cannot be. */
  private record Listed(Optional<String> text) implements IptablesTable {
    @Override
    public String list(AddressFamily family) throws IOException {
      return text.orElseThrow(() -> new IOException("not permitted"));
    }

    @Override
    public void restore(AddressFamily family, String input) {
      throw new AssertionError("not needed");
    }
  }
}
