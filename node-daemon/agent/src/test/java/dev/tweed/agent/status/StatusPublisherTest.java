package dev.tweed.agent.status;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tweed.agent.cluster.StatusApi;
import dev.tweed.agent.cluster.SubnetRecord;
import dev.tweed.agent.probe.Reachability;
import dev.tweed.agent.probe.Reachability.Proof;
import dev.tweed.crds.Condition;
import dev.tweed.crds.NodeReportStatus;
import dev.tweed.crds.NodeSubnetStatus;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.assertj.core.groups.Tuple;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** With an API that can be away, which the real one cannot be made to be for one kind of write. */
@Timeout(30)
class StatusPublisherTest {

  private final FlakyApi api = new FlakyApi();
  private final AtomicLong ahead = new AtomicLong();

  @AutoClose
  private final StatusPublisher publisher =
      new StatusPublisher(
          api, new StatusMapper(Clock.systemUTC()), () -> System.nanoTime() + ahead.get(), () -> 0);

  @Test
  void writesSubnetAndReportOnce() throws InterruptedException {
    publisher.start();
    publisher.publish(Statuses.ready(), List.of(own()));

    assertThat(api.subnets.poll(10, TimeUnit.SECONDS)).isNotNull();
    assertThat(api.reports.poll(10, TimeUnit.SECONDS)).isNotNull();

    // When the same is said again
    publisher.publish(Statuses.ready(), List.of(own()));

    assertThat(api.subnets.poll(300, TimeUnit.MILLISECONDS)).isNull();
    assertThat(api.reports).isEmpty();
  }

  @Test
  void reportsAreTenSecondsApartAndTheLastStateWins() throws InterruptedException {
    publisher.start();
    publisher.publish(Statuses.ready(), List.of());
    api.reports.take();

    // When figures change twice in a moment
    publisher.publish(Statuses.probed(new Reachability(Proof.PROBES, 1, 1, List.of())), List.of());
    publisher.publish(Statuses.probed(new Reachability(Proof.PROBES, 2, 1, List.of())), List.of());

    // Then nothing is written until the time has come
    assertThat(api.reports.poll(500, TimeUnit.MILLISECONDS)).isNull();
    ahead.set(TimeUnit.SECONDS.toNanos(11));
    publisher.publish(Statuses.failed(Statuses.blocking(), Statuses.notable()), List.of());

    assertThat(api.reports.take().conditions().getFirst().reason()).isEqualTo("ModuleMissing");
    assertThat(api.reports).isEmpty();
  }

  @Test
  void aConditionThatFlipsIsWrittenAtOnceAndAgainSoon() throws InterruptedException {
    publisher.start();
    publisher.publish(Statuses.ready(), List.of());
    api.reports.take();

    // When nobody answers any more
    publisher.publish(Statuses.probed(Statuses.nobodyAnswers()), List.of());
    assertThat(api.reports.poll(5, TimeUnit.SECONDS)).isNotNull();

    // And somebody does a moment later
    publisher.publish(Statuses.ready(), List.of());
    assertThat(api.reports.poll(500, TimeUnit.MILLISECONDS)).isNull();

    // Then that is written two seconds later, well before the interval between two reports
    ahead.set(TimeUnit.SECONDS.toNanos(2));
    publisher.publish(Statuses.ready(Statuses.notable()), List.of());
    assertThat(api.reports.poll(5, TimeUnit.SECONDS)).isNotNull();
  }

  @Test
  void whatIsFoundIsWrittenAtOnceToo() throws InterruptedException {
    publisher.start();
    publisher.publish(Statuses.ready(), List.of());
    api.reports.take();

    publisher.publish(Statuses.ready(Statuses.notable()), List.of());

    assertThat(api.reports.poll(5, TimeUnit.SECONDS)).isNotNull();
  }

  @Test
  void aBlockOfANodeThatFlapsIsWrittenAsSeldom() throws InterruptedException {
    NodeStatus failed = Statuses.failed(Statuses.blocking());
    try (StatusPublisher stopped =
        new StatusPublisher(api, new StatusMapper(Clock.systemUTC()), ahead::get, () -> 0)) {
      stopped.start();
      stopped.publish(Statuses.ready(), List.of(own("a"), own("b")));
      assertThat(List.of(api.subnets.take(), api.subnets.take()))
          .allMatch(s -> s.conditions().getFirst().status().equals("True"));

      // When it is not ready, all its blocks say so at once
      stopped.publish(failed, List.of(own("a"), own("b")));
      assertThat(List.of(api.subnets.take(), api.subnets.take()))
          .allMatch(s -> s.conditions().getFirst().status().equals("False"));

      // But not that it is again, until two seconds have passed
      stopped.publish(Statuses.ready(), List.of(own("a"), own("b")));
      assertThat(api.subnets.poll(300, TimeUnit.MILLISECONDS)).isNull();
      ahead.set(TimeUnit.SECONDS.toNanos(2));
      assertThat(List.of(api.subnets.take(), api.subnets.take()))
          .allMatch(s -> s.conditions().getFirst().status().equals("True"));
    }
  }

  @Test
  void theFirstReportWaitsForTheFirewallAMoment() throws InterruptedException {
    publisher.start();
    publisher.publish(Statuses.idle(), List.of());
    assertThat(api.reports.poll(500, TimeUnit.MILLISECONDS)).isNull();

    publisher.publish(Statuses.idleWithFirewall(), List.of());

    assertThat(api.reports.take().firewall().manager()).isEqualTo("ufw");
  }

