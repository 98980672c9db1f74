package dev.tweed.dataplane;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.tweed.dataplane.Seams.Fault;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** A data path that ends before any one of its steps; another one goes on from there. */
@Tag("kernel")
class KillTest {

  static Stream<Arguments> changes() {
    return Stream.of(
        Arguments.of("a peer more", FaultExamples.BASE, FaultExamples.MORE_PEERS),
        Arguments.of("peers fewer", FaultExamples.BASE, FaultExamples.FEWER_PEERS),
        Arguments.of("a peer moved", FaultExamples.BASE, FaultExamples.MOVED_PEER),
        Arguments.of("another own block", FaultExamples.BASE, FaultExamples.OTHER_BLOCK),
        Arguments.of("another MTU", FaultExamples.BASE, FaultExamples.OTHER_MTU));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("changes")
  void endsAtAnyStepOfAChange(String name, Example from, Example to) {
    try (FaultyNode node = new FaultyNode()) {
      node.assertSettles(from);
      endAtEachStep(
          node,
          () -> node.sync(to),
          () -> node.assertConverges(to),
          () -> node.assertSettles(from));
    }
  }

  @Test
  void endsAtAnyStepOfTheFirstSync() {
    List<String> steps;
    try (FaultyNode node = new FaultyNode()) {
      node.sync(FaultExamples.BASE);
      steps = changes(node);
    }
    for (int i = 0; i < steps.size(); i++) {
      try (FaultyNode node = new FaultyNode()) {
        endBefore(
            i,
            steps,
            node,
            () -> node.sync(FaultExamples.BASE),
            () -> node.assertConverges(FaultExamples.BASE));
      }
    }
  }

  /** Between the creation of a device and its alias, which the kernel does not take together. */
  @Test
  void ofADeviceThatGotNoMarkNothingIsLeft() {
    List<String> steps;
    try (FaultyNode node = new FaultyNode()) {
      node.sync(FaultExamples.BASE);
      steps = changes(node);
    }
    List<Integer> marks =
        IntStream.range(0, steps.size())
            .filter(i -> steps.get(i).contains("alias=Optional[tweed:"))
            .boxed()
            .toList();
    assertThat(marks).isNotEmpty();
    for (int i : marks) {
      try (FaultyNode node = new FaultyNode()) {
        KernelDump before = node.dump();
        endBefore(
            i, steps, node, () -> node.sync(FaultExamples.BASE), () -> node.assertCleansUp(before));
      }
    }
  }

  @Test
  void endsAtAnyStepOfTheCleanup() {
    try (FaultyNode node = new FaultyNode()) {
      KernelDump before = node.dump();
      node.assertSettles(FaultExamples.BASE);
      endAtEachStep(
          node,
          node::cleanup,
          () -> node.assertCleansUp(before),
          () -> node.assertConverges(FaultExamples.BASE));
    }
  }

  /**
   * Once for each step.
   *
   * @param change whose steps they are
   * @param recovery what another process does, and how the kernel then has to be
   * @param back brings the node to where the change begins
   */
  private static void endAtEachStep(
      FaultyNode node, Runnable change, Runnable recovery, Runnable back) {
    node.seams.follow(Seams.Script.NONE);
    change.run();
    List<String> steps = changes(node);
    assertThat(steps).isNotEmpty();
    for (int i = 0; i < steps.size(); i++) {
      back.run();
      endBefore(i, steps, node, change, recovery);
    }
  }

  private static void endBefore(
      int number, List<String> steps, FaultyNode node, Runnable change, Runnable recovery) {
    node.seams.follow(
        step ->
            !step.reads() && step.number() == number
                ? Optional.of(new Fault.Kill())
                : Optional.empty());
    String which = "ended before step " + number + ", " + steps.get(number);
    // Run ahead of the assertion: a description given to assertThatThrownBy comes too late.
    Throwable end = catchThrowable(change::run);
    assertThat(end)
        .as("%s; the steps now: %s", which, changes(node))
        .isInstanceOf(Seams.Killed.class);
    node.restart();
    try {
      recovery.run();
    } catch (AssertionError failure) {
      throw new AssertionError(which, failure);
    }
  }

  private static List<String> changes(FaultyNode node) {
    return node.seams.changes().stream().map(Seams.Step::text).toList();
  }
}
