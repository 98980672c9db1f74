package dev.tweed.agent.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.agent.Keys;
import dev.tweed.agent.finding.NodeFinding;
import java.net.URI;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ApiConnectionFindingsTest {

  @TempDir Path directory;

  private Instant now = Instant.now();
  private Optional<String> failure = Optional.empty();
  private final ApiConnectionFindings findings =
      new ApiConnectionFindings(
          URI.create("https://198.51.100.1:6443/"), Duration.ofSeconds(60), () -> now);

  @Test
  void aSilenceIsToldUntilSomeMinutesAfterItsEnd() {
    assertThat(silent(59, 0)).isEmpty();
    assertThat(silent(60, 1)).get().returns("APISilent", NodeFinding::reason);
    assertThat(silent(3600, 3600)).isPresent();
    assertThat(silent(0, 3601)).isPresent();
    assertThat(silent(20, 3600 + 599)).isPresent();
    assertThat(silent(20, 3600 + 602)).isEmpty();
  }

  @Test
  void whyATryFailedIsToldInTheSameWordsAsLongAsTheSilenceLasts() {
    assertThat(silent(60, 1).orElseThrow().message()).endsWith("the node keeps what it has");

    failure = Optional.of("10.96.0.1:443: PKIX path validation failed");
    String told = silent(70, 11).orElseThrow().message();
    assertThat(told)
        .endsWith("what it has; a try failed with: 10.96.0.1:443: PKIX path validation failed");
    // Other addresses fail otherwise, a try that is on has not failed, and then all is well
    failure = Optional.of("192.0.2.7:6443: Connect timed out");
    assertThat(silent(80, 21).orElseThrow().message()).isEqualTo(told);
    failure = Optional.empty();
    assertThat(silent(90, 31).orElseThrow().message()).isEqualTo(told);
    assertThat(silent(0, 41).orElseThrow().message()).isEqualTo(told);

    // Another silence is another
    assertThat(silent(0, 1000)).isEmpty();
    assertThat(silent(60, 1060).orElseThrow().message()).doesNotContain("PKIX");
  }

  @Test
  void connectedEndsWithASilenceAndBeginsWithAWord() {
    Instant begin = Instant.parse("2026-02-03T04:05:06Z");
    now = begin;
    assertThat(connected(0, false, false)).isEqualTo(Connected.NOT_YET);
    now = begin.plusSeconds(30);
    assertThat(connected(20, false, true)).isEqualTo(Connected.YES);
    now = begin.plusSeconds(69);
    assertThat(connected(59, false, true)).isEqualTo(Connected.YES);

    // Since the last word, and that stays although clocks tick
    Connected deaf = new Connected(Connected.Reason.APISilent, Optional.of(begin.plusSeconds(10)));
    now = begin.plusSeconds(70);
    assertThat(connected(60, false, true)).isEqualTo(deaf);
    now = begin.plusSeconds(7000);
    assertThat(connected(6989, false, true)).isEqualTo(deaf);

    now = begin.plusSeconds(7010);
    assertThat(connected(1, false, true)).isEqualTo(Connected.YES);
  }

  @Test
  void aRefusalThatLastsIsTold() {
    Instant begin = Instant.parse("2026-02-03T04:05:06Z");
    now = begin.plusSeconds(59);
    assertThat(connected(59, true, true)).isEqualTo(Connected.YES);
    now = begin.plusSeconds(60);
    assertThat(connected(60, true, true))
        .isEqualTo(new Connected(Connected.Reason.ClusterNotRead, Optional.of(begin)));
    now = begin.plusSeconds(61);
    assertThat(connected(0, false, true)).isEqualTo(Connected.YES);
  }

  @Test
  void whoNeverHeardAnythingIsNotConnectedAfterAWhile() {
    Instant begin = now.truncatedTo(ChronoUnit.SECONDS);
    now = begin.plusSeconds(60);
    assertThat(connected(60, false, false))
        .isEqualTo(new Connected(Connected.Reason.APISilent, Optional.of(begin)));
  }

  private Connected connected(int silence, boolean refused, boolean complete) {
    return findings.connected(Duration.ofSeconds(silence), refused, complete);
  }

  private Optional<NodeFinding> silent(int seconds, int at) {
    return findings.silent(Duration.ofSeconds(seconds), failure, Duration.ofSeconds(at).toNanos());
  }

  @Test
  void anotherWayIsToldOnceItIsNoMatterOfAStart() {
    assertThat(findings.byEndpoint(Optional.empty())).isEmpty();
    assertThat(findings.byEndpoint(Optional.of(Duration.ofSeconds(59)))).isEmpty();
    assertThat(findings.byEndpoint(Optional.of(Duration.ofSeconds(60))))
        .hasValueSatisfying(
            finding -> {
              assertThat(finding.reason()).isEqualTo("APIByEndpoint");
              assertThat(finding.blocking()).isFalse();
              assertThat(finding.message()).contains("https://198.51.100.1:6443/");
              assertThat(finding.remedy()).contains("kube-proxy", "grep -F 198.51.100.1 ");
            });
  }

  @Test
  void aCertificateNearItsEndIsTold() throws Exception {
    assertThat(findings.certificate(Optional.empty())).isEmpty();

    // Of a year the last 14 days
    X509Certificate year = certificate(365);
    assertThat(toldAfter(350, year)).isEmpty();
    assertThat(toldAfter(352, year))
        .get()
        .returns("CertificateExpiring", NodeFinding::reason)
        .returns("CN=tweed:node:n1", NodeFinding::object);

    // Of ten days the last two; and afterwards
    X509Certificate days = certificate(10);
    assertThat(toldAfter(7, days)).isEmpty();
    assertThat(toldAfter(9, days)).isPresent();
    assertThat(toldAfter(400, days)).isPresent();
  }

  private Optional<NodeFinding> toldAfter(int days, X509Certificate certificate) {
    now = certificate.getNotBefore().toInstant().plus(Duration.ofDays(days));
    return findings.certificate(Optional.of(certificate));
  }

  private X509Certificate certificate(int days) throws GeneralSecurityException {
    return Keys.make(directory, "EC", "CN=tweed:node:n1", "-validity", String.valueOf(days))
        .certificate();
  }
}
