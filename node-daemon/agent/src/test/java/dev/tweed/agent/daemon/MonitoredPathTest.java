package dev.tweed.agent.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.agent.cluster.Mapping;
import dev.tweed.agent.cluster.SnapshotMapper;
import dev.tweed.agent.cluster.Views;
import dev.tweed.dataplane.ClusterSnapshot;
import dev.tweed.dataplane.DataPathException;
import dev.tweed.dataplane.DataPathMonitor;
import dev.tweed.dataplane.Finding;
import dev.tweed.dataplane.Reason;
import dev.tweed.dataplane.SyncReport;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class MonitoredPathTest {

  private static final Finding OTHER =
      new Finding(Reason.NftUnavailable, "nft", "no rules", "install it");

  private static final ClusterSnapshot SNAPSHOT =
      ((Mapping.Program)
              new SnapshotMapper("n1")
                  .map(new Views().network("default", Views.day(1)).subnet(1).view()))
          .snapshot();

  private final List<String> calls = new ArrayList<>();
  private boolean full;
  private final MonitoredPath path =
      new MonitoredPath(
          new KernelPath() {
            @Override
            public SyncReport sync(ClusterSnapshot snapshot) {
              calls.add("sync");
              return report();
            }

            @Override
            public void close() {
              calls.add("close");
            }
          },
          this::monitor);

  @Test
  void whatCannotBeListenedToIsToldAndTriedAgainWithTheNextSync() {
    full = true;
    assertThat(path.sync(SNAPSHOT).findings())
        .extracting(Finding::reason)
        .containsExactly(Reason.NftUnavailable, Reason.KernelNotWatched);

    full = false;
    assertThat(path.sync(SNAPSHOT).findings()).containsExactly(OTHER);
    path.sync(SNAPSHOT);
    path.close();

    // Before the sync, which finds what happened until then
    assertThat(calls).containsExactly("sync", "listen", "sync", "sync", "listen no more", "close");
  }

  private DataPathMonitor monitor() {
    if (full) {
      throw new DataPathException("Too many open files", null);
    }
    calls.add("listen");
    return () -> calls.add("listen no more");
  }

  private static SyncReport report() {
    return new SyncReport(
        true,
        "tweed.1",
        1450,
        Optional.empty(),
        0,
        0,
        List.of(),
        List.of(OTHER),
        Map.of(),
        List.of(),
        Optional.empty());
  }
}
