package dev.tweed.agent.status;

import dev.tweed.dataplane.Change;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The daemon's metrics, and their text. Written by hand: a library for these few costs some
 * megabytes on every node.
 */
public final class Metrics {

  private final AtomicInteger expected = new AtomicInteger();
  private final AtomicInteger programmed = new AtomicInteger();
  private final AtomicInteger ready = new AtomicInteger();
  private final AtomicLong successes = new AtomicLong();
  private final AtomicLong failures = new AtomicLong();
  private final AtomicLong nanos = new AtomicLong();
  private final Map<String, AtomicLong> repairs = new TreeMap<>();

  /** Begins to count. */
  public Metrics() {
    for (Change.Kind kind : Change.Kind.values()) {
      repairs.put(RepairLog.kind(kind), new AtomicLong());
    }
    repairs.put(RepairLog.FIREWALL, new AtomicLong());
  }

  /** Counts one sync with the kernel. */
  public void synced(boolean success, Duration time, List<Change> applied) {
    (success ? successes : failures).incrementAndGet();
    nanos.addAndGet(time.toNanos());
    for (Change change : applied) {
      if (change.drift()) {
        repairs.get(RepairLog.kind(change.kind())).incrementAndGet();
      }
    }
  }

  /** Counts one repair of the host's firewall. */
  public void firewallRepaired() {
    repairs.get(RepairLog.FIREWALL).incrementAndGet();
  }

  /** Shows the node's state. */
  public void show(NodeStatus status) {
    ready.set(status.ready() ? 1 : 0);
    expected.set(status.dataPath().map(NodeStatus.DataPathStatus::peersExpected).orElse(0));
    programmed.set(status.dataPath().map(NodeStatus.DataPathStatus::peersProgrammed).orElse(0));
  }

  /** In Prometheus' text format, version 0.0.4. */
  public String scrape() {
    PrometheusText text = new PrometheusText();
    Runtime runtime = Runtime.getRuntime();
    text.family("jvm_memory_committed_bytes", "gauge", "Heap the process holds")
        .sample("area", "heap", runtime.totalMemory());
    text.family("jvm_memory_max_bytes", "gauge", "Heap it may hold")
        .sample("area", "heap", runtime.maxMemory());
    text.family("jvm_memory_used_bytes", "gauge", "Heap in use, garbage included")
        .sample("area", "heap", runtime.totalMemory() - runtime.freeMemory());
    text.family(
            "tweed_peers", "gauge", "Blocks of other nodes: those in the API, those in the kernel")
        .sample("state", "expected", expected.get())
        .sample("state", "programmed", programmed.get());
    text.family(
            "tweed_ready",
            "gauge",
            "1 if the data path is programmed and verified, or there is nothing to do")
        .sample(ready.get());
    text.family(
        "tweed_repairs_total",
        "counter",
        "Objects of ours that something else had changed, mended");
    repairs.forEach((kind, count) -> text.sample("kind", kind, count.get()));
    text.family("tweed_sync_total", "counter", "Comparisons with the kernel")
        .sample("result", "failure", failures.get())
        .sample("result", "success", successes.get());
    text.family(
            "tweed_sync_duration_seconds",
            "summary",
            "Time one comparison with the kernel takes, repairs included")
        .sample("_count", successes.get() + failures.get())
        .sample("_sum", nanos.get() / 1e9);
    return text.toString();
  }
}
