package dev.tweed.dataplane;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.tweed.dataplane.Seams.Fault;
import dev.tweed.netlink.Errno;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Peers that come are brought into the kernel ahead of a sync, whatever fails on the way. */
@Tag("kernel")
class EarlyPeersTest {
  private static final List<Peer> NEW = List.of(Example.peer(5), Example.peer6(5));

  private static boolean add(FaultyNode node, Peer peer) {
    return node.netns.call(() -> node.dataPath.add(peer));
  }

  @Test
  void theyAreThereAtOnceAndTheNextSyncHasNothingToDo() {
    try (FaultyNode node = new FaultyNode()) {
      node.assertSettles(FaultExamples.BASE);
      AtomicInteger news = new AtomicInteger();
      try (DataPathMonitor monitor =
          node.netns.call(() -> node.dataPath.monitor(news::incrementAndGet))) {
        node.sync(FaultExamples.BASE);
        news.set(0);

        assertThat(NEW).allMatch(peer -> add(node, peer));

        assertThat(node.dump().differenceOfOurs(FaultExamples.fresh(FaultExamples.MORE_PEERS)))
            .isEmpty();
        // Each once, however often they are told
        node.seams.follow(Seams.Script.NONE);
        assertThat(NEW).allMatch(peer -> add(node, peer));
        assertThat(node.seams.steps()).isEmpty();

        SyncReport report = node.sync(FaultExamples.MORE_PEERS);
        assertThat(report.verified()).isTrue();
        assertThat(report.peersProgrammed()).isEqualTo(FaultExamples.MORE_PEERS.peers().size());
        // It tells what was done, and that nothing of it was mended
        assertThat(report.applied())
            .isNotEmpty()
            .allMatch(change -> change.action() == Change.Action.ADDED && !change.drift());
        assertThat(node.seams.changes()).isEmpty();
        assertThat(node.sync(FaultExamples.MORE_PEERS).applied()).isEmpty();
        assertThat(news).hasValue(0);
      }
    }
  }

  @Test
  void theyAreLetInBeforeAnythingIsSentToThem() {
    try (FaultyNode node = new FaultyNode()) {
      node.assertSettles(FaultExamples.BASE);
      node.seams.follow(Seams.Script.NONE);
      add(node, NEW.getFirst());

      // The filter's element comes first, in a transaction; then one batch of the other steps
      assertThat(node.seams.changes().getFirst().text()).contains("tweed-tunnel");
      assertThat(node.seams.changes()).hasSizeLessThanOrEqualTo(5);
    }
  }

  private static final Example ONE_MORE =
      FaultExamples.BASE.with(
          FaultExamples.MORE_PEERS.peers().subList(0, FaultExamples.BASE.peers().size() + 1));

  /** Adds peers at one of the places where a sync lets them. */
  private static final class AtPlace implements SafePoints {
    private final FaultyNode node;
    private final List<Peer> peers;
    private final int place;
    private final List<Boolean> added = new ArrayList<>();
    private int seen;

    AtPlace(FaultyNode node, List<Peer> peers, int place) {
      this.node = node;
      this.peers = peers;
      this.place = place;
    }

    @Override
    public void pause() {
      if (seen++ == place) {
        peers.forEach(peer -> added.add(node.dataPath.add(peer)));
      }
    }

    @Override
    public <T> T during(Supplier<T> computation) {
      pause();
      T result = computation.get();
      pause();
      return result;
    }
  }

