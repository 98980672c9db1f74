package dev.tweed.agent.cni;

import dev.tweed.dataplane.HostPort;
import dev.tweed.enforce.gate.CniResultReader;
import dev.tweed.enforce.gate.CniResults;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;

/**
 * What the container runtime remembers of its pods, read in a thread of its own: it is on a disk,
 * which may fail or take for ever, and neither may hold up anybody. Each run reads what has changed
 * since the last; everything else may be used from any thread.
 */
public final class PodResults implements BooleanSupplier {

  private final CniResultReader reader;
  private final LeaseReader leases;
  private final Duration freshness;
  private final Listener listener;
  private final LongSupplier nanoTime;
  private volatile Read read = new Read(Optional.empty(), Optional.empty(), 0);
  private volatile List<HostPort> hostPorts = List.of();

  /** The last that could be read, when, and why there is nothing later. */
  private record Read(
      Optional<CniResults> results, Optional<UncheckedIOException> failure, long at) {}

  /** Who is told, from the thread that reads. */
  public interface Listener {
    /** A pod has come or gone, or they cannot be read any more, or can be again. */
    void pods();

    /** Other ports of the node lead to pods. */
    void hostPorts();
  }

  /**
   * @param freshness how old what was read may be to say that something is not there
   * @param nanoTime as {@link System#nanoTime}
   */
  public PodResults(
      CniResultReader reader,
      LeaseReader leases,
      Duration freshness,
      Listener listener,
      LongSupplier nanoTime) {
    this.reader = reader;
    this.leases = leases;
    this.freshness = freshness;
    this.listener = listener;
    this.nanoTime = nanoTime;
  }

  /** Reads; false if that has to be tried again. */
  @Override
  public boolean getAsBoolean() {
    Read before = read;
    try {
      read = new Read(Optional.of(reader.read()), Optional.empty(), nanoTime.getAsLong());
    } catch (UncheckedIOException e) {
      read = new Read(before.results(), Optional.of(e), before.at());
    }
    Read now = read;
    if (!now.results().equals(before.results())
        || now.failure().isPresent() != before.failure().isPresent()) {
      listener.pods();
    }
    List<HostPort> ports =
        now.results()
            .map(results -> HostPortPlanner.plan(results.results(), leases::holder))
            .orElse(List.of());
    if (!ports.equals(hostPorts)) {
      hostPorts = ports;
      listener.hostPorts();
    }
    return now.failure().isEmpty();
  }

  /**
   * What was read last; empty before the first time.
   *
   * @throws UncheckedIOException if it cannot be read any more
   */
  public Optional<CniResults> last() {
    Read now = read;
    now.failure()
        .ifPresent(
            failure -> {
              throw failure;
            });
    return now.results();
  }

  /** What was read a short while ago; empty if it was longer. */
  public Optional<CniResults> fresh() {
    Read now = read;
    return now.results().filter(r -> nanoTime.getAsLong() - now.at() < freshness.toNanos());
  }

  /** Ports of the node that lead to pods; those of the last that could be read. */
  public List<HostPort> hostPorts() {
    return hostPorts;
  }
}
