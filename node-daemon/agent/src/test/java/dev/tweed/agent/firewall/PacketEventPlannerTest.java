package dev.tweed.agent.firewall;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.agent.cluster.PolicyEvent;
import dev.tweed.firewall.nft.NftLogPrefix;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Which logged packets become Events. */
class PacketEventPlannerTest {

  private static final Instant START = Instant.parse("2026-01-01T00:00:00Z");
  private static final Duration MINUTE = Duration.ofMinutes(1);
  private static final Duration HOUR = Duration.ofHours(1);

  private final Map<String, String> uids = new HashMap<>(Map.of("web", "u-web"));
  // The first System.nanoTime of a machine may be negative.
  private long nanos = -Duration.ofMinutes(5).toNanos();
  private final long begin = nanos;
  private final PacketEventPlanner planner =
      new PacketEventPlanner(
          name -> Optional.ofNullable(uids.get(name)),
          () -> nanos,
          () -> START.plusNanos(nanos - begin),
          () -> 0);

  @ParameterizedTest
  @CsvSource({
    "deny, PacketsDenied",
    "reject, PacketsDenied",
    "would-deny, PacketsWouldBeDenied",
    "would-reject, PacketsWouldBeDenied",
    "allow, ",
    "limit, ",
    "would-limit, ",
    "made-up, "
  })
  void onlyWhatIsRefusedBecomesOne(String verdict, String reason) {
    assertThat(planner.take(new NftLogPrefix(verdict, "web", "rest"), "text"))
        .isEqualTo(
            Optional.ofNullable(reason)
                .map(r -> new PolicyEvent("web", "u-web", r, "text", START, START, 1)));
  }

  @Test
  void thoseOfTenMinutesAreCountedWhateverRuleLoggedThem() {
    assertThat(take("web", "first")).isPresent();
    pass(MINUTE);
    assertThat(planner.take(new NftLogPrefix("reject", "web", "other"), "second")).isEmpty();
    pass(MINUTE.multipliedBy(9).minusNanos(1));
    assertThat(take("web", "third")).isEmpty();
    pass(Duration.ofNanos(1));

    assertThat(take("web", "fourth"))
        .contains(
            new PolicyEvent(
                "web",
                "u-web",
                "PacketsDenied",
                "fourth",
                START,
                START.plus(MINUTE.multipliedBy(10)),
                4));
  }

  @Test
  void whoWasSilentForAnHourBeginsAnew() {
    take("web", "first");
    pass(HOUR);

    assertThat(take("web", "again"))
        .get()
        .extracting(PolicyEvent::count, PolicyEvent::first)
        .containsExactly(1, START.plus(HOUR));
  }

  @Test
  void aPolicyThatIsNoLongerOnlyTriedBeginsAnewAndWaitsAllTheSame() {
    planner.take(new NftLogPrefix("would-deny", "web", "rest"), "tried");
    pass(MINUTE);
    assertThat(take("web", "in force")).isEmpty();
    pass(MINUTE.multipliedBy(9));

    assertThat(take("web", "in force"))
        .get()
        .extracting(PolicyEvent::reason, PolicyEvent::count)
        .containsExactly("PacketsDenied", 2);
  }

  @Test
  void aPolicyThatIsNotThereHasNone() {
    assertThat(take("forged", "text")).isEmpty();
    uids.put("web", "u-another");
    assertThat(take("web", "text")).get().extracting(PolicyEvent::uid).isEqualTo("u-another");
  }

  @Test
  void moreThanTwelveAnHourAreNotWritten() {
    for (int i = 0; i < 20; i++) {
      uids.put("p" + i, "u" + i);
      assertThat(take("p" + i, "text").isPresent()).isEqualTo(i < PacketEventPlanner.HOURLY);
    }
    pass(HOUR.minusNanos(1));
    assertThat(take("p19", "text")).isEmpty();
    pass(Duration.ofNanos(1));
    assertThat(take("p19", "text")).get().extracting(PolicyEvent::count).isEqualTo(3);
  }

