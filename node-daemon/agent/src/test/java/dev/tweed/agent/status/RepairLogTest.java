package dev.tweed.agent.status;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.crds.NodeReportStatus.Repair;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import org.junit.jupiter.api.Test;

class RepairLogTest {

  private static final Clock CLOCK =
      Clock.fixed(Instant.parse("2026-01-02T03:04:05.678Z"), ZoneOffset.UTC);

  @Test
  void countsGoOnFromThoseOfTheDaemonBefore() {
    RepairLog log =
        new RepairLog(CLOCK, List.of(new Repair("Firewall", 7L, "2026-01-01T00:00:00Z")));

    log.add(RepairLog.FIREWALL);
    log.add(RepairLog.FIREWALL);
    log.add("Fdb");

    assertThat(log.counts())
        .containsExactly(
            new Repair("Fdb", 1L, "2026-01-02T03:04:05Z"),
            new Repair("Firewall", 9L, "2026-01-02T03:04:05Z"));
  }
}
