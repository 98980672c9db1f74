package dev.tweed.e2e;

import java.io.IOException;

/** {@code ./dev bench}; see {@link dev.tweed.e2e.bench.ClusterBench}. */
public final class Bench {
  private Bench() {}

  public static void main(String[] arguments) throws IOException {
    dev.tweed.e2e.bench.ClusterBench.main(arguments);
  }
}
