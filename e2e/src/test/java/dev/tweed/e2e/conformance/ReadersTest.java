package dev.tweed.e2e.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tweed.e2e.bed.BedException;
import dev.tweed.e2e.conformance.CaseResult.Outcome;
import org.junit.jupiter.api.Test;

class ReadersTest {

  @Test
  void casesOfGinkgoThatWereNotChosenAreNoCases() {
    String report =
        """
        <?xml version="1.0" encoding="UTF-8"?>
        <testsuites><testsuite name="e2e">
          <testcase name="[SynchronizedBeforeSuite]" status="passed"/>
          <testcase name="[It] [sig-network] HostPort validates [sig-network, Slow]" status="passed"/>
          <testcase name="[It] [sig-apps] Job should" status="skipped"><skipped message="skipped"/></testcase>
          <testcase name="[It] [sig-network] Services should" status="skipped">
            <skipped message="skipped - Requires at least 2 zones"/></testcase>
          <testcase name="[It] [sig-network] NoSNAT Should" status="failed">
            <failure message="timed out&#xA;after 300 s" type="failed">trace</failure></testcase>
          <testcase name="[SynchronizedAfterSuite]" status="failed"><failure message="left">x</failure></testcase>
        </testsuite></testsuites>
        """;

    assertThat(JunitReader.read(report))
        .containsExactly(
            new CaseResult("[sig-network] HostPort validates", Outcome.PASSED, ""),
            new CaseResult(
                "[sig-network] Services should", Outcome.SKIPPED, "Requires at least 2 zones"),
            new CaseResult("[sig-network] NoSNAT Should", Outcome.FAILED, "timed out"),
            new CaseResult("[SynchronizedAfterSuite]", Outcome.FAILED, "left"));
  }

  @Test
  void aReportThatBreaksOffIsAnError() {
    assertThatThrownBy(() -> JunitReader.read("<testsuites>")).isInstanceOf(BedException.class);
  }

  @Test
  void testsOfGoThatHaveTestsInsideAreNoCases() {
    String output =
        """
        === RUN   TestConformanceProfiles
        === RUN   TestConformanceProfiles/Gress
        === RUN   TestConformanceProfiles/Gress/allow_all
            helper.go:110: Expected connection to succeed
        === RUN   TestConformanceProfiles/Gress/deny_all
            helper.go:120: FAILED Command was connect
            helper.go:121: Expected connection to fail
        === NAME  TestConformanceProfiles
            suite.go:9: done
        --- FAIL: TestConformanceProfiles (9.00s)
            --- FAIL: TestConformanceProfiles/Gress (8.00s)
                --- PASS: TestConformanceProfiles/Gress/allow_all (3.00s)
                --- FAIL: TestConformanceProfiles/Gress/deny_all (5.00s)
            --- SKIP: TestConformanceProfiles/Named (0.00s)
        FAIL
        """;

    assertThat(GoTestReader.read(output))
        .containsExactly(
            new CaseResult("Gress/allow_all", Outcome.PASSED, ""),
            new CaseResult("Gress/deny_all", Outcome.FAILED, "Expected connection to fail"),
            new CaseResult("Named", Outcome.SKIPPED, ""));
  }
}
