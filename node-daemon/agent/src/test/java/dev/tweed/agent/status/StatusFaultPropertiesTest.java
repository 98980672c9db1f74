package dev.tweed.agent.status;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.tweed.agent.cluster.ServerSideStatusApi;
import dev.tweed.agent.finding.NodeFinding;
import dev.tweed.agent.status.FaultyServer.Fate;
import dev.tweed.agent.status.FaultyServer.Fault;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tuple;

/**
 * Whatever becomes of the writes, in any order: when it ends, what the API server has is the latest
 * state, and never what was before it. In virtual time.
 */
class StatusFaultPropertiesTest {

  /** Longer than any wait of the publisher's. */
  private static final Duration LONG = Duration.ofSeconds(31);

  @Provide
  Arbitrary<List<List<Fault>>> faults() {
    Arbitrary<Fate> fates = Arbitraries.of(Fate.class);
    Arbitrary<Fault> faults =
        Arbitraries.frequencyOf(
            Tuple.of(3, Arbitraries.just(new Fault.None())),
            Tuple.of(
                4,
                Arbitraries.of(400, 401, 403, 404, 409, 410, 422, 429, 500, 503, 504)
                    .map(Fault.Refuse::new)),
            Tuple.of(2, fates.map(Fault.Silence::new)),
            Tuple.of(3, fates.map(Fault.Reset::new)),
            Tuple.of(3, Arbitraries.integers().between(0, 99).map(Fault.Cut::new)),
            Tuple.of(3, Arbitraries.just(new Fault.Foreign())));
    return faults.list().ofMaxSize(6).list().ofMinSize(1).ofMaxSize(8);
  }

  @Property(tries = 40)
  void whenTheFaultsEndTheLatestStateIsStoredOnce(@ForAll("faults") List<List<Fault>> faults)
      throws IOException {
    List<Optional<NodeFinding>> told = new ArrayList<>();
    long[] now = {0};
    try (FaultyServer server = new FaultyServer();
        StatusPublisher publisher =
            new StatusPublisher(
                new ServerSideStatusApi(server.requests(), "n1"),
                // Or what is written again would tell another time of transition.
                new StatusMapper(Clock.fixed(Instant.EPOCH, ZoneOffset.UTC), Optional.empty()),
                () -> now[0],
                () -> 0,
                told::add)) {
      int mtu = 1000;
      for (List<Fault> some : faults) {
        publisher.publish(status(++mtu), List.of(Statuses.own()));
        server.add(some);
        now[0] += LONG.toNanos();
        publisher.step();
        if (mtu % 3 == 0) {
          server.catchUp();
        }
        if (told.stream().anyMatch(Optional::isPresent)) {
          assertThat(server.refusalCount()).isGreaterThanOrEqualTo(4);
        }
      }
      server.endFaults();
      for (int i = 0; i < 2; i++) {
        now[0] += LONG.toNanos();
        publisher.step();
      }

      assertThat(reportMtu(server.status(FaultyServer.REPORT))).isEqualTo(mtu);
      assertThat(told.isEmpty() || told.getLast().isEmpty()).isTrue();

      // And nothing that is late changes that, nor is there anything more to do
      server.catchUp();
      int before = server.sent();
      now[0] += LONG.toNanos();
      assertThat(publisher.step()).isEqualTo(Long.MAX_VALUE);
      assertThat(server.sent()).isEqualTo(before);
      assertThat(server.history(FaultyServer.REPORT).stream().map(s -> reportMtu(s)).toList())
          .isSorted()
          .doesNotHaveDuplicates()
          .endsWith(mtu);
    }
  }

  @Example
  void aReportThatCannotBeReadIsReplaced() throws IOException {
    try (FaultyServer server = new FaultyServer()) {
      server.put(
          FaultyServer.REPORT, new ObjectMapper().readTree("{\"conditions\":{\"Ready\":true}}"));

      assertThat(new ServerSideStatusApi(server.requests(), "n1").report()).isEmpty();
    }
  }

  private static int reportMtu(JsonNode report) {
    return report.at("/dataPath/mtu").asInt();
  }

  /** What is written of this state tells its MTU. */
  private static NodeStatus status(int mtu) {
    NodeStatus ready = Statuses.ready();
    SyncStatus sync = ready.sync();
    return new NodeStatus(
        new SyncStatus(
            sync.node(),
            sync.state(),
            sync.reason(),
            sync.podNetwork(),
            sync.blocks(),
            Optional.of(
                new NodeStatus.DataPathStatus(
                    "tweed.1", mtu, "eth0", "192.0.2.1", 8472, List.of("eth0"), 2, 2)),
            sync.findings(),
            sync.sysctls(),
            sync.versions()),
        ready.connected(),
        List.of(),
        ready.firewallStatus(),
        ready.reachability(),
        List.of(),
        Optional.empty());
  }
}
