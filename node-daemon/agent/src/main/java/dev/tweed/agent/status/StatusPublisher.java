package dev.tweed.agent.status;

import dev.tweed.agent.cluster.StatusApi;
import dev.tweed.agent.cluster.StatusRefusedException;
import dev.tweed.agent.cluster.SubnetRecord;
import dev.tweed.agent.finding.AgentReason;
import dev.tweed.agent.finding.NodeFinding;
import dev.tweed.agent.loop.Backoff;
import dev.tweed.agent.status.StatusMapper.Urgency;
import dev.tweed.crds.NodeReportStatus;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.DoubleSupplier;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings the node's state to its NodeReport, in a thread of its own: the API server may be away or
 * slow, the data path does not wait for it. Only the latest state counts; what came between is
 * never written.
 */
public final class StatusPublisher implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(StatusPublisher.class);

  private static final Duration FIRST_RETRY = Duration.ofSeconds(1);
  private static final Duration LAST_RETRY = Duration.ofSeconds(30);

  /** Refusals in a row before they are worth telling; with the back-off some 7 s. */
  private static final int TOLD = 4;

  private record Latest(NodeStatus status, List<SubnetRecord> own) {}

  private final StatusApi api;
  private final StatusMapper mapper;
  private final LongSupplier nanoTime;
  private final Consumer<Optional<NodeFinding>> tell;
  private final Backoff backoff;
  private final Thread thread;
  private final Object lock = new Object();
  private Optional<Latest> latest = Optional.empty();
  private boolean fresh;
  private boolean look;
  private boolean closed;

  // Of the thread only.
  private final ReportPacer pacer;
  private Optional<NodeReportStatus> writtenReport = Optional.empty();
  private boolean reportRead;
  private boolean lookDue;
  private int failures;
  private int refusals;
  private boolean told;
  private int missingReports;
  private List<SubnetRecord> missedFor = List.of();

  /**
   * @param nanoTime monotonic clock, nanoseconds
   * @param random source of jitter, 0 to 1
   * @param tell receives that the API server refuses, and its end
   */
  public StatusPublisher(
      StatusApi api,
      StatusMapper mapper,
      LongSupplier nanoTime,
      DoubleSupplier random,
      Consumer<Optional<NodeFinding>> tell) {
    this.api = api;
    this.mapper = mapper;
    this.nanoTime = nanoTime;
    this.tell = tell;
    this.backoff = new Backoff(FIRST_RETRY, LAST_RETRY, random);
    this.pacer = new ReportPacer(random, nanoTime.getAsLong());
    this.thread = Thread.ofPlatform().name("status").daemon().unstarted(this::loop);
  }

  /** Starts the thread. */
  public void start() {
    thread.start();
  }

  /** Has the state written soon; returns at once. */
  public void publish(NodeStatus status, List<SubnetRecord> own) {
    Latest next = new Latest(status, List.copyOf(own));
    synchronized (lock) {
      if (!latest.equals(Optional.of(next))) {
        latest = Optional.of(next);
        fresh = true;
        lock.notifyAll();
      }
    }
  }

  /**
   * Has the stored report looked at soon, since somebody else may have written it, and the state
   * written if it says something else. To be called now and then, when the API server is known to
   * answer: what failed before is tried again. Returns at once.
   */
  public void look() {
    synchronized (lock) {
      look = true;
      lock.notifyAll();
    }
  }

  private boolean isClosed() {
    synchronized (lock) {
      return closed;
    }
  }

  /** Ends the thread without writing anything more. */
  @Override
  public void close() {
    synchronized (lock) {
      closed = true;
      lock.notifyAll();
    }
    thread.interrupt();
  }

  private void loop() {
    long wait = Long.MAX_VALUE;
    while (await(wait)) {
      wait = step();
    }
  }

  /** Writes what is due of the latest state; returns nanoseconds until something is due again. */
  long step() {
    Optional<Latest> next;
    boolean looks;
    synchronized (lock) {
      fresh = false;
      looks = look;
      look = false;
      next = latest;
    }
    return next.map(state -> write(state, looks)).orElse(Long.MAX_VALUE);
  }

  /** Waits for a new state, at most so many nanoseconds; false when closed. */
  private boolean await(long nanos) {
    long end = nanos == Long.MAX_VALUE ? Long.MAX_VALUE : nanoTime.getAsLong() + nanos;
    synchronized (lock) {
      // While writes fail, a new state does not hurry them: it is written with the retry.
      while (!closed && !look && !(fresh && failures == 0)) {
        long left = end == Long.MAX_VALUE ? Long.MAX_VALUE : end - nanoTime.getAsLong();
        if (left <= 0) {
          break;
        }
        try {
          lock.wait(left == Long.MAX_VALUE ? 0 : left / 1_000_000 + 1);
        } catch (InterruptedException e) {
          return false;
        }
      }
      return !closed;
    }
  }

  /** Writes what is due; returns nanoseconds until something is due again. */
  private long write(Latest next, boolean looks) {
    lookDue |= looks;
    long untilFirst = pacer.untilFirst(next.status(), nanoTime.getAsLong());
    if (untilFirst > 0) {
      return untilFirst;
    }
    try {
      if (lookDue && reportRead && api.reportWasWritten()) {
        // What is stored counts, and what somebody else has written is written over.
        writtenReport = api.report();
      }
      lookDue = false;
      if (!reportRead) {
        // A restart is no change: what the last process wrote still stands.
        writtenReport = api.report();
        reportRead = true;
      }
      if (missingReports > 0 && !next.own().equals(missedFor)) {
        // Where blocks come from, reports do.
        missingReports = 0;
        pacer.postpone(nanoTime.getAsLong(), 0);
      }
      if (untilReport(next) <= 0) {
        writeReport(next);
      }
      failures = 0;
      refusals = 0;
      if (told) {
        told = false;
        tell.accept(Optional.empty());
      }
      return Math.max(untilReport(next), 1);
    } catch (StatusRefusedException e) {
      return failed(e.object() + ": " + e.getMessage(), Optional.of(e));
    } catch (RuntimeException | LinkageError | StackOverflowError e) {
      // A thread that ends would leave the node's objects as they are, and nobody be told.
      return failed(rootMessage(e), Optional.empty());
    }
  }

  /** Counts a failure, and tells it; returns nanoseconds until the next try. */
  private long failed(String why, Optional<StatusRefusedException> refused) {
    failures++;
    Duration asked = refused.map(StatusRefusedException::retryAfter).orElse(Duration.ZERO);
    long delay = Math.max(backoff.nanos(failures), Math.min(asked.toNanos(), LAST_RETRY.toNanos()));
    if (isClosed()) {
      // Cut off by the end of the daemon, no news.
      return delay;
    }
    LOG.warn("status not written, tried again in {} ms: {}", delay / 1_000_000, why);
    if (refused.isPresent() && ++refusals >= TOLD && !told) {
      told = true;
      tell.accept(Optional.of(finding(refused.get())));
    }
    return delay;
  }

  private static NodeFinding finding(StatusRefusedException refused) {
    return NodeFinding.of(
        AgentReason.StatusNotWritten,
        refused.object(),
        "the API server does not take the status of "
            + refused.object()
            + ": "
            + refused.getMessage()
            + "; what it shows of this node is old",
        "see whether the chart's CRDs, its ClusterRole and its ClusterRoleBinding tweed-node are"
            + " those of this version: kubectl get clusterrolebindings -o wide | grep tweed-node;"
            + " it is tried again by itself");
  }

  private long untilReport(Latest next) {
    return pacer.until(
        writtenReport
            .map(report -> mapper.urgency(next.status(), next.own(), report))
            .orElse(Urgency.REGULAR),
        next.status().dataPath().map(NodeStatus.DataPathStatus::peersExpected).orElse(0),
        nanoTime.getAsLong());
  }

  private void writeReport(Latest next) {
    Optional<NodeReportStatus> wanted =
        mapper.reportStatus(next.status(), next.own(), writtenReport);
    if (wanted.isEmpty()) {
      return;
    }
    if (api.applyReportStatus(wanted.get())) {
      writtenReport = wanted;
      missingReports = 0;
      pacer.wrote(nanoTime.getAsLong());
    } else {
      // The operator makes it when it sees the Node, on a new cluster a moment after this daemon.
      writtenReport = Optional.empty();
      missingReports++;
      missedFor = next.own();
      pacer.postpone(nanoTime.getAsLong(), backoff.nanos(missingReports));
    }
  }

  private static String rootMessage(Throwable e) {
    Throwable cause = e;
    while (cause.getCause() != null) {
      cause = cause.getCause();
    }
    return cause == e ? e.getMessage() : e.getMessage() + ": " + cause;
  }
}
