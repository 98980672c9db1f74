package dev.tweed.firewall.iptables;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.firewall.rules.Direction;
import java.util.Arrays;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LeadingBansTest {

  private static final String FAIL2BAN =
      """
      -A f2b-sshd -s 203.0.113.7/32 -j REJECT --reject-with icmp-port-unreachable
      -A f2b-sshd -j RETURN
      -A idle -j RETURN
      -A nested -p udp -j f2b-sshd
      -A nested -p tcp -j f2b-sshd
      -A crowdsec -m set --match-set crowdsec-blacklists src -j DROP
      -A CROWDSEC_CHAIN -m set --match-set crowdsec-blacklists-0 src -m comment --comment cscli -j CROWDSEC_LOG
      -A CROWDSEC_LOG -j LOG --log-prefix "CROWDSEC: "
      -A CROWDSEC_LOG -j DROP
      -A some-pass -p icmp -j ACCEPT
      -A some-pass -j DROP
      -A jumps-on -j CROWDSEC_LOG
      -A accepts -s 203.0.113.7/32 -j DROP
      -A accepts -p tcp -j ACCEPT
      -A refuses -p tcp --dport 80 -j DROP
      -A KUBE-ROUTER-INPUT -d 10.96.0.0/12 -j RETURN
      -A KUBE-ROUTER-INPUT -m mark --mark 0x20000/0x20000 -j ACCEPT
      """;

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          2 | -p tcp -m multiport --dports 22 -j f2b-sshd
          2 | -j idle
          2 | -j empty
          2 | -j nested
          2 | -j crowdsec
          2 | -m comment --comment "kube-router netpol - 4IA2OSFRMVNDXBVV" -j KUBE-ROUTER-INPUT
          2 | -s 203.0.113.7/32 -j DROP
          2 | -s 203.0.113.0/24 -p tcp -j REJECT --reject-with tcp-reset
          2 | -m set --match-set crowdsec-blacklists src -j DROP
          2 | -p tcp --dport 22 -m recent --update --seconds 60 --hitcount 4 --name SSH --rsource -j DROP
          2 | -j CROWDSEC_CHAIN
          2 | -s 203.0.113.7/32 -j CROWDSEC_LOG
          2 | -m set --match-set bans src -j jumps-on
          1 | -j CROWDSEC_LOG
          1 | -p tcp --dport 80 -j CROWDSEC_LOG
          1 | -s 203.0.113.7/32 -j some-pass
          1 | -s 203.0.113.7/32 -g CROWDSEC_LOG
          1 | -s 10.0.0.0/8 -j CROWDSEC_LOG
          1 | -m recent ! --rcheck --seconds 60 --name KNOCK --rsource -j DROP
          1 | -m recent --rcheck --seconds 60 --name WEB --rdest -j DROP
          1 | -i lo -j ACCEPT
          1 | -p tcp --dport 22 -m recent --set --name SSH --rsource
          1 | -g f2b-sshd
          1 | -j accepts
          1 | -j refuses
          1 | -s 203.0.113.7/32 -j ACCEPT
          2 | -s 203.0.0.0/12 -j DROP
          2 | -s 1.0.0.0/8 -j DROP
          2 | -s 2400::/12 -j DROP
          1 | -s 2.0.0.0/7 -j DROP
          1 | -s 2000::/3 -j DROP
          1 | -s 10.0.0.0/8 -j DROP
          1 | -s 0.0.0.0/1 -j DROP
          1 | -s 0.0.0.0/0 -j DROP
          1 | ! -s 203.0.113.7/32 -j DROP
          1 | -m set ! --match-set friends src -j DROP
          1 | -m set --match-set services dst,dst -j DROP
          1 | -p tcp --dport 80 -j DROP
          1 | -j DROP
          """)
  void ourJumpGoesBehindWhatRefusesSourcesOnly(int place, String rule) {
    // Given
    IptablesListing listing = listing(rule, "-p tcp -j ACCEPT");

    // When / Then
    assertThat(listing.place(Direction.IN)).isEqualTo(place);
    assertThat(listing.place(Direction.ROUTED)).isEqualTo(1);
  }

  @ParameterizedTest
  @CsvSource({
    "3, -i lo -j ACCEPT",
    "3, '-m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT'",
    "3, '-m state --state RELATED,ESTABLISHED -j ACCEPT'",
    "3, -m conntrack --ctstate INVALID -j DROP",
    "3, -m state --state ESTABLISHED -j ACCEPT",
    "3, '-i lo -m comment --comment \"010 accept all to lo\" -j ACCEPT'",
    "3, '-m conntrack --ctstate RELATED,ESTABLISHED -m comment --comment \"known ones\" -j ACCEPT'",
    "1, -m conntrack --ctstate NEW -j ACCEPT",
    "3, -p tcp --dport 22 -m recent --set --name SSH --rsource",
    "3, -j LOG",
    "1, -i eth1 -j ACCEPT",
    "1, -p icmp -j ACCEPT",
    "1, -p udp -j RETURN"
  })
  void aBanCountsBehindWhatMakesNoDifference(int place, String rule) {
    // Given
    IptablesListing listing = listing(rule, "-s 203.0.113.7/32 -j DROP", "-p tcp -j ACCEPT");

    // When / Then
    assertThat(listing.place(Direction.IN)).isEqualTo(place);
  }

  @Test
  void ourJumpStaysWhereverABanIsPutBeforeIt() {
    // Given
    String ban = "-p tcp -m multiport --dports 22 -j f2b-sshd";

    // When / Then fail2ban is started, and started once more with another jail
    assertThat(listing("-j TWEED-INPUT").isInPlace(Direction.IN)).isTrue();
    assertThat(listing(ban, "-j TWEED-INPUT").isInPlace(Direction.IN)).isTrue();
    assertThat(listing("-j crowdsec", ban, "-j TWEED-INPUT").isInPlace(Direction.IN)).isTrue();
  }

  @Test
  void ourJumpDoesNotStayBeforeABanNorBehindOtherRules() {
    // Given
    String ban = "-p tcp -m multiport --dports 22 -j f2b-sshd";

    // When / Then
    assertThat(listing("-j TWEED-INPUT", ban).isInPlace(Direction.IN)).isFalse();
    assertThat(listing("-j TWEED-INPUT", ban).place(Direction.IN)).isEqualTo(2);
    assertThat(listing(ban, "-j ACCEPT", "-j TWEED-INPUT").isInPlace(Direction.IN)).isFalse();
  }

  private static IptablesListing listing(String... rules) {
    return IptablesListing.parse(
        """
        *filter
        :INPUT DROP [0:0]
        :FORWARD ACCEPT [0:0]
        :f2b-sshd - [0:0]
        :idle - [0:0]
        :empty - [0:0]
        :nested - [0:0]
        :crowdsec - [0:0]
        :CROWDSEC_CHAIN - [0:0]
        :CROWDSEC_LOG - [0:0]
        :some-pass - [0:0]
        :jumps-on - [0:0]
        :accepts - [0:0]
        :refuses - [0:0]
        :KUBE-ROUTER-INPUT - [0:0]
        :TWEED-INPUT - [0:0]
        """
            + Arrays.stream(rules)
                .map(rule -> "-A INPUT " + rule + "\n")
                .collect(Collectors.joining())
            + FAIL2BAN
            + "COMMIT\n");
  }
}