  @Test
  void policiesThatAreTooManyHaveNone() {
    pass(HOUR);
    for (int i = 0; i < PacketEventPlanner.POLICIES; i++) {
      uids.put("p" + i, "u" + i);
      take("p" + i, "text");
    }
    pass(HOUR.minusNanos(1)); // all others are still remembered
    assertThat(take("web", "text")).isEmpty();
    pass(Duration.ofNanos(1));
    assertThat(take("web", "text")).isPresent();
  }

  @ParameterizedTest
  @CsvSource({
    "1, PT0S, PT1M",
    "2, PT0S, PT2M",
    "7, PT0S, PT1H",
    "300, PT0S, PT1H",
    "1, PT30S, PT1M",
    "1, PT5M, PT5M",
    "1, PT5H, PT1H"
  })
  void whoIsRefusedWaitsLongerEachTime(int failures, Duration asked, Duration pause) {
    for (int i = 1; i < failures; i++) {
      planner.failed(Duration.ZERO);
    }
    assertThat(planner.failed(asked)).isEqualTo(pause);

    assertThat(take("web", "text")).isEmpty();
    pass(pause.minusNanos(1));
    uids.put("other", "u-other");
    assertThat(take("other", "text")).isEmpty();
    pass(Duration.ofNanos(1));
    assertThat(take("other", "text")).isPresent();

    planner.succeeded("u-web");
    assertThat(planner.failed(Duration.ZERO)).isEqualTo(MINUTE);
  }

  @Test
  void whoseEventIsRefusedWaitsAloneAndLongerEachTime() {
    uids.put("other", "u-other");
    for (int minutes : new int[] {10, 10, 10, 10, 16, 32, 60, 60}) {
      assertThat(take("web", "text")).isPresent();
      assertThat(planner.refused("u-web")).isEqualTo(MINUTE.multipliedBy(minutes));

      pass(MINUTE.multipliedBy(minutes).minusNanos(1));
      assertThat(take("web", "text")).isEmpty();
      pass(Duration.ofNanos(1));
    }
    assertThat(take("other", "text")).isPresent();

    // Until it is taken
    assertThat(take("web", "text")).isPresent();
    planner.succeeded("u-web");
    pass(HOUR.minusNanos(1));
    assertThat(take("web", "text")).isPresent();
    assertThat(planner.refused("u-web")).isEqualTo(MINUTE.multipliedBy(10));
  }

  /** Whatever comes and whatever the API server says. */
  @Property(tries = 300)
  void noHourHasMoreThanTwelveAndNoPolicyTwoInTenMinutes(
      @ForAll @Size(max = 400) List<@IntRange(max = 300) Integer> packets,
      @ForAll @Size(max = 400) List<@IntRange(max = 240) Integer> seconds,
      @ForAll @IntRange(min = 1, max = 7) int failsEach) {
    Map<String, List<Long>> written = new HashMap<>();
    List<Long> all = new ArrayList<>();
    for (int i = 0; i < Math.min(packets.size(), seconds.size()); i++) {
      String policy = "p" + packets.get(i);
      uids.put(policy, policy);
      pass(Duration.ofSeconds(seconds.get(i)));
      if (take(policy, "text").isPresent()) {
        written.computeIfAbsent(policy, p -> new ArrayList<>()).add(nanos);
        all.add(nanos);
        if (all.size() % failsEach == 0) {
          planner.failed(Duration.ZERO);
        }
      }
    }
    assertThat(all)
        .allSatisfy(
            from ->
                assertThat(all.stream().filter(t -> t >= from && t - from < HOUR.toNanos()))
                    .hasSizeLessThanOrEqualTo(PacketEventPlanner.HOURLY));
    assertThat(written.values())
        .allSatisfy(
            times -> {
              for (int i = 1; i < times.size(); i++) {
                assertThat(times.get(i) - times.get(i - 1))
                    .isGreaterThanOrEqualTo(PacketEventPlanner.PAUSE.toNanos());
              }
            });
  }

  private Optional<PolicyEvent> take(String policy, String text) {
    return planner.take(new NftLogPrefix("deny", policy, "rest"), text);
  }

  private void pass(Duration time) {
    nanos += time.toNanos();
  }
}
