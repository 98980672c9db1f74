package dev.tweed.e2e.fanout;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.crds.testing.ApiServer;
import dev.tweed.crds.testing.ApiServerExtension;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** What one node that joins has written in the whole cluster. */
@Tag("api-server")
@ExtendWith(ApiServerExtension.class)
class JoinWritesTest {
  private static final Path REPOSITORY = Path.of("..").toAbsolutePath().normalize();
  private static final int DAEMONS = 24;

  /** A PodNetwork does not say before that a node is on its way. */
  private static final Duration QUICK = Duration.ofSeconds(10);

  /**
   * Of a kubelet (the Node, its status), of the operator (six), and of the daemon that joins, whose
   * report is written more than once where the machine is slow.
   */
  private static Map<String, Long> atMost(boolean quick) {
    return Map.of(
        "POST nodes", 1L,
        "POST nodereports", 1L,
        "POST nodesubnets", 1L,
        "PUT configmaps", 2L,
        "PATCH nodes/status", 2L,
        "APPLY podnetworks/status", quick ? 1L : 2L,
        "POST events", quick ? 0L : 1L,
        "APPLY nodereports/status", 4L);
  }

  private static final Duration LIMIT = Duration.ofMinutes(2);
  private static final Duration QUIET = Duration.ofMillis(1500);

  @Test
  void joinCausesItsOwnWritesAndNoneOfOthers(ApiServer server)
      throws IOException, InterruptedException {
    Assumptions.assumeTrue(
        FanoutCluster.operatorApp(REPOSITORY).isPresent(),
        "the operator has not been packaged: mvn package -DskipTests");
    try (FanoutCluster cluster = new FanoutCluster(server, REPOSITORY, List.of())) {
      // Given some daemons that have said all they have to say
      cluster.startOperator();
      cluster.network("10.128.0.0/12", 24);
      try (ExecutorService threads = Executors.newFixedThreadPool(8)) {
        for (int i = 0; i < DAEMONS; i++) {
          int number = i;
          threads.submit(
              () -> {
                cluster.node(number);
                cluster.daemon(number);
              });
        }
      }
      cluster.await(
          "all daemons know all blocks",
          LIMIT,
          () ->
              cluster.daemons().size() == DAEMONS
                  && cluster.daemons().values().stream().allMatch(d -> d.blocksKnown() == DAEMONS));
      cluster.await("all are ready", LIMIT, cluster::allReady);
      cluster.awaitQuiet(QUIET, LIMIT);
      // and long enough ago that a report may be written at once
      cluster.advance(Duration.ofMinutes(1));
      Map<String, String> reports = cluster.reportVersions();
      Traffic before = cluster.traffic();

      // When one more joins
      long start = System.nanoTime();
      cluster.join(DAEMONS);
      cluster.await("it is ready", LIMIT, cluster::allReady);
      cluster.awaitQuiet(QUIET, LIMIT);
      boolean quick = System.nanoTime() - start < QUICK.toNanos();

      // Then only what is about itself is written
      Map<String, String> after = cluster.reportVersions();
      assertThat(after).containsAllEntriesOf(reports);
      Map<String, Long> writes = cluster.traffic().since(before).writes();
      Map<String, Long> atMost = atMost(quick);
      assertThat(writes.keySet()).isSubsetOf(atMost.keySet());
      assertThat(writes)
          .allSatisfy(
              (write, times) ->
                  assertThat(times)
                      .as("%s of %s", write, writes)
                      .isLessThanOrEqualTo(atMost.get(write)));
    }
  }
}
