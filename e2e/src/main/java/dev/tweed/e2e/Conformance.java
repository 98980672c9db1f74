package dev.tweed.e2e;

import dev.tweed.e2e.conformance.ConformanceRun;
import java.io.IOException;
import java.time.Clock;
import java.util.List;

/** {@code ./dev conformance}; see {@link ConformanceRun}. */
public final class Conformance {
  private Conformance() {}

  /** Says in the exit code whether every case passed. */
  public static void main(String[] arguments) throws IOException {
    Demo.quietLibraries();
    Progress progress = new Progress(System.out, Clock.systemDefaultZone());
    int code = ConformanceRun.run(List.of(arguments), Clock.systemDefaultZone(), progress::say);
    System.out.flush();
    Runtime.getRuntime().halt(code);
  }
}
