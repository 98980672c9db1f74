package dev.tweed.dataplane.plan;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class NftListingTest {
  private static final Ruleset RULES = new Ruleset("", List.of("", "ip pod to pod", "tweed 0a1b"));

  private static final String LISTING =
      """
      table inet tweed { # handle 2
      	comment "made by tweed, replaced as a whole"
      	chain postrouting { # handle 1
      		type nat hook postrouting priority srcnat; policy accept;
      		ip saddr 10.244.0.0/16 ip daddr 10.244.0.0/16 return comment "ip pod to pod" # handle 4
      		return comment "tweed 0a1b" # handle 5
      	}
      }
      """;

  @Test
  void ourContent() {
    assertThat(NftListing.parse(LISTING).has(RULES)).isTrue();
  }

  @Test
  void priorityAsANumber() {
    assertThat(NftListing.parse(LISTING.replace("srcnat", "100")).has(RULES)).isTrue();
  }

  @Test
  void ofAnotherVersion() {
    assertThat(NftListing.parse(LISTING.replace("0a1b", "ffff")).has(RULES)).isFalse();
  }

  @Test
  void aRuleWithOurCommentMovedBehindTheSeal() {
    assertThat(NftListing.parse(LISTING.replace("handle 4", "handle 6")).has(RULES)).isFalse();
  }

  @Test
  void aRuleReplacedInPlace() {
    String edited =
        LISTING.replace(
            "ip saddr 10.244.0.0/16 ip daddr 10.244.0.0/16 return comment \"ip pod to pod\"",
            "accept");

    assertThat(NftListing.parse(edited).has(RULES)).isFalse();
  }

  @Test
  void aChainThatDropsByDefault() {
    assertThat(NftListing.parse(LISTING.replace("policy accept", "policy drop")).has(RULES))
        .isFalse();
  }

  @Test
  void noTable() {
    assertThat(NftListing.parse("")).isEqualTo(new NftListing.Absent());
  }
}
