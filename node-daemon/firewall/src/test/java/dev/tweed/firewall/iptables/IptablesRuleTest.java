package dev.tweed.firewall.iptables;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class IptablesRuleTest {

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      value = {
        "-A A -p tcp --dport 80 -j ACCEPT | -A A -p tcp -m tcp --dport 80 -j ACCEPT",
        "-A A -s 192.0.2.1/32 -j DROP     | -A A -s 192.0.2.1 -j DROP",
        "-A A -p 41 -j DROP               | -A A -p ipv6 -j DROP",
        "-A A ! -p ipv6-icmp -j DROP      | -A A ! -p icmpv6 -j DROP",
        "-A A -i a -s ::1/128 -j DROP     | -A A -s ::1/128 -i a -j DROP",
        "-A A -m comment --comment x      | -A A -m comment --comment \"x\"",
        "-A A -m comment --comment \"it's\" | -A A -m comment --comment \"it\\'s\"",
        "-A A -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT"
            + "| -A A -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT"
      })
  void spellingsOfOneRuleAreEqual(String one, String other) {
    assertThat(IptablesRule.tryParse(one)).isPresent().isEqualTo(IptablesRule.tryParse(other));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      value = {
        "-A A -j ACCEPT             | -A B -j ACCEPT",
        "-A A -j ACCEPT             | -A A -j DROP",
        "-A A -i a -j ACCEPT        | -A A ! -i a -j ACCEPT",
        "-A A -i a -j ACCEPT        | -A A -o a -j ACCEPT",
        "-A A -s 192.0.2.0/24 -j A  | -A A -s 192.0.2.0 -j A",
        "-A A -m comment --comment \"a -j DROP\" | -A A -m comment --comment a -j DROP",
        "-A A -m ah -j ACCEPT       | -A A -j ACCEPT"
      })
  void rulesThatDifferAreNot(String one, String other) {
    assertThat(IptablesRule.tryParse(one)).isPresent().isNotEqualTo(IptablesRule.tryParse(other));
  }

  @Test
  void aQuotedWordIsNeverATarget() {
    Optional<IptablesRule> rule =
        IptablesRule.tryParse("-A INPUT -m comment --comment \"x -j TWEED-INPUT\" -j DROP");

    assertThat(rule).get().extracting(IptablesRule::target).isEqualTo("DROP");
  }

  @Test
  void otherLinesAreNone() {
    assertThat(IptablesRule.tryParse("COMMIT")).isEmpty();
    assertThat(IptablesRule.tryParse("")).isEmpty();
    assertThat(IptablesRule.tryParse("-A")).isEmpty();
  }
}
