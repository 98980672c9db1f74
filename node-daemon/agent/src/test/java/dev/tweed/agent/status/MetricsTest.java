package dev.tweed.agent.status;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.agent.probe.ProbeMeter;
import dev.tweed.agent.probe.Reachability;
import dev.tweed.agent.probe.UnreachedPeer;
import dev.tweed.agent.probe.UnreachedPeer.Cause;
import dev.tweed.crds.NodeReportStatus.FastPath;
import dev.tweed.dataplane.Change;
import dev.tweed.firewall.nft.RuleCount;
import dev.tweed.firewall.rules.Action;
import dev.tweed.ip.IpPrefix;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

/** What a scrape tells. */
class MetricsTest {

  private final Metrics metrics = new Metrics();

  @Test
  void aMetricHasHelpTypeAndSamples() {
    metrics.synced(true, Duration.ofMillis(1500), List.of());
    metrics.synced(false, Duration.ofMillis(500), List.of());

    assertThat(metrics.scrape())
        .contains(
            """
            # HELP tweed_sync_total Comparisons with the kernel
            # TYPE tweed_sync_total counter
            tweed_sync_total{result="failure"} 1.0
            tweed_sync_total{result="success"} 1.0
            """)
        .contains("tweed_sync_duration_seconds_count 2\n", "tweed_sync_duration_seconds_sum 2.0\n");
  }

  @Test
  void onlyDriftIsARepair() {
    metrics.synced(true, Duration.ZERO, List.of(change(true), change(true), change(false)));

    assertThat(metrics.scrape()).contains("tweed_repairs_total{kind=\"Route\"} 2.0\n");
  }

  @Test
  void everyKindOfRepairIsThereFromTheStart() {
    metrics.firewallRepaired();

    assertThat(metrics.scrape())
        .contains("tweed_repairs_total{kind=\"Sysctl\"} 0.0\n")
        .contains("tweed_repairs_total{kind=\"Firewall\"} 1.0\n");
  }

  @Test
  void theFastPathIsAskedForWhenSomebodyScrapes() {
    AtomicReference<Optional<FastPath>> status = new AtomicReference<>(Optional.empty());
    metrics.fastPath(status::get, () -> Map.of("sent_wire", 7L));
    assertThat(metrics.scrape()).doesNotContain("tweed_fastpath_on{");

    status.set(Optional.of(new FastPath("On", null, null)));
    assertThat(metrics.scrape())
        .contains(
            "tweed_fastpath_on{reason=\"\"} 1",
            "tweed_fastpath_packets_total{outcome=\"sent_wire\"} 7");

    status.set(Optional.of(new FastPath("Off", "KernelTooOld", "too old")));
    assertThat(metrics.scrape()).contains("tweed_fastpath_on{reason=\"KernelTooOld\"} 0");
  }

  @Test
  void packetsOfPoliciesAreAskedForWhenSomebodyScrapes() {
    AtomicInteger asked = new AtomicInteger();
    metrics.policyPackets(
        () ->
            List.of(
                new RuleCount("web", "a", Action.DENY, false, 2),
                new RuleCount("web", "b", Action.DENY, false, 3),
                new RuleCount("web", "d", Action.DENY, true, 7),
                new RuleCount("web", "c", Action.ALLOW, false, asked.incrementAndGet())));

    assertThat(asked).hasValue(0);
    assertThat(metrics.scrape())
        .contains("{action=\"deny\",mode=\"enforce\",policy=\"web\"} 5.0\n")
        .contains("{action=\"deny\",mode=\"audit\",policy=\"web\"} 7.0\n")
        .contains("{action=\"allow\",mode=\"enforce\",policy=\"web\"} 1.0\n");
  }

  @Test
  void whatIsNotKnownIsNeitherReachableNorNot() {
    assertThat(metrics.scrape()).contains("tweed_reachable NaN\n");

    metrics.show(Statuses.ready());
    assertThat(metrics.scrape()).contains("tweed_reachable 1.0\n");

    metrics.show(Statuses.probed(Statuses.nobodyAnswers()));
    assertThat(metrics.scrape()).contains("tweed_reachable 0.0\n");

    metrics.show(Statuses.probed(Reachability.without(Reachability.Proof.OFF)));
    assertThat(metrics.scrape()).contains("tweed_reachable NaN\n");
  }

  @Test
  void connectedIsAsTheCondition() {
    assertThat(metrics.scrape()).contains("tweed_api_connected NaN\n");

    metrics.show(Statuses.ready());
    assertThat(metrics.scrape()).contains("tweed_api_connected 1.0\n");

    metrics.show(Statuses.deaf());
    assertThat(metrics.scrape()).contains("tweed_api_connected 0.0\n", "tweed_ready 1.0\n");
  }

  @Test
  void theSilenceOfTheApiServerIsAsOldAsWhenItIsScraped() {
    Duration[] silence = {Duration.ZERO};
    metrics.apiSilence(() -> silence[0]);

    silence[0] = Duration.ofMillis(12_500);

    assertThat(metrics.scrape()).contains("tweed_api_last_read_seconds 12.5\n");
  }

  @Test
  void probesAreCountedByWhatBecameOfThem() {
    metrics.probes().count(ProbeMeter.Result.ANSWERED);
    metrics.probes().answeredAfter(2_000_000);
    metrics.show(
        new Reachability(
            Reachability.Proof.PROBES,
            3,
            2,
            List.of(unreached(Cause.SILENT), unreached(Cause.LARGE_LOST))));

    assertThat(metrics.scrape())
        .contains("tweed_probes_total{result=\"answered\"} 1.0\n")
        .contains("tweed_probes_total{result=\"ignored\"} 0.0\n")
        .contains("tweed_probe_rtt_seconds_sum 0.002\n")
        .contains("tweed_probe_peers{state=\"answering\"} 1.0\n")
        .contains("tweed_probe_peers{state=\"silent\"} 1.0\n")
        .contains("tweed_probe_peers{state=\"large_lost\"} 1.0\n");
  }

  private static UnreachedPeer unreached(Cause cause) {
    return new UnreachedPeer(
        "n2",
        IpPrefix.parse("10.244.2.0/24"),
        cause,
        true,
        true,
        Instant.EPOCH,
        Optional.empty(),
        OptionalInt.empty(),
        UnreachedPeer.Where.UNKNOWN);
  }

  private static Change change(boolean drift) {
    return new Change(Change.Kind.ROUTE, Change.Action.ADDED, "route", "", drift);
  }
}
