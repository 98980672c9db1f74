package dev.tweed.operator.silence;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

/** Time is what the test says it is. */
class SilenceTest {

  private static final Instant START = Instant.parse("2026-01-01T00:00:00Z");
  private static final int LOOK = 10;

  /** Leases, and looks at them. */
  private static final class Leases {
    private final Map<String, String> versions = new HashMap<>();
    private Silence silence = Silence.unknown();
    private int version;
    private int election;
    private int now;

    void renew(String... nodes) {
      for (String node : nodes) {
        versions.put(node, String.valueOf(++version));
      }
    }

    void pass(int seconds) {
      now += seconds;
    }

    /** A look that also finds the leader's own Lease renewed. */
    void look() {
      election++;
      lookAtDaemons();
    }

    /** A look after which nobody has renewed anything but who did above. */
    void lookAtDaemons() {
      lookFor(0);
    }

    /** The same that takes so long. */
    void lookFor(int seconds) {
      Look look = new Look(START.plusSeconds(now), versions, Optional.of(String.valueOf(election)));
      pass(seconds);
      silence = silence.seen(look, START.plusSeconds(now));
    }

    void fail() {
      silence = silence.failed();
    }

    /** Looks every ten seconds meanwhile. */
    void looks(int seconds) {
      for (int i = 0; i < seconds / LOOK; i++) {
        pass(LOOK);
        look();
      }
    }
  }

  private final Leases leases = new Leases();

  @Test
  void aDaemonThatDiesIsSilentSeventySecondsAfterItsLastRenewalWasSeen() {
    leases.renew("a", "b");
    leases.look();
    leases.pass(LOOK);
    leases.renew("a", "b");
    leases.look();

    // The last renewal was seen at 10 s
    leases.looks(60);
    assertThat(leases.silence.silent()).isEmpty();

    leases.looks(10);
    assertThat(leases.silence.silent()).containsExactlyInAnyOrder("a", "b");
  }

  @Test
  void howLongADaemonIsQuietIsKnownOfThoseThatHaveALease() {
    leases.renew("a", "b");
    leases.look();
    leases.pass(LOOK);
    leases.renew("b");
    leases.look();
    leases.looks(30);

    assertThat(leases.silence.quiet("a")).contains(Duration.ofSeconds(40));
    assertThat(leases.silence.quiet("b")).contains(Duration.ofSeconds(30));
    assertThat(leases.silence.quiet("c")).isEmpty();
  }

  @Test
  void looksThatTakeLongStopNothing() {
    // Given ten thousand Leases and an API server that takes a second for each page
    leases.renew("a", "b");
    leases.lookFor(40);
    for (int i = 0; i < 6; i++) {
      leases.pass(LOOK);
      leases.renew("a");
      leases.lookFor(40);
    }
    assertThat(leases.silence.silent()).isEmpty();

    leases.pass(LOOK);
    leases.renew("a");
    leases.lookFor(40);

    assertThat(leases.silence.silent()).containsExactly("b");
  }

  @Test
  void oneThatIsBackIsHeardWithTheNextLook() {
    leases.renew("a", "b");
    leases.look();
    leases.looks(100);
    assertThat(leases.silence.silent()).containsExactlyInAnyOrder("a", "b");

    leases.renew("a");
    leases.looks(10);

    assertThat(leases.silence.silent()).containsExactly("b");
    assertThat(leases.silence.hears("a")).isTrue();
    assertThat(leases.silence.hears("b")).isFalse();
  }

  @Test
  void aNodeWithoutALeaseIsNotSilent() {
    leases.renew("a");
    leases.look();
    leases.looks(50);
    // One that goes with its Node is none either
    leases.versions.remove("a");
    leases.looks(200);

    assertThat(leases.silence.silent()).isEmpty();
    assertThat(leases.silence.hears("a")).isFalse();
  }

  /** Such as an API server that takes no writes, or shows what is old. */
  @Test
  void whereNothingMovesNobodyIsSilent() {
    leases.renew("a", "b");
    leases.look();
    for (int i = 0; i < 100; i++) {
      leases.pass(LOOK);
      leases.lookAtDaemons();
    }
    assertThat(leases.silence.silent()).isEmpty();

    // And that it did not move for long counts for nothing when one does again
    leases.renew("a");
    leases.lookAtDaemons();
    leases.looks(60);

    assertThat(leases.silence.silent()).isEmpty();
  }

