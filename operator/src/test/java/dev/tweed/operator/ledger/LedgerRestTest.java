package dev.tweed.operator.ledger;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.crds.NodeSubnetSpec;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class LedgerRestTest {
  private static final Duration QUIET = Duration.ofSeconds(30);
  private static final String X = "10.244.1.0/24";
  private static final String Y = "10.244.2.0/24";

  private long now = 7;
  private long version;
  private final LedgerRest rest = new LedgerRest(QUIET, () -> now);

  private LedgerStore.Entry version(String... intents) {
    return new LedgerStore.Entry(
        Ledger.empty()
            .with(Map.of(), Stream.of(intents).map(LedgerRestTest::intent).toList(), Set.of()),
        Optional.of("v" + ++version));
  }

  private static NodeSubnetSpec intent(String cidr) {
    return new NodeSubnetSpec("n", "node", "uid", cidr, List.of("192.0.2.1"), "02:00:00:00:00:01");
  }

  private void pass(int seconds) {
    now += Duration.ofSeconds(seconds).toNanos();
  }

  @Test
  void nothingIsKnownBeforeTheFirstLook() {
    assertThat(rest.isOver(X)).isFalse();
    assertThat(rest.left(X)).isZero();
  }

  @Test
  void aBlockRestsWhileOthersAreHandedOut() {
    // Given a ledger that we write every ten seconds, never for X
    rest.read(version());
    for (int i = 0; i < 3; i++) {
      pass(10);
      rest.wrote(version(Y));
      rest.wrote(version());
    }

    // Then X has rested since the first look, and Y not since the last write
    assertThat(rest.isOver(X)).isTrue();
    assertThat(rest.left(Y)).isEqualTo(QUIET);
  }

  @Test
  void anIntentCountsAsLongAsItStands() {
    rest.read(version());
    rest.wrote(version(X));
    pass(60);
    assertThat(rest.isOver(X)).isFalse();
    assertThat(rest.left(X)).as("another may have carried it out since").isZero();

    // When it is carried out, the time begins; it is not over one moment too soon
    rest.wrote(version());
    pass(29);
    assertThat(rest.left(X)).isEqualTo(Duration.ofSeconds(1));
    assertThat(rest.isOver(X)).isFalse();
    pass(1);
    assertThat(rest.isOver(X)).isTrue();
  }

  @Test
  void aVersionOfSomebodyElseHidesTheOnesBeforeIt() {
    LedgerStore.Entry first = version();
    rest.read(first);
    pass(30);
    rest.read(first);
    assertThat(rest.isOver(X)).isTrue();

    rest.read(version());

    assertThat(rest.isOver(X)).isFalse();
    assertThat(rest.left(X)).isEqualTo(QUIET);
  }

  @Test
  void anIntentOfSomebodyElseCountsToo() {
    LedgerStore.Entry theirs = version(X);
    rest.read(theirs);
    pass(40);
    rest.read(theirs);
    assertThat(rest.isOver(X)).isFalse();
    assertThat(rest.isOver(Y)).isTrue();
  }
}
