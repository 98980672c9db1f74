package dev.tweed.firewall.iptables;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.firewall.backend.BackendListing.Entry;
import dev.tweed.firewall.backend.BackendListing.State;
import dev.tweed.firewall.rules.FilterRow;
import dev.tweed.firewall.ufw.SampleRows;
import dev.tweed.ip.AddressFamily;
import java.util.List;
import org.junit.jupiter.api.Test;

class IptablesComparisonTest {

  private static final AddressFamily V4 = AddressFamily.IPV4;
  private static final List<FilterRow> ROWS = SampleRows.many(5);
  private static final String JUMPS =
      "-A INPUT -j TWEED-INPUT\n-A OUTPUT -j TWEED-OUTPUT\n-A FORWARD -j TWEED-FORWARD\n";
  private static final String SAVED =
      IptablesPlanner.input(IptablesListing.parse(""), V4, ROWS)
          .orElseThrow()
          .replaceAll("(?m)^-I .*\n", "")
          .replace("COMMIT\n", JUMPS);

  @Test
  void rowsInPlaceArePresent() {
    assertThat(states(SAVED)).containsOnly(State.PRESENT);
    assertThat(extra(SAVED)).isEmpty();
  }

  @Test
  void aDeletedRowIsMissing() {
    assertThat(states(SAVED.replace(line(2), "")))
        .containsExactly(State.PRESENT, State.PRESENT, State.MISSING, State.PRESENT, State.PRESENT);
  }

  @Test
  void aRowThatWasMovedIsMissingAndTheOthersAreNot() {
    String moved = SAVED.replace(line(0), "").replace(line(4), line(4) + line(0));

    assertThat(states(moved))
        .containsExactly(State.MISSING, State.PRESENT, State.PRESENT, State.PRESENT, State.PRESENT);
    assertThat(extra(moved)).containsExactly(line(0).strip());
  }

  @Test
  void whatSomebodyPutIntoOurChainIsExtra() {
    String line = "-A TWEED-INPUT -s 192.0.2.9/32 -j ACCEPT";

    assertThat(extra(SAVED.replace(line(1), line(1) + line + "\n"))).containsExactly(line);
    assertThat(extra(SAVED.replace(line(1), line(1) + line(1)))).containsExactly(line(1).strip());
  }

  @Test
  void withoutAJumpNothingIsInForce() {
    assertThat(states(SAVED.replace("-A INPUT -j TWEED-INPUT\n", ""))).containsOnly(State.MISSING);
    assertThat(states(SAVED.replace("-A INPUT", "-A INPUT -j DROP\n-A INPUT")))
        .containsOnly(State.MISSING);
  }

  @Test
  void aSecondJumpIsExtra() {
    assertThat(extra(SAVED + "-A INPUT -j TWEED-INPUT\n"))
        .containsExactly("-A INPUT -j TWEED-INPUT");
  }

  @Test
  void withoutRowsEverythingOfOursIsExtra() {
    IptablesComparison.Result result =
        IptablesComparison.compare(IptablesListing.parse(SAVED), V4, List.of());

    assertThat(result.entries()).isEmpty();
    assertThat(result.extra()).hasSizeGreaterThanOrEqualTo(ROWS.size() + 3);
  }

  private static String line(int row) {
    return IptablesRuleRenderer.lines(ROWS.get(row)).getFirst() + "\n";
  }

  private static List<State> states(String saved) {
    IptablesComparison.Result result =
        IptablesComparison.compare(IptablesListing.parse(saved), V4, ROWS);
    return ROWS.stream().map(row -> result.entries().get(row).state()).toList();
  }

  private static List<String> extra(String saved) {
    return IptablesComparison.compare(IptablesListing.parse(saved), V4, ROWS).extra().stream()
        .map(Entry::text)
        .toList();
  }
}
