package dev.tweed.netlink.socket;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.netlink.testing.Netns;
import java.util.OptionalInt;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What the number of a real ruleset tells. */
class NftGenerationTest {

  private final Netns netns = Netns.open();

  @AfterEach
  void tearDown() {
    netns.close();
  }

  @Test
  void whileNothingChangesItIsTheSame() throws Exception {
    netns.sh("nft add table inet one");
    OptionalInt before = generation();
    netns.sh("nft list ruleset");

    assertThat(before).isPresent();
    assertThat(generation()).isEqualTo(before);
  }

  @Test
  void eachTransactionGivesAnother() throws Exception {
    OptionalInt first = generation();
    netns.sh("nft add table inet one");
    OptionalInt second = generation();
    netns.sh("nft flush ruleset");

    assertThat(second).isNotEqualTo(first);
    assertThat(generation()).isNotEqualTo(second).isNotEqualTo(first);
  }

  @Test
  void rulesOfAnotherNamespaceHaveTheirOwn() throws Exception {
    OptionalInt before = generation();
    try (Netns other = Netns.open()) {
      other.sh("nft add table inet one");
    }

    assertThat(generation()).isEqualTo(before);
  }

  private OptionalInt generation() throws Exception {
    return netns.call(NftGeneration::read);
  }
}
