package dev.tweed.agent.cluster;

import dev.tweed.agent.cluster.ClusterView.Gaps;
import dev.tweed.agent.cluster.ClusterView.Listing;
import dev.tweed.agent.loop.ScheduledTask;
import dev.tweed.agent.memory.StateFile;
import java.io.IOException;
import java.time.Duration;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps what this node has to know of the cluster in a file, and shows that while the API server
 * has not yet said as much. Once the API server has, memory is not shown any more: what was heard
 * stays known in any case.
 */
public final class RememberedWatch implements ClusterWatch {

  private static final Logger LOG = LoggerFactory.getLogger(RememberedWatch.class);

  /** Of the content of the file. */
  public static final int VERSION = 1;

  /** 5,000 nodes take less than a tenth of it. */
  public static final int MAX_BYTES = 8 * 1024 * 1024;

  /**
   * When something is done.
   *
   * @param patience how long the API server has until memory is asked
   * @param delay from a change until it is remembered
   * @param pause between two writes
   * @param check whether the file is still what should be remembered and can be read: it is bound
   *     to the certificates that vouch for the API server, and these change without a word
   */
  public record Timing(Duration patience, Duration delay, Duration pause, Duration check) {

    /**
     * The first lists of 5,000 nodes take about a second; a file that is written once a minute and
     * is 200 kB long costs nobody anything.
     */
    public static final Timing USUAL =
        new Timing(
            Duration.ofSeconds(2),
            Duration.ofSeconds(2),
            Duration.ofMinutes(1),
            Duration.ofMinutes(5));
  }

  private final ClusterWatch api;
  private final StateFile file;
  private final MemoryReader reader;
  private final MemoryRenderer renderer;
  private final InstantSource clock;
  private final LongSupplier nanoTime;
  private final Timing timing;
  private final ScheduledThreadPoolExecutor thread;
  private final AtomicBoolean pending = new AtomicBoolean();
  private volatile Runnable onChange = () -> {};
  private volatile Optional<Recalled> recalled = Optional.empty();

  // Of the thread only.
  private Optional<RememberedObjects> kept = Optional.empty();
  private Optional<Long> writtenAt = Optional.empty();
  private boolean failed;

  private record Recalled(ClusterView view, RememberedObjects objects) {}

  /**
   * @param api is started and closed with this
   * @param file of {@link #VERSION} and {@link #MAX_BYTES}
   * @param nanoTime monotonic clock, nanoseconds
   */
  public RememberedWatch(
      ClusterWatch api,
      StateFile file,
      String nodeName,
      InstantSource clock,
      LongSupplier nanoTime,
      Timing timing) {
    this.api = api;
    this.file = file;
    this.reader = new MemoryReader(nodeName);
    this.renderer = new MemoryRenderer(nodeName);
    this.clock = clock;
    this.nanoTime = nanoTime;
    this.timing = timing;
    this.thread =
        new ScheduledThreadPoolExecutor(1, Thread.ofPlatform().name("memory").daemon().factory());
  }

  @Override
  public void start(Runnable onChange, Consumer<ApiContact> onContact) {
    this.onChange = onChange;
    later(timing.patience(), this::recallUntilComplete);
    later(timing.check(), this::checkNowAndThen);
    api.start(
        () -> {
          keepLater();
          onChange.run();
        },
        onContact);
  }

  @Override
  public void onArrival(Consumer<SubnetRecord> onArrival) {
    api.onArrival(
        record -> {
          onArrival.accept(record);
          keepLater();
        });
  }

  @Override
  public ClusterView view() {
    ClusterView now = api.view();
    return now.complete()
        ? now
        : recalled
            .filter(memory -> !memory.objects().isContradictedBy(now))
            .map(Recalled::view)
            .orElse(now);
  }

  @Override
  public void close() {
    api.close();
    thread.shutdownNow();
  }

  private void recallUntilComplete() {
    boolean done = false;
    try {
      done = recall();
    } finally {
      if (!done) {
        later(timing.patience(), this::recallUntilComplete);
      }
    }
  }

  private void checkNowAndThen() {
    try {
      keep();
    } finally {
      later(timing.check(), this::checkNowAndThen);
    }
  }

