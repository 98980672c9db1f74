package dev.tweed.operator.app;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.client.extended.leaderelection.resourcelock.LeaderElectionRecord;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import org.junit.jupiter.api.Test;

/** The clocks of two operators may differ by hours. */
class SeenRenewalsTest {
  private static final Duration LEASE = Duration.ofSeconds(15);
  private static final Instant BEGIN = Instant.EPOCH;
  private static final ZonedDateTime NOW =
      ZonedDateTime.of(2026, 1, 1, 12, 0, 0, 0, ZoneOffset.UTC);

  private final SeenRenewals renewals = new SeenRenewals();

  private static LeaderElectionRecord renewed(ZonedDateTime time) {
    return new LeaderElectionRecord("other", LEASE, time, time, 3);
  }

  /** Whether the elector would take the Lease; its own comparison. */
  private boolean expired(LeaderElectionRecord found, Instant at, ZonedDateTime now) {
    return !renewals.see(found, at, now).getRenewTime().plus(LEASE).isAfter(now);
  }

  @Test
  void aHolderWhoseClockIsBehindKeepsItsLeaseWhileItRenews() {
    ZonedDateTime behind = NOW.minusHours(1);

    for (int i = 0; i < 100; i += 10) {
      assertThat(expired(renewed(behind.plusSeconds(i)), BEGIN.plusSeconds(i), NOW.plusSeconds(i)))
          .isFalse();
    }
  }

  @Test
  void aLeaseThatNobodyRenewsExpiresHoweverFarAheadItsHoldersClockWas() {
    LeaderElectionRecord ahead = renewed(NOW.plusHours(1));

    assertThat(expired(ahead, BEGIN, NOW)).isFalse();
    assertThat(expired(ahead, BEGIN.plusSeconds(14), NOW.plusSeconds(14))).isFalse();
    assertThat(expired(ahead, BEGIN.plus(LEASE), NOW.plus(LEASE))).isTrue();
  }

  @Test
  void aClockThatIsSetHereTakesNoLease() {
    LeaderElectionRecord found = renewed(NOW);

    assertThat(expired(found, BEGIN, NOW)).isFalse();
    assertThat(expired(found, BEGIN.plusSeconds(2), NOW.plusHours(1))).isFalse();
  }

  @Test
  void allElseOfTheLeaseIsAsItWas() {
    LeaderElectionRecord found = renewed(NOW);

    assertThat(renewals.see(found, BEGIN, NOW)).isEqualTo(found);
  }
}