  @Test
  void theyMayComeAnywhereInASync() {
    try (FaultyNode node = new FaultyNode()) {
      node.assertSettles(FaultExamples.BASE);
      AtomicInteger news = new AtomicInteger();
      try (DataPathMonitor monitor =
          node.netns.call(() -> node.dataPath.monitor(news::incrementAndGet))) {
        int places = 1;
        for (int place = 0; place < places; place++) {
          node.assertConverges(FaultExamples.BASE);
          news.set(0);
          node.seams.follow(Seams.Script.NONE);
          AtPlace safePoints = new AtPlace(node, NEW.subList(1, 2), place);
          // Given one ahead of a sync, and one while that works
          assertThat(add(node, NEW.getFirst())).isTrue();

          SyncReport report =
              node.netns.call(() -> node.dataPath.sync(ONE_MORE.snapshot(), safePoints));

          // It is there, and the sync has neither seen it nor taken anything from it
          assertThat(safePoints.added).as("place %d", place).containsExactly(true);
          assertThat(report.verified()).isTrue();
          assertThat(report.applied())
              .isNotEmpty()
              .allMatch(change -> change.action() == Change.Action.ADDED && !change.drift());
          assertThat(report.again()).isNotEqualTo(Optional.of(Duration.ZERO));
          assertThat(node.seams.changes()).noneMatch(step -> step.text().contains("Delete"));
          assertThat(node.dump().differenceOfOurs(FaultExamples.fresh(FaultExamples.MORE_PEERS)))
              .as("place %d", place)
              .isEmpty();
          // So has the next
          node.seams.follow(Seams.Script.NONE);
          assertThat(node.sync(FaultExamples.MORE_PEERS).verified()).isTrue();
          assertThat(node.seams.changes()).isEmpty();
          assertThat(news).hasValue(0);
          places = safePoints.seen;
        }
        assertThat(places).isGreaterThan(8);
      }
    }
  }

  @Test
  void whatASyncMendsMeanwhileIsMendedForAll() {
    try (FaultyNode node = new FaultyNode()) {
      int places = 1;
      for (int place = 0; place < places; place++) {
        node.assertConverges(FaultExamples.BASE);
        node.netns.sh("ip route del 10.244.2.0/24; bridge fdb del 02:00:00:00:00:03 dev tweed.1");
        AtPlace safePoints = new AtPlace(node, NEW, place);

        SyncReport report =
            node.netns.call(() -> node.dataPath.sync(FaultExamples.BASE.snapshot(), safePoints));

        assertThat(report.verified()).isTrue();
        node.assertConverges(FaultExamples.MORE_PEERS);
        places = safePoints.seen;
      }
    }
  }

  @Test
  void oneThatIsGoneBeforeTheSnapshotGoes() {
    try (FaultyNode node = new FaultyNode()) {
      node.assertSettles(FaultExamples.BASE);
      assertThat(NEW).allMatch(peer -> add(node, peer));

      node.sync(FaultExamples.BASE);

      assertThat(node.dump().differenceOfOurs(FaultExamples.fresh(FaultExamples.BASE))).isEmpty();
    }
  }

  @Test
  void aStepThatIsRefusedIsMendedByTheSync() {
    eachStep(
        number ->
            new Fault.Refuse(List.of(Errno.ENOMEM, Errno.EPERM, Errno.EINVAL).get(number % 3)));
  }

  @Test
  void anExchangeThatBreaksOffIsMendedByTheSync() {
    eachStep(number -> new Fault.BreakOff(number % 2 == 0));
    eachStep(number -> new Fault.BreakOff(number % 2 == 1));
  }

  @Test
  void aProcessThatEndsOnTheWayIsFollowedByOneThatGoesOn() {
    eachStep(number -> new Fault.Kill());
  }

  private interface Faults {
    Fault at(int number);
  }

  /** With one fault at each of the steps of a peer that comes. */
  private static void eachStep(Faults faults) {
    try (FaultyNode node = new FaultyNode()) {
      node.assertSettles(FaultExamples.BASE);
      node.seams.follow(Seams.Script.NONE);
      assertThat(add(node, NEW.getFirst())).isTrue();
      List<Seams.Step> steps = new ArrayList<>(node.seams.changes());
      assertThat(steps).hasSizeGreaterThanOrEqualTo(4);
      for (int i = 0; i < steps.size(); i++) {
        node.assertConverges(FaultExamples.BASE);
        int number = i;
        node.seams.follow(
            step ->
                !step.reads() && step.text().equals(steps.get(number).text())
                    ? Optional.of(faults.at(number))
                    : Optional.empty());
        boolean[] added = new boolean[1];
        if (catchThrowable(() -> added[0] = add(node, NEW.getFirst())) instanceof Seams.Killed) {
          node.restart();
        }
        assertThat(added[0]).as("step %d, %s", i, steps.get(i)).isFalse();
        node.seams.follow(Seams.Script.NONE);
        // No other is tried before a sync has looked
        assertThat(add(node, NEW.getLast())).isFalse();
        node.assertConverges(FaultExamples.MORE_PEERS);
      }
    }
  }
}
