package dev.tweed.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.e2e.bed.Installation;
import dev.tweed.e2e.bed.TestCluster;
import dev.tweed.e2e.conformance.SuiteRunner;
import java.time.Clock;
import java.util.List;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;

/** A few of the cases that others wrote; {@code ./dev conformance} runs all of them. */
@OnCluster(Layout.THREE_NODES)
@Order(8)
class SuitesOfOthersIT {

  @Test
  void aCaseOfEachSuitePasses(TestCluster cluster, Installation tweed) {
    Given.installed(tweed);
    SuiteRunner runner = new SuiteRunner(cluster, Clock.systemDefaultZone());
    runner.importImage();

    List<String> cases = runner.selections();

    assertThat(cases)
        .as("logs are in " + runner.work())
        .allMatch(c -> c.startsWith("PASSED: "))
        .hasSize(3);
  }
}
