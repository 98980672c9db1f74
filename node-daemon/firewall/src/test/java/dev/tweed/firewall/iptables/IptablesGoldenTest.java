package dev.tweed.firewall.iptables;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.firewall.ufw.SampleRows;
import dev.tweed.ip.AddressFamily;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * What is fed to iptables-restore for rows of every sort, and what iptables-save 1.8.9 says then.
 */
class IptablesGoldenTest {

  private static final IptablesListing NOTHING = IptablesListing.parse("");

  @ParameterizedTest
  @EnumSource(AddressFamily.class)
  void rowsOfEverySortMakeTheInput(AddressFamily family) throws IOException {
    assertThat(IptablesPlanner.input(NOTHING, family, SampleRows.all()))
        .hasValue(resource("input-" + name(family)));
  }

  @ParameterizedTest
  @EnumSource(AddressFamily.class)
  void nothingIsToDoWhereTheyAre(AddressFamily family) throws IOException {
    IptablesListing found = IptablesListing.parse(resource("saved-" + name(family)));

    assertThat(found.chains()).hasSize(3);
    assertThat(IptablesPlanner.input(found, family, SampleRows.all())).isEmpty();
  }

  static String name(AddressFamily family) {
    return family == AddressFamily.IPV4 ? "iptables.txt" : "ip6tables.txt";
  }

  static String resource(String name) throws IOException {
    try (InputStream in = IptablesGoldenTest.class.getResourceAsStream("/iptables/" + name)) {
      return new String(in.readAllBytes(), StandardCharsets.ISO_8859_1);
    }
  }
}
