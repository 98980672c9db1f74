package dev.tweed.operator.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.crds.NodeSubnet;
import dev.tweed.crds.TweedApi;
import dev.tweed.operator.allocation.SubnetFacts;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Clocks that jump either way neither release a block nor keep it for ever. */
class MarksSeenTest {
  private static final Duration RELEASE_AFTER = Duration.ofMinutes(5);
  private static final Instant MARK = Instant.parse("2026-01-01T12:00:00Z");

  /** In steady time, which has nothing to do with the time of day. */
  private static final Instant BEGIN = Instant.EPOCH;

  private static final MarksSeen SEEN = MarksSeen.none().look(List.of(subnet("a", MARK)), BEGIN);

  private static SubnetFacts subnet(String uid, Instant mark) {
    NodeSubnet subnet = new NodeSubnet();
    subnet.setMetadata(
        new ObjectMetaBuilder()
            .withName("10-0-0-0-24")
            .withUid(uid)
            .withAnnotations(Map.of(TweedApi.NODE_GONE_SINCE, mark.toString()))
            .build());
    return Facts.of(subnet);
  }

  /** Whether it is due then. */
  private static boolean due(MarksSeen seen, SubnetFacts subnet, Instant at, Instant now) {
    return !since(seen, subnet, at, now).plus(RELEASE_AFTER).isAfter(now);
  }

  private static Instant since(MarksSeen seen, SubnetFacts subnet, Instant at, Instant now) {
    return seen.dated(List.of(subnet), RELEASE_AFTER, at, now).getFirst().goneSince().orElseThrow();
  }

  @Test
  void whileClocksAreRightTheMarkCountsAsItStands() {
    SubnetFacts subnet = subnet("a", MARK);
    Duration almost = RELEASE_AFTER.minusMillis(1);

    assertThat(since(SEEN, subnet, BEGIN, MARK)).isEqualTo(MARK);
    assertThat(since(SEEN, subnet, BEGIN.plus(almost), MARK.plus(almost))).isEqualTo(MARK);
    assertThat(due(SEEN, subnet, BEGIN.plus(almost), MARK.plus(almost))).isFalse();
    assertThat(due(SEEN, subnet, BEGIN.plus(RELEASE_AFTER), MARK.plus(RELEASE_AFTER))).isTrue();
    assertThat(since(SEEN, subnet, BEGIN.plus(RELEASE_AFTER), MARK.plus(RELEASE_AFTER)))
        .isEqualTo(MARK);
  }

  @Test
  void aClockSetForwardReleasesNothing() {
    Instant tomorrow = MARK.plus(Duration.ofDays(1));

    assertThat(due(SEEN, subnet("a", MARK), BEGIN.plusSeconds(60), tomorrow)).isFalse();
    assertThat(due(SEEN, subnet("a", MARK), BEGIN.plus(RELEASE_AFTER), tomorrow)).isTrue();
  }

  @Test
  void aClockSetBackKeepsNothingForLonger() {
    Instant yesterday = MARK.minus(Duration.ofDays(1));

    assertThat(due(SEEN, subnet("a", MARK), BEGIN.plusSeconds(60), yesterday)).isFalse();
    assertThat(due(SEEN, subnet("a", MARK), BEGIN.plus(RELEASE_AFTER), yesterday)).isTrue();
  }

  @Test
  void whoLeadsAnewCountsAnew() {
    // Given a mark of a leader whose clock was an hour behind ours
    Instant now = MARK.plus(Duration.ofHours(1));

    assertThat(due(MarksSeen.none(), subnet("a", MARK), BEGIN, now)).isFalse();
    MarksSeen ours = MarksSeen.none().look(List.of(subnet("a", MARK)), BEGIN);
    assertThat(due(ours, subnet("a", MARK), BEGIN.plusSeconds(299), now)).isFalse();
    assertThat(due(ours, subnet("a", MARK), BEGIN.plus(RELEASE_AFTER), now)).isTrue();
  }

  @Test
  void anotherMarkOrAnotherObjectCountsAnew() {
    Instant at = BEGIN.plus(RELEASE_AFTER);
    Instant now = MARK.plus(RELEASE_AFTER);

    assertThat(due(SEEN, subnet("a", MARK.plusSeconds(1)), at, now)).isFalse();
    assertThat(due(SEEN, subnet("b", MARK), at, now)).isFalse();
    MarksSeen again = SEEN.look(List.of(subnet("a", MARK.plusSeconds(1))), at);
    assertThat(
            due(
                again,
                subnet("a", MARK.plusSeconds(1)),
                at.plus(RELEASE_AFTER),
                now.plus(RELEASE_AFTER)))
        .isTrue();
    // And one that was taken off meanwhile
    MarksSeen gone = SEEN.look(List.of(), BEGIN.plusSeconds(1));
    assertThat(due(gone.look(List.of(subnet("a", MARK)), at), subnet("a", MARK), at, now))
        .isFalse();
  }

  @Test
  void aNodeSubnetWithoutAMarkStaysWithout() {
    SubnetFacts unmarked = subnet("a", MARK).withGoneSince(Optional.empty());

    assertThat(SEEN.dated(List.of(unmarked), RELEASE_AFTER, BEGIN, MARK)).containsExactly(unmarked);
  }
}
