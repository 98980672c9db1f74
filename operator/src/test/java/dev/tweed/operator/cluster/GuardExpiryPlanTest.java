package dev.tweed.operator.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.crds.PodNetwork;
import dev.tweed.crds.TweedApi;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class GuardExpiryPlanTest {
  private static final Instant START = Instant.parse("2026-01-01T00:00:00Z");
  private static final Duration AFTER = Duration.ofMinutes(10);
  private static final OpenGuard FIRST = guard("first", "uid-1");
  private static final OpenGuard SECOND = guard("second", "uid-2");

  private static OpenGuard guard(String name, String uid) {
    return new OpenGuard(PodNetwork.class, name, uid, TweedApi.ALLOW_DELETE_IN_USE);
  }

  private static GuardExpiryPlan plan(
      Map<OpenGuard, Instant> before, Duration since, OpenGuard... open) {
    return GuardExpiryPlan.of(before, Set.of(open), START.plus(since), guard -> AFTER);
  }

  @Test
  void eachExpiresTenMinutesAfterItWasFirstSeen() {
    GuardExpiryPlan plan = plan(Map.of(), Duration.ZERO, FIRST);
    assertThat(plan.expired()).isEmpty();
    assertThat(plan.rest()).contains(AFTER);

    plan = plan(plan.seen(), Duration.ofMinutes(4), FIRST, SECOND);
    assertThat(plan.expired()).isEmpty();
    assertThat(plan.rest()).contains(Duration.ofMinutes(6));

    plan = plan(plan.seen(), Duration.ofMinutes(10), FIRST, SECOND);
    assertThat(plan.expired()).containsExactly(FIRST);
    assertThat(plan.rest()).contains(Duration.ofMinutes(4));
  }

  @Test
  void oneThatWasTakenOffBeginsAnew() {
    GuardExpiryPlan plan = plan(Map.of(), Duration.ZERO, FIRST);
    plan = plan(plan.seen(), Duration.ofMinutes(9));
    assertThat(plan.rest()).isEmpty();

    plan = plan(plan.seen(), Duration.ofMinutes(9), FIRST);
    plan = plan(plan.seen(), Duration.ofMinutes(11), FIRST);

    assertThat(plan.expired()).isEmpty();
    assertThat(plan.rest()).contains(Duration.ofMinutes(8));
  }

  @Test
  void anotherObjectOfTheNameBeginsAnew() {
    GuardExpiryPlan plan = plan(Map.of(), Duration.ZERO, FIRST);

    assertThat(plan(plan.seen(), AFTER, guard("first", "uid-3")).expired()).isEmpty();
  }
}
