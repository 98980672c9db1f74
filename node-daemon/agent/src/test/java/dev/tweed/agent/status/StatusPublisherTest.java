package dev.tweed.agent.status;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tweed.agent.cluster.StatusApi;
import dev.tweed.agent.cluster.StatusRefusedException;
import dev.tweed.agent.cluster.SubnetRecord;
import dev.tweed.agent.finding.NodeFinding;
import dev.tweed.agent.probe.Reachability;
import dev.tweed.agent.probe.Reachability.Proof;
import dev.tweed.crds.Condition;
import dev.tweed.crds.NodeReportStatus;
import dev.tweed.crds.NodeSubnetStatus;
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

  @AutoClose
  private final StatusPublisher publisher =
      new StatusPublisher(api, new StatusMapper(Clock.systemUTC()), () -> now, () -> 0, told::add);

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

    assertThat(api.subnets.poll(10, TimeUnit.SECONDS)).isNotNull();
    assertThat(api.reports.poll(10, TimeUnit.SECONDS)).isNotNull();
  }

  @Test
  void writesSubnetAndReportOnce() {
    publish(Statuses.ready(), List.of(Statuses.own()), MOMENT);
    publish(Statuses.ready(), List.of(Statuses.own()), Duration.ofHours(1));

    assertThat(api.subnets).hasSize(1);
    assertThat(api.reports).hasSize(1);
  }

  @Test
  void reportsAreTenSecondsApartAndTheLastStateWins() {
    publish(Statuses.ready(), List.of(), MOMENT);
    api.reports.clear();

    // When figures change twice in a moment
    publish(probed(1), List.of(), MOMENT);
    publish(probed(2), List.of(), MOMENT);

    // Then nothing is written until the time has come
    run(Duration.ofSeconds(9));
    assertThat(api.reports).isEmpty();
    run(Duration.ofSeconds(1));
    assertThat(api.reports)
        .singleElement()
        .satisfies(report -> assertThat(report.reachability().answered()).isEqualTo(1));
  }

  /** One of three peers does not answer, or two. */
  private static NodeStatus probed(int silent) {
    return Statuses.probed(new Reachability(Proof.PROBES, 3, 3 - silent, List.of()));
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
  void aBlockOfANodeThatFlapsIsWrittenAsSeldom() {
    List<SubnetRecord> own = List.of(Statuses.own("a"), Statuses.own("b"));
    publish(Statuses.ready(), own, MOMENT);
    assertThat(readyOfBlocks()).containsExactly("True", "True");

    // When it is not ready, all its blocks say so at once
    publish(Statuses.failed(Statuses.blocking()), own, MOMENT);
    assertThat(readyOfBlocks()).containsExactly("False", "False");

    // But not that it is again, until two seconds have passed
    publish(Statuses.ready(), own, MOMENT);
    assertThat(readyOfBlocks()).isEmpty();
    run(Duration.ofSeconds(2));
    assertThat(readyOfBlocks()).containsExactly("True", "True");
  }

  @Test
  void aBlockThatIsWatchedToSaySomethingElseIsWrittenAgain() {
    publish(Statuses.failed(Statuses.blocking()), List.of(Statuses.own()), MOMENT);
    NodeSubnetStatus old = api.subnets.remove();
    publish(Statuses.ready(), List.of(Statuses.own("uid", Optional.of(old))), MOMENT);
    NodeSubnetStatus last = api.subnets.remove();

    // When the watch lags behind, and catches up
    publish(
        Statuses.ready(Statuses.notable()),
        List.of(Statuses.own("uid", Optional.of(old))),
        Duration.ofSeconds(10));
    publish(
        Statuses.ready(), List.of(Statuses.own("uid", Optional.of(last))), Duration.ofSeconds(10));
    assertThat(api.subnets).isEmpty();

    // And the API server's etcd is restored
    publish(Statuses.ready(), List.of(Statuses.own("uid", Optional.of(old))), MOMENT);

    assertThat(readyOfBlocks()).containsExactly("True");
  }

  /** As written since the last call. */
  private List<String> readyOfBlocks() {
    List<NodeSubnetStatus> written = new ArrayList<>();
    api.subnets.drainTo(written);
    return written.stream().map(s -> s.conditions().getFirst().status()).toList();
  }

  @Test
  void theFirstReportAndWordOfABlockWaitForTheFirewallAMoment() {
    publish(Statuses.idle(), List.of(Statuses.own()), MOMENT);
    assertThat(api.reports).isEmpty();
    assertThat(api.subnets).isEmpty();

    publish(Statuses.idleWithFirewall(), List.of(Statuses.own()), MOMENT);

    assertThat(api.reports.element().firewall().manager()).isEqualTo("ufw");
    assertThat(api.subnets).hasSize(1);
  }

  @Test
  void soTheyDoAfterAStartThatTookLong() {
    run(Duration.ofSeconds(20));
    publish(Statuses.idle(), List.of(Statuses.own()), MOMENT);

    assertThat(api.subnets).isEmpty();
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
        new StatusMapper(Clock.systemUTC()).reportStatus(Statuses.ready(), Optional.empty());

    publish(Statuses.ready(), List.of(Statuses.own()), Duration.ofMinutes(1));

    assertThat(api.subnets).hasSize(1);
    assertThat(api.reports).isEmpty();
  }

  @Test
  void aRefusedBlockKeepsNoReportFromBeingWrittenAndIsTold() {
    api.refused = true;
    publisher.publish(Statuses.ready(), List.of(Statuses.own()));

    for (int i = 0; i < 4; i++) {
      // The server says when it wants to be asked again; not for ever.
      assertThat(Duration.ofNanos(publisher.step())).isGreaterThanOrEqualTo(Duration.ofSeconds(7));
    }

    assertThat(api.reports).hasSize(1);
    assertThat(told).hasSize(1);
    assertThat(told.getFirst().orElseThrow().message())
        .contains("NodeSubnet/10-244-1-0-24: 403 forbidden");

    // When it is taken
    api.refused = false;
    publisher.step();

    assertThat(api.subnets).hasSize(1);
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
    await().until(() -> !api.reports.isEmpty());
    api.refused = false;

    publisher.look();

    assertThat(api.subnets.poll(10, TimeUnit.SECONDS)).isNotNull();
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
        r.versions(),
        r.dataPath(),
        r.reachability(),
        r.firewall(),
        r.policies(),
        r.findings(),
        r.repairs(),
        r.sysctls());
  }

  private static final class FlakyApi implements StatusApi {
    volatile boolean refused;
    final AtomicInteger missing = new AtomicInteger();
    final AtomicInteger silentLooks = new AtomicInteger();
    final BlockingQueue<NodeSubnetStatus> subnets = new LinkedBlockingQueue<>();
    final BlockingQueue<NodeReportStatus> reports = new LinkedBlockingQueue<>();
    volatile Optional<NodeReportStatus> present = Optional.empty();

    @Override
    public boolean applySubnetStatus(String name, NodeSubnetStatus status) {
      if (refused) {
        throw new StatusRefusedException(
            "NodeSubnet/" + name, "403 forbidden", Duration.ofSeconds(7));
      }
      return subnets.add(status);
    }

    @Override
    public boolean applyReportStatus(NodeReportStatus status) {
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
