package dev.tweed.agent.status;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tweed.agent.cluster.StatusApi;
import dev.tweed.agent.cluster.StatusRefusedException;
import dev.tweed.agent.cluster.SubnetRecord;
import dev.tweed.agent.finding.NodeFinding;
import dev.tweed.crds.Condition;
import dev.tweed.crds.NodeReportStatus;
import dev.tweed.crds.NodeReportStatus.ObservedSubnet;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.assertj.core.groups.Tuple;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** When what is written, in virtual time; with an API that fails, StatusFaultPropertiesTest. */
@Timeout(30)
class StatusPublisherTest {

  private static final Duration MOMENT = Duration.ofMillis(100);

  private final FlakyApi api = new FlakyApi();
  private final List<Optional<NodeFinding>> told = new ArrayList<>();
  private long now;
  private double random;

  @AutoClose
  private final StatusPublisher publisher =
      new StatusPublisher(
          api,
          new StatusMapper(Clock.systemUTC(), Optional.empty()),
          () -> now,
          () -> random,
          told::add);

  /** What its thread does with a state in so much time. */
  private void publish(NodeStatus status, List<SubnetRecord> own, Duration time) {
    publisher.publish(status, own);
    run(time);
  }

  private void run(Duration time) {
    long end = now + time.toNanos();
    long wait = publisher.step();
    while (wait <= end - now) {
      now += wait;
      wait = publisher.step();
    }
    now = end;
  }

  @Test
  void aThreadWritesWhatIsPublished() throws InterruptedException {
    publisher.start();
    publisher.publish(Statuses.ready(), List.of(Statuses.own()));

    assertThat(api.reports.poll(10, TimeUnit.SECONDS)).isNotNull();
  }

  @Test
  void writesTheReportOnce() {
    publish(Statuses.ready(), List.of(Statuses.own()), MOMENT);
    publish(Statuses.ready(), List.of(Statuses.own()), Duration.ofHours(1));

    assertThat(api.reports).hasSize(1);
  }

  @Test
  void reportsAreTenSecondsApartAndTheLastStateWins() {
    publish(Statuses.ready(Statuses.notable()), List.of(), MOMENT);
    api.reports.clear();

    // When a text changes twice in a moment
    publish(Statuses.ready(reworded("one")), List.of(), MOMENT);
    publish(Statuses.ready(reworded("two")), List.of(), MOMENT);

    // Then nothing is written until the time has come
    run(Duration.ofSeconds(9));
    assertThat(api.reports).isEmpty();
    run(Duration.ofSeconds(1));
    assertThat(api.reports)
        .singleElement()
        .satisfies(r -> assertThat(r.findings().getFirst().message()).isEqualTo("two"));
  }

  private static NodeFinding reworded(String message) {
    NodeFinding f = Statuses.notable();
    return new NodeFinding(f.reason(), f.blocking(), f.object(), message, f.remedy());
  }

  /** Of 5,000 nodes each would write, 500 times a second. */
  @Test
  void nodesThatJoinElsewhereCauseNoReport() {
    random = 1;
    publish(Statuses.withPeers(1000), List.of(), MOMENT);
    api.reports.clear();

    for (int joined = 1; joined <= 6; joined++) {
      publish(Statuses.withPeers(1000 + joined), List.of(), Duration.ofSeconds(11));
    }
    assertThat(api.reports).isEmpty();

    // What they came to is written once, when many others have written it too
    run(Duration.ofMinutes(20).minusSeconds(67));
    assertThat(api.reports).isEmpty();
    run(Duration.ofSeconds(2));
    assertThat(api.reports)
        .singleElement()
        .satisfies(r -> assertThat(r.dataPath().peersProgrammed()).isEqualTo(1006));
    run(Duration.ofHours(1));
    assertThat(api.reports).hasSize(1);
  }

  @Test
  void figuresComeWithOtherNews() {
    publish(Statuses.withPeers(1000), List.of(), MOMENT);
    publish(Statuses.withPeers(1001), List.of(), MOMENT);
    api.reports.clear();

    publish(Statuses.withPeers(1001), List.of(Statuses.own()), MOMENT);

    assertThat(api.reports.remove().dataPath().peersExpected()).isEqualTo(1001);
    run(Duration.ofHours(1));
    assertThat(api.reports).isEmpty();
  }

