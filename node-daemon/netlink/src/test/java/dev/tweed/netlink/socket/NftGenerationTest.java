package dev.tweed.netlink.socket;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.netlink.testing.Netns;
import java.util.OptionalInt;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What the number of a real ruleset tells. */
@Tag("kernel")
class NftGenerationTest {

  @AutoClose private final Netns netns = Netns.open();

  @Test
  void whileNothingChangesItIsTheSame() {
    netns.sh("nft add table inet one");
    OptionalInt before = generation();
    netns.sh("nft list ruleset");

    assertThat(before).isPresent();
    assertThat(generation()).isEqualTo(before);
  }

  @Test
  void eachTransactionGivesAnother() {
    OptionalInt first = generation();
    netns.sh("nft add table inet one");
    OptionalInt second = generation();
    netns.sh("nft flush ruleset");

    assertThat(second).isNotEqualTo(first);
    assertThat(generation()).isNotEqualTo(second).isNotEqualTo(first);
  }

  @Test
  void rulesOfAnotherNamespaceHaveTheirOwn() {
    OptionalInt before = generation();
    try (Netns other = Netns.open()) {
      other.sh("nft add table inet one");
    }

    assertThat(generation()).isEqualTo(before);
  }

  private OptionalInt generation() {
    return netns.call(NftGeneration::read);
  }
}
