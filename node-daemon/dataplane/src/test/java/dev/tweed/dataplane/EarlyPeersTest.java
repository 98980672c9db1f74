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
  private static class AtPlace implements SafePoints {
    private final FaultyNode node;
    private final List<Peer> peers;
    private final int place;
    private final List<Boolean> added = new ArrayList<>();
    int seen;

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

      SyncReport report = node.sync(FaultExamples.BASE);

      // Which mends nothing that somebody did
      assertThat(report.applied()).isNotEmpty().noneMatch(Change::drift);
      assertThat(node.dump().differenceOfOurs(FaultExamples.fresh(FaultExamples.BASE))).isEmpty();
    }
  }

  @Test
  void whatOneThatComesHasInCommonWithOneThatGoesStays() {
    Example before = FaultExamples.BASE.with(Example.peer(2), Example.peer(3));
    Example after = before.with(Example.peer(2), Example.peer6(3));
    try (FaultyNode node = new FaultyNode()) {
      node.assertSettles(before);
      // Given another block of a node whose first is in the snapshot no more
      node.dataPath.begin();
      assertThat(add(node, Example.peer6(3))).isTrue();

      assertThat(node.sync(before.with(Example.peer(2))).verified()).isTrue();

      assertThat(node.dump().differenceOfOurs(FaultExamples.fresh(after))).isEmpty();
      node.assertConverges(after);
    }
  }

  @Test
  void whatTheSnapshotWantsIsDoneAlsoWhereOneThatCameWantsAnother() {
    Example before = FaultExamples.BASE.with(Example.peer(2));
    Peer elsewhere = new Peer("n5", Example.block(5), List.of(Example.ip(55)), Example.mac(5));
    try (FaultyNode node = new FaultyNode()) {
      node.assertSettles(before);
      node.dataPath.begin();
      assertThat(add(node, Example.peer6(5))).isTrue();

      SyncReport report = node.sync(before.with(Example.peer(2), elsewhere));

      assertThat(report.verified()).isTrue();
      assertThat(node.netns.sh("bridge fdb show dev tweed.1")).contains("dst 192.0.2.55");
      node.assertConverges(before.with(Example.peer(2), elsewhere, Example.peer6(5)));
    }
  }

  @Test
  void aRouteThatWouldTakeTheObjectOfOneThatCameIsNotToldToBeThere() {
    Example before = FaultExamples.BASE.with(Example.peer(2), Example.peer(3));
    Peer coming = Example.peer(4);
    try (FaultyNode node = new FaultyNode()) {
      int places = 1;
      int waited = 0;
      for (int place = 0; place < places; place++) {
        node.assertConverges(before.with(Example.peer(2)));
        node.assertConverges(before);
        // Given the id of n3's object taken by somebody, so that the one after it is the next
        node.netns.sh(
            "ip nexthop del id 1946874883; ip nexthop add id 1946874883 via 192.0.2.9 dev eth0");
        AtPlace safePoints = new AtPlace(node, List.of(coming), place);

        SyncReport report =
            node.netns.call(() -> node.dataPath.sync(before.snapshot(), safePoints));

        String routes = node.netns.sh("ip route show");
        boolean there = routes.contains("10.244.3.0/24");
        assertThat(report.peersProgrammed())
            .as("place %d, %s", place, routes)
            .isEqualTo(there ? 2 : 1);
        assertThat(there || report.again().equals(Optional.of(Duration.ZERO))).isTrue();
        waited += there ? 0 : 1;
        node.netns.sh("ip nexthop del id 1946874883");
        node.restart();
        node.assertConverges(before.with(Example.peer(2), Example.peer(3), coming));
        places = safePoints.seen;
      }
      assertThat(waited).isPositive();
    }
  }

  /** What is asked for, with those that came in it or not, some gone, and others changed. */
  private static final List<Example> VIEWS =
      List.of(
          FaultExamples.BASE,
          FaultExamples.MORE_PEERS,
          FaultExamples.FEWER_PEERS,
          FaultExamples.MOVED_PEER,
          ONE_MORE,
          FaultExamples.BASE.with(
              Example.peer(2),
              // An older claim on what the new ones have
              new Peer("n7", Example.block(5), List.of(Example.ip(7)), Example.mac(7)),
              new Peer("n8", Example.block6(8), List.of(Example.ip(5)), Example.mac(8)),
              new Peer("n9", Example.block(9), List.of(Example.ip(9)), Example.mac(5))),
          FaultExamples.OTHER_BLOCK);

  private static final List<String> DAMAGES =
      List.of(
          "true",
          "ip route del 10.244.2.0/24",
          "ip nexthop flush proto 116",
          "nft flush set inet tweed-tunnel peers-ipv4",
          "nft delete table inet tweed-tunnel",
          "bridge fdb del 02:00:00:00:00:02 dev tweed.1",
          "ip link del tweed.1");

  @Test
  void whateverIsAskedForAndDamagedMeanwhileTheNextSyncsMend() {
    try (FaultyNode node = new FaultyNode()) {
      for (String damage : DAMAGES) {
        for (int i = 0; i < VIEWS.size(); i++) {
          Example asked = VIEWS.get(i);
          Example next = VIEWS.get((i + 1) % VIEWS.size());
          // At the first place before the sync, when its snapshot is taken; then on its way
          for (int place = -1; place < 12; place += 3) {
            node.assertSettles(FaultExamples.BASE);
            node.dataPath.begin();
            int at = place;
            if (at < 0) {
              NEW.forEach(peer -> add(node, peer));
              node.netns.sh(damage + " || true");
            }
            AtPlace safePoints =
                new AtPlace(node, NEW, at) {
                  @Override
                  public void pause() {
                    boolean now = seen == at;
                    super.pause();
                    if (now) {
                      node.netns.sh(damage + " || true");
                    }
                  }
                };
            node.netns.call(() -> node.dataPath.sync(asked.snapshot(), safePoints));
            KernelDump fresh = FaultExamples.fresh(next);
            node.assertSettles(next);
            FaultyNode.within(
                () -> {
                  node.sync(next);
                  assertThat(node.dump().differenceOfOurs(fresh))
                      .as("%s at %d with %d", damage, at, VIEWS.indexOf(asked))
                      .isEmpty();
                });
          }
        }
      }
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
