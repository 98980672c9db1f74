package dev.tweed.e2e.bench;

import dev.tweed.e2e.bed.BedException;
import dev.tweed.e2e.bed.Installation;
import dev.tweed.e2e.bed.PathFault;
import dev.tweed.e2e.bed.TestCluster;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;

/**
 * How long a fault of the way between pods lasts before a NodeReport tells of it, and how long the
 * report tells of it after it has ended; as the API server has it.
 */
final class TruthBench {
  private static final int ROUNDS = 5;
  private static final long LOOK_MILLIS = 50;
  private static final long LIMIT_SECONDS = 120;

  private final TestCluster cluster;
  private final Installation tweed;

  TruthBench(TestCluster cluster, Installation tweed) {
    this.cluster = cluster;
    this.tweed = tweed;
  }

  List<Row> run() throws InterruptedException {
    List<Row> rows = new ArrayList<>();
    for (PathFault fault : PathFault.between(tweed).stream().flatMap(List::stream).toList()) {
      List<Double> told = new ArrayList<>();
      List<Double> over = new ArrayList<>();
      for (int round = 0; round < ROUNDS; round++) {
        // Not in step with any timer of the daemon's.
        Thread.sleep(3000 + 1700L * round);
        cluster.machine(fault.node()).shell(fault.put()).text();
        told.add(seconds(fault.what(), () -> fault.isTold(tweed)));
        cluster.machine(fault.node()).shell(fault.undo()).text();
        over.add(seconds(fault.what() + ", end", () -> !fault.isTold(tweed)));
      }
      rows.add(row(fault.what() + ": to the report", told));
      rows.add(row(fault.what() + ": back", over));
    }
    return rows;
  }

  private static Row row(String what, List<Double> seconds) {
    return new Row(
        "truth: " + what, "s, median / max", new Sample(seconds).medianAndMax(1), "<= 10");
  }

  private static double seconds(String what, BooleanSupplier seen) throws InterruptedException {
    long begin = System.nanoTime();
    while (!seen.getAsBoolean()) {
      if (System.nanoTime() - begin > LIMIT_SECONDS * 1_000_000_000L) {
        throw new BedException(what + ": not told within " + LIMIT_SECONDS + " s");
      }
      Thread.sleep(LOOK_MILLIS);
    }
    return (System.nanoTime() - begin) / 1e9;
  }
}