  @Test
  void aLargeClusterThatNeverRestsCostsSixReportsAnHour() {
    publish(Statuses.withPeers(1000), List.of(), MOMENT);
    api.reports.clear();

    for (int seconds = 0; seconds < 3600; seconds += 10) {
      publish(Statuses.withPeers(1000 + seconds), List.of(), Duration.ofSeconds(10));
    }

    assertThat(api.reports.size()).isBetween(5, 6);
  }

  @Test
  void aClusterOfFewNodesThatStartTogetherIsToldItsPeersInTenSeconds() {
    random = 1;
    publish(Statuses.withPeers(0), List.of(), MOMENT);
    api.reports.clear();

    publish(Statuses.withPeers(2), List.of(), Duration.ofSeconds(11));

    assertThat(api.reports)
        .singleElement()
        .satisfies(r -> assertThat(r.dataPath().peersProgrammed()).isEqualTo(2));
  }

  @Test
  void aConditionThatFlipsIsWrittenAtOnceAndAgainSoon() {
    publish(Statuses.ready(), List.of(), MOMENT);

    // When nobody answers any more
    publish(Statuses.probed(Statuses.nobodyAnswers()), List.of(), MOMENT);
    assertThat(api.reports).hasSize(2);

    // And somebody does a moment later
    publish(Statuses.ready(), List.of(), MOMENT);
    assertThat(api.reports).hasSize(2);

    // Then that is written two seconds later, well before the interval between two reports
    run(Duration.ofSeconds(2));
    assertThat(api.reports).hasSize(3);
  }

  @Test
  void whatIsFoundIsWrittenAtOnceToo() {
    publish(Statuses.ready(), List.of(), MOMENT);

    publish(Statuses.ready(Statuses.notable()), List.of(), MOMENT);

    assertThat(api.reports).hasSize(2);
  }

  @Test
  void aReportThatIsAboutOtherBlocksIsWrittenAtOnce() {
    publish(Statuses.ready(), List.of(), MOMENT);
    api.reports.clear();

    publish(Statuses.ready(), List.of(Statuses.own("uid", 1)), MOMENT);
    assertThat(api.reports.remove().nodeSubnets())
        .containsExactly(new ObservedSubnet("10-244-1-0-24", "uid", 1L));

    run(Duration.ofSeconds(2));
    publish(Statuses.ready(), List.of(Statuses.own("uid", 2)), MOMENT);
    assertThat(api.reports.remove().nodeSubnets())
        .containsExactly(new ObservedSubnet("10-244-1-0-24", "uid", 2L));
  }

  @Test
  void aReportThatIsMadeWithANodesBlocksIsWrittenAtOnce() {
    // Given a node that waited for an operator for long
    api.missing.set(8);
    publish(Statuses.ready(), List.of(), Duration.ofMinutes(2));
    assertThat(api.reports).isEmpty();

    publish(Statuses.ready(), List.of(Statuses.own()), MOMENT);

    assertThat(api.reports).hasSize(1);
  }

  @Test
  void theFirstReportWaitsForTheFirewallAMoment() {
    publish(Statuses.idle(), List.of(Statuses.own()), MOMENT);
    assertThat(api.reports).isEmpty();

    publish(Statuses.idleWithFirewall(), List.of(Statuses.own()), MOMENT);

    assertThat(api.reports.element().firewall().manager()).isEqualTo("ufw");
  }

  @Test
  void soItDoesAfterAStartThatTookLong() {
    run(Duration.ofSeconds(20));
    publish(Statuses.idle(), List.of(Statuses.own()), MOMENT);

    assertThat(api.reports).isEmpty();
  }

  @Test
  void butNotForEver() {
    publish(Statuses.idle(), List.of(), Duration.ofSeconds(3));

    assertThat(api.reports).hasSize(1);
  }

  @Test
  void aReportThatIsNotThereYetIsWrittenSoonAfterItWasMade() {
    // Given an operator that has not made the report
    api.missing.set(2);

    // Then it is written well before the interval between two reports
    publish(Statuses.ready(), List.of(), Duration.ofSeconds(4));
    assertThat(api.reports).hasSize(1);
  }

  @Test
  void aRestartedDaemonWritesNoReportThatSaysTheSame() {
    // Given the report of the process before
    api.present =
        new StatusMapper(Clock.systemUTC(), Optional.empty())
            .reportStatus(Statuses.ready(), List.of(Statuses.own()), Optional.empty());

    publish(Statuses.ready(), List.of(Statuses.own()), Duration.ofMinutes(1));

    assertThat(api.reports).isEmpty();
  }