  @Test
  void anotherDaemonIsEnoughToTellThatThingsMove() {
    leases.renew("a", "b");
    leases.look();
    for (int i = 0; i < 12; i++) {
      leases.pass(LOOK);
      if (i % 2 == 0) {
        leases.renew("a");
      }
      leases.lookAtDaemons();
    }

    assertThat(leases.silence.silent()).containsExactly("b");
  }

  @Test
  void timeInWhichLooksFailDoesNotCount() {
    leases.renew("a");
    leases.look();
    for (int i = 0; i < 50; i++) {
      leases.pass(LOOK);
      leases.fail();
      leases.pass(LOOK);
      leases.look();
    }

    assertThat(leases.silence.silent()).isEmpty();
  }

  /** A process that was stopped, or a machine. */
  @Test
  void norDoesTimeInWhichNobodyLooked() {
    leases.renew("a");
    leases.look();
    leases.pass(3600);
    leases.look();

    assertThat(leases.silence.silent()).isEmpty();
  }

  @Test
  void whoSeesALeaseForTheFirstTimeDoesNotKnowHowOldItIs() {
    leases.renew("a");
    leases.look();
    leases.looks(60);

    assertThat(leases.silence.silent()).isEmpty();
    assertThat(leases.silence.hears("a")).isFalse();
  }

  /**
   * What happens between two looks.
   *
   * @param pause until this look
   * @param failed whether it fails
   * @param election whether the leader's Lease was renewed
   * @param renewed daemons that renewed theirs
   */
  record Step(int pause, boolean failed, boolean election, List<String> renewed) {}

  @Provide
  Arbitrary<List<Step>> histories() {
    return Combinators.combine(
            Arbitraries.integers().between(1, 120).edgeCases(e -> e.add(10, 30, 31, 70)),
            Arbitraries.of(false, false, false, true),
            Arbitraries.of(true, true, false),
            Arbitraries.of("a", "b", "c").list().ofMaxSize(3))
        .as(Step::new)
        .list()
        .ofMaxSize(60);
  }

  @Property(tries = 500)
  void noneIsSilentBeforeItHasNotMovedForAsLong(@ForAll("histories") List<Step> history) {
    Leases played = new Leases();
    Map<String, Integer> changed = new HashMap<>();
    Map<String, Integer> alive = new HashMap<>();
    played.renew("a", "b", "c", "d");
    played.look();
    for (String node : played.versions.keySet()) {
      changed.put(node, 0);
      alive.put(node, 0);
    }
    for (Step step : history) {
      play(played, step);
      step.renewed().forEach(node -> changed.put(node, played.now));
      step.renewed().forEach(node -> alive.put(node, 0));
      if (!step.failed()) {
        alive.replaceAll((node, time) -> step.renewed().contains(node) ? 0 : time + step.pause());
      }

      // What was renewed is not seen before a look that goes well
      for (String silent : step.failed() ? Set.<String>of() : played.silence.silent()) {
        assertThat(played.now - changed.get(silent)).isGreaterThanOrEqualTo(70);
        assertThat(alive.get(silent)).isGreaterThanOrEqualTo(70);
      }
    }
  }

  @Property(tries = 200)
  void whoeverRenewsInTimeIsNeverSilent(
      @ForAll("histories") List<Step> history, @ForAll @IntRange(min = 1, max = 60) int every) {
    Leases played = new Leases();
    played.renew("a", "b", "c", "d");
    played.look();
    int renewed = 0;
    for (Step step : history) {
      if (played.now + step.pause() - renewed > every) {
        renewed = played.now + step.pause();
        played.renew("d");
      }
      play(played, step);

      assertThat(played.silence.silent()).doesNotContain("d");
    }
  }

  /** Whatever was before, as long as looks go well now and somebody moves. */
  @Property(tries = 200)
  void aDaemonThatIsDeadIsToldInTheEnd(@ForAll("histories") @Size(max = 20) List<Step> history) {
    Leases played = new Leases();
    played.renew("a", "b", "c", "d");
    played.look();
    history.forEach(step -> play(played, step));

    played.looks(80);

    assertThat(played.silence.silent()).containsExactlyInAnyOrder("a", "b", "c", "d");
  }

  private static void play(Leases played, Step step) {
    played.pass(step.pause());
    played.renew(step.renewed().toArray(String[]::new));
    if (step.failed()) {
      played.fail();
    } else if (step.election()) {
      played.look();
    } else {
      played.lookAtDaemons();
    }
  }
}
