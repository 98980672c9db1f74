package dev.tweed.operator.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tweed.crds.MirroredLabels;
import dev.tweed.operator.policy.Policies;
import dev.tweed.operator.policy.PolicyFacts;
import dev.tweed.operator.policy.PolicyInput;
import dev.tweed.operator.policy.PolicyNode;
import dev.tweed.operator.policy.PolicyOutcome;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** How long the loop rests while somebody asks all the time, and what may go wrong. */
class PolicyLoopTest {
  private static final Instant START = Instant.parse("2026-01-01T00:00:00Z");

  private static final OperatorEvents EVENTS =
      new OperatorEvents(null, null, null); // no node repairs anything

  private final List<Instant> runs = new CopyOnWriteArrayList<>();
  private final List<PolicyOutcome> told = new CopyOnWriteArrayList<>();
  private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
  private volatile Instant now = START;

  @ParameterizedTest
  @CsvSource({"0, 0, 1", "100, 1000, 1", "100, 1999, 1", "100, 2000, 2", "300, 5000, 10"})
  void theMoreThereIsToLookAtTheLongerItRests(int policies, int nodes, int seconds) {
    PolicyInput input = input(policies, nodes);
    Instant again = START.plusSeconds(seconds);
    try (PolicyLoop loop =
        new PolicyLoop(
            () -> {
              runs.add(now);
              return input;
            },
            told::add,
            EVENTS,
            new OperatorMeters(registry),
            time())) {
      loop.start();
      soon().until(() -> !told.isEmpty());

      // When it is asked just before it would look again
      now = again.minusMillis(1);
      loop.request();
      // Then it does not
      soon().during(Duration.ofMillis(100)).until(() -> runs.size() == 1);

      // And does a moment later
      now = again;
      loop.request();
      soon().untilAsserted(() -> assertThat(runs).containsExactly(START, again));
    }
  }

  @Test
  void anErrorEndsNeitherTheLoopNorGoesUnseen() {
    AtomicBoolean broken = new AtomicBoolean(true);
    try (PolicyLoop loop =
        new PolicyLoop(
            () -> {
              runs.add(now);
              if (broken.get()) {
                throw new StackOverflowError("too deep");
              }
              return input(0, 0);
            },
            told::add,
            EVENTS,
            new OperatorMeters(registry),
            time())) {
      // When a look ends in an error, and the next
      loop.start();
      soon().until(() -> failing() == 1);
      now = START.plusSeconds(2);
      loop.request();
      soon().until(() -> runs.size() == 2);

      // Then it counts as one that does not end, for liveness
      assertThat(loop.runningSince()).contains(START);
      assertThat(loop.failingSince()).contains(START);

      // And is over when one goes well
      broken.set(false);
      now = START.plusSeconds(4);
      loop.request();
      soon().until(() -> failing() == 0);
      assertThat(loop.runningSince()).isEmpty();
      assertThat(loop.failingSince()).isEmpty();
      assertThat(told).hasSize(1);
    }
  }

  @Test
  void aPolicyMadeAnewUnderItsNameIsToldThoughItsGenerationIsTheSame() {
    PolicyFacts before = Policies.policy("p", 1, Policies.from());
    AtomicReference<PolicyFacts> policy = new AtomicReference<>(before);
    try (PolicyLoop loop =
        new PolicyLoop(
            () ->
                new PolicyInput(
                    List.of(policy.get()),
                    List.of(),
                    Set.of(),
                    new MirroredLabels(MirroredLabels.ALWAYS)),
            told::add,
            EVENTS,
            new OperatorMeters(registry),
            time())) {
      loop.start();
      soon().until(() -> told.size() == 1);

      policy.set(
          new PolicyFacts(before.name(), "another", before.generation(), before.spec(), List.of()));
      now = START.plusSeconds(2);
      loop.request();

      soon().until(() -> told.size() == 2);
      assertThat(told.getLast().policy("p", "another", before.generation())).isPresent();
    }
  }

  private double failing() {
    return registry.get("tweed.duty.failing").tag("duty", "policies").gauge().value();
  }

  private static ConditionFactory soon() {
    return await().atMost(Duration.ofSeconds(60));
  }

  private static PolicyInput input(int policies, int nodes) {
    List<PolicyFacts> facts =
        IntStream.range(0, policies)
            .mapToObj(i -> Policies.policy("p" + i, 1, Policies.from()))
            .toList();
    List<PolicyNode> all =
        IntStream.range(0, nodes).mapToObj(i -> Policies.silent("n" + i)).toList();
    return new PolicyInput(facts, all, Set.of(), new MirroredLabels(MirroredLabels.ALWAYS));
  }

  private SteadyTime time() {
    return new SteadyTime(START, () -> Duration.between(START, now).toNanos());
  }
}