  @Test
  void soDoesTheFirstWordOfABlock() throws InterruptedException {
    NodeStatus status = Statuses.idle();
    publisher.start();
    publisher.publish(status, List.of(own()));
    assertThat(api.subnets.poll(500, TimeUnit.MILLISECONDS)).isNull();

    publisher.publish(Statuses.idleWithFirewall(), List.of(own()));

    assertThat(api.subnets.poll(2, TimeUnit.SECONDS)).isNotNull();
  }

  @Test
  void soItDoesAfterAStartThatTookLong() throws InterruptedException {
    publisher.start();
    ahead.set(TimeUnit.SECONDS.toNanos(20));
    publisher.publish(Statuses.idle(), List.of(own()));

    assertThat(api.subnets.poll(500, TimeUnit.MILLISECONDS)).isNull();
  }

  @Test
  void butNotForEver() throws InterruptedException {
    publisher.start();
    publisher.publish(Statuses.idle(), List.of());

    assertThat(api.reports.poll(8, TimeUnit.SECONDS)).isNotNull();
  }

  @Test
  void whatFailsIsTriedAgainUntilItWorks() throws InterruptedException {
    api.failures.set(2);
    publisher.start();

    publisher.publish(Statuses.ready(), List.of(own()));

    assertThat(api.subnets.poll(20, TimeUnit.SECONDS)).isNotNull();
  }

  @Test
  void aReportThatIsNotThereYetIsWrittenSoonAfterItWasMade() throws InterruptedException {
    // Given an operator that has not made the report
    api.missing.set(2);
    publisher.start();

    publisher.publish(Statuses.ready(), List.of());

    // Then it is written well before the interval between two reports
    assertThat(api.reports.poll(8, TimeUnit.SECONDS)).isNotNull();
  }

  @Test
  void aRestartedDaemonWritesNoReportThatSaysTheSame() throws InterruptedException {
    // Given the report of the process before
    api.present =
        new StatusMapper(Clock.systemUTC()).reportStatus(Statuses.ready(), Optional.empty());

    publisher.start();
    publisher.publish(Statuses.ready(), List.of(own()));
    api.subnets.take();

    assertThat(api.reports.poll(500, TimeUnit.MILLISECONDS)).isNull();
  }

  @Test
  void whatSomebodyElseWroteOverIsWrittenAgain() throws InterruptedException {
    // Given a report that was written, and that somebody has changed since
    publisher.start();
    publisher.publish(Statuses.ready(), List.of());
    NodeReportStatus written = api.reports.take();
    api.present = Optional.of(unknown(written));
    api.version = Optional.of("2");

    publisher.look();

    NodeReportStatus again = api.reports.poll(10, TimeUnit.SECONDS);
    assertThat(again.conditions())
        .extracting(Condition::type, Condition::status, Condition::reason)
        .isEqualTo(
            written.conditions().stream()
                .map(c -> Tuple.tuple(c.type(), c.status(), c.reason()))
                .toList());
  }

  @Test
  void aReportThatWasOnlyTouchedIsNot() throws InterruptedException {
    publisher.start();
    publisher.publish(Statuses.ready(), List.of());
    api.present = Optional.of(api.reports.take());
    api.version = Optional.of("2");
    ahead.set(TimeUnit.SECONDS.toNanos(11));

    publisher.look();

    assertThat(api.reports.poll(500, TimeUnit.MILLISECONDS)).isNull();
  }

  @Test
  void whatFailedIsTriedAgainAsSoonAsTheServerIsKnownToAnswer() throws InterruptedException {
    // Given writes that failed so often that the next is a while off
    api.failures.set(6);
    publisher.start();
    publisher.publish(Statuses.ready(), List.of(own()));
    for (int i = 0; i < 6; i++) {
      int left = 5 - i;
      await().until(() -> api.failures.get() <= left);
      publisher.look();
    }

    // Then each look is a try, long before the 1 + 2 + 4 + 8 + 16 + 30 s of the back-off
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

  private static SubnetRecord own() {
    return own("uid");
  }

  private static SubnetRecord own(String uid) {
    return new SubnetRecord(
        "10-244-1-0-24",
        "2026-01-01T00:00:00Z",
        "default",
        "n1",
        new SubnetRecord.Block.Invalid("not looked at"),
        Map.of(),
        Optional.of(new SubnetRecord.OwnSubnet(uid, 1, Optional.empty())));
  }

  private static final class FlakyApi implements StatusApi {
    final AtomicInteger failures = new AtomicInteger();
    final AtomicInteger missing = new AtomicInteger();
    final BlockingQueue<NodeSubnetStatus> subnets = new LinkedBlockingQueue<>();
    final BlockingQueue<NodeReportStatus> reports = new LinkedBlockingQueue<>();
    volatile Optional<NodeReportStatus> present = Optional.empty();
    volatile Optional<String> version = Optional.empty();

    @Override
    public boolean applySubnetStatus(String name, NodeSubnetStatus status) {
      fail();
      return subnets.add(status);
    }

    @Override
    public boolean applyReportStatus(NodeReportStatus status) {
      fail();
      return missing.getAndUpdate(n -> Math.max(0, n - 1)) == 0 && reports.add(status);
    }

    @Override
    public Optional<NodeReportStatus> report() {
      return present;
    }

    @Override
    public Optional<String> reportVersion() {
      fail();
      return version;
    }

    private void fail() {
      if (failures.getAndUpdate(n -> Math.max(0, n - 1)) > 0) {
        throw new IllegalStateException("the API server is away");
      }
    }
  }
}