  /** Shows what is remembered while it has to be; true once it has not any more. */
  boolean recall() {
    ClusterView now = api.view();
    if (now.complete()) {
      recalled = Optional.empty();
      return true;
    }
    if (recalled.isEmpty()) {
      recalled =
          read()
              .map(
                  memory ->
                      new Recalled(
                          new ClusterView(
                              true,
                              List.of(memory.network()),
                              memory.subnets(),
                              List.of(),
                              Optional.empty(),
                              new Gaps(List.of(), Listing.AWAITED, Listing.AWAITED),
                              Optional.of(clock.instant().truncatedTo(ChronoUnit.SECONDS))),
                          memory.objects()));
      if (recalled.isPresent() && !recalled.get().objects().isContradictedBy(now)) {
        LOG.info(
            "nothing heard of the API server; going by {} NodeSubnets of PodNetwork {} that are"
                + " remembered",
            recalled.get().view().subnets().size(),
            recalled.get().objects().network());
        onChange.run();
      }
    }
    if (recalled.filter(memory -> memory.objects().isContradictedBy(now)).isPresent()) {
      recalled = Optional.empty();
      forget("the API server shows another object under a remembered name");
      onChange.run();
      return true; // also where the file cannot be deleted
    }
    return false;
  }

  /** Remembers what the API server says, or forgets what it does not say any more. */
  void keep() {
    ClusterView now = api.view();
    if (!now.complete()) {
      return;
    }
    Duration wait = untilNextWrite();
    if (!wait.isZero() && kept.filter(objects -> objects.areAllIn(now)).isPresent()) {
      keepAfter(wait);
      return;
    }
    Optional<MemoryRenderer.Rendered> rendered = renderer.render(now);
    if (rendered.isEmpty()) {
      // A PodNetwork that cannot be read for now is no reason; that a block is gone is one.
      Optional<RememberedObjects> rest =
          kept.or(() -> read().map(MemoryReader.Remembered::objects));
      if (rest.filter(objects -> !objects.areAllIn(now)).isPresent()) {
        forget("this node does not belong to PodNetwork " + rest.get().network() + " any more");
      }
      return;
    }
    try {
      writtenAt = Optional.of(nanoTime.getAsLong());
      file.write(rendered.get().bytes());
      kept = Optional.of(rendered.get().objects());
      failed = false;
    } catch (IOException e) {
      if (!failed) {
        LOG.warn("what this node knows of the cluster is not remembered: {}", e.toString());
      }
      failed = true;
      keepAfter(timing.pause());
    }
  }

  private Duration untilNextWrite() {
    return writtenAt
        .map(at -> timing.pause().minusNanos(nanoTime.getAsLong() - at))
        .filter(wait -> wait.isPositive())
        .orElse(Duration.ZERO);
  }

  private Optional<MemoryReader.Remembered> read() {
    return file.read()
        .flatMap(
            bytes -> {
              try {
                return Optional.of(reader.read(bytes));
              } catch (IOException | RuntimeException e) {
                forget("it cannot be read: " + e);
                return Optional.empty();
              }
            });
  }

  private void forget(String why) {
    try {
      file.delete();
      kept = Optional.empty();
      LOG.info("what was remembered is forgotten: {}", why);
    } catch (IOException e) {
      LOG.warn("what was remembered is not deleted, though {}: {}", why, e.toString());
    }
  }

  private void keepLater() {
    keepAfter(timing.delay());
  }

  private void keepAfter(Duration delay) {
    if (pending.compareAndSet(false, true)) {
      later(
          delay,
          () -> {
            pending.set(false);
            keep();
          });
    }
  }

  private void later(Duration delay, Runnable task) {
    try {
      thread.schedule(
          new ScheduledTask(
              () -> {
                try {
                  task.run();
                } catch (RuntimeException e) {
                  LOG.error("memory of the cluster", e);
                }
              }),
          delay.toNanos(),
          TimeUnit.NANOSECONDS);
    } catch (RejectedExecutionException e) {
      LOG.debug("closed"); // nobody waits for it any more
    }
  }
}
