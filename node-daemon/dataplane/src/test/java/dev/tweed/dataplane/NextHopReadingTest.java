package dev.tweed.dataplane;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Nexthop objects are read when they may be others than those known, and only then. */
@Tag("kernel")
class NextHopReadingTest {

  @AutoClose private final FaultyNode node = new FaultyNode();

  private SyncReport sync(Example example) {
    node.seams.follow(Seams.Script.NONE);
    return node.sync(example);
  }

  private boolean wereRead() {
    return node.seams.steps().stream().anyMatch(step -> step.text().equals("nextHopObjects"));
  }

  @Test
  void ourOwnWritingIsKnownWithoutAReading() {
    node.assertSettles(FaultExamples.BASE);

    SyncReport more = sync(FaultExamples.MORE_PEERS);
    assertThat(more.applied()).isNotEmpty();
    assertThat(more.verified()).isTrue();
    assertThat(wereRead()).isFalse();

    sync(FaultExamples.BASE);
    assertThat(wereRead()).isFalse();
    node.assertConverges(FaultExamples.BASE);
  }
}