  @Test
  void aRefusedReportIsTold() {
    api.refused = true;
    publisher.publish(Statuses.ready(), List.of(Statuses.own()));

    for (int i = 0; i < 4; i++) {
      // The server says when it wants to be asked again; not for ever.
      assertThat(Duration.ofNanos(publisher.step())).isGreaterThanOrEqualTo(Duration.ofSeconds(7));
    }

    assertThat(told).hasSize(1);
    assertThat(told.getFirst().orElseThrow().message()).contains("NodeReport/n1: 403 forbidden");

    // When it is taken
    api.refused = false;
    publisher.step();

    assertThat(api.reports).hasSize(1);
    assertThat(told.getLast()).isEmpty();
  }

  @Test
  void whatSomebodyElseWroteOverIsWrittenAgain() {
    // Given a report that was written, and that somebody has changed since
    publish(Statuses.ready(), List.of(), Duration.ofSeconds(11));
    NodeReportStatus written = api.reports.remove();
    api.present = Optional.of(unknown(written));

    publisher.look();
    run(MOMENT);

    assertThat(api.reports.remove().conditions())
        .extracting(Condition::type, Condition::status, Condition::reason)
        .isEqualTo(
            written.conditions().stream()
                .map(c -> Tuple.tuple(c.type(), c.status(), c.reason()))
                .toList());
  }

  @Test
  void aLookThatFailedComesWithTheNextTry() {
    publish(Statuses.ready(), List.of(), Duration.ofSeconds(11));
    api.present = Optional.of(unknown(api.reports.remove()));

    // When the API server does not answer just then
    api.silentLooks.set(1);
    publisher.look();
    run(Duration.ofSeconds(3));

    assertThat(api.reports).hasSize(1);
  }

  @Test
  void aReportThatWasOnlyTouchedIsNot() {
    publish(Statuses.ready(), List.of(), Duration.ofSeconds(11));
    api.present = Optional.of(api.reports.remove());

    publisher.look();
    run(Duration.ofMinutes(1));

    assertThat(api.reports).isEmpty();
  }

  @Test
  void whatFailedIsTriedAgainAsSoonAsTheServerIsKnownToAnswer() throws InterruptedException {
    // Given a write that is refused, and so to be tried again a while later
    api.refused = true;
    publisher.start();
    publisher.publish(Statuses.ready(), List.of(Statuses.own()));
    await().until(() -> api.refusals.get() > 0);
    api.refused = false;

    publisher.look();

    assertThat(api.reports.poll(10, TimeUnit.SECONDS)).isNotNull();
  }

  private static NodeReportStatus unknown(NodeReportStatus r) {
    return new NodeReportStatus(
        r.conditions().stream()
            .map(
                c ->
                    new Condition(
                        c.type(), "Unknown", "DaemonSilent", "", c.lastTransitionTime(), null))
            .toList(),
        r.podNetwork(),
        r.blocks(),
        r.nodeSubnets(),
        r.versions(),
        r.dataPath(),
        r.reachability(),
        r.firewall(),
        r.policies(),
        r.findings(),
        r.repairs(),
        r.sysctls(),
        null,
        null,
        null);
  }

  private static final class FlakyApi implements StatusApi {
    volatile boolean refused;
    final AtomicInteger missing = new AtomicInteger();
    final AtomicInteger silentLooks = new AtomicInteger();
    final AtomicInteger refusals = new AtomicInteger();
    final BlockingQueue<NodeReportStatus> reports = new LinkedBlockingQueue<>();
    volatile Optional<NodeReportStatus> present = Optional.empty();

    @Override
    public boolean applyReportStatus(NodeReportStatus status) {
      if (refused) {
        refusals.incrementAndGet();
        throw new StatusRefusedException("NodeReport/n1", "403 forbidden", Duration.ofSeconds(7));
      }
      return missing.getAndUpdate(n -> Math.max(0, n - 1)) == 0 && reports.add(status);
    }

    @Override
    public Optional<NodeReportStatus> report() {
      return present;
    }

    @Override
    public boolean reportWasWritten() {
      if (silentLooks.getAndUpdate(n -> Math.max(0, n - 1)) > 0) {
        throw new UncheckedIOException(new IOException("no answer"));
      }
      return true;
    }
  }
}
