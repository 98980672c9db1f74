package dev.tweed.e2e.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tweed.e2e.bed.BedException;
import dev.tweed.e2e.conformance.CaseResult.Outcome;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.LocalDate;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class ConformanceRendererTest {

  private static final SuiteResult RESULT =
      new SuiteResult(
          Suite.NETPOL,
          LocalDate.of(2026, 11, 30),
          "abc1234",
          Duration.ofSeconds(605),
          List.of(
              new CaseResult("b works", Outcome.PASSED, ""),
              new CaseResult("c wants <more> | or less", Outcome.SKIPPED, "no zones here"),
              new CaseResult("a does not", Outcome.FAILED, "x".repeat(300))));

  @Test
  void aResultTakesThePlaceOfTheLastOneOfItsSuiteOnly() {
    String document =
        """
        # Title
        <!-- result of network -->
        old
        <!-- end of network -->
        <!-- result of netpol -->
        old
        <!-- end of netpol -->
        end
        """;

    assertThat(ConformanceRenderer.replace(document, RESULT))
        .isEqualTo(
            """
            # Title
            <!-- result of network -->
            old
            <!-- end of network -->
            <!-- result of netpol -->
            2026-11-30, commit abc1234: **1 passed, 1 failed**, 1 skipped, in 10 min.

            | Failed | |
            |---|---|
            | a does not | %s… |

            | Skipped by the suite | |
            |---|---|
            | c wants &lt;more> \\| or less | no zones here |
            <!-- end of netpol -->
            end
            """
                .formatted("x".repeat(199)));
  }

  @Test
  void aDocumentWithoutAPlaceForTheSuiteIsAnError() {
    assertThatThrownBy(() -> ConformanceRenderer.replace("# Title\n", RESULT))
        .isInstanceOf(BedException.class)
        .hasMessageContaining("netpol");
  }

  @ParameterizedTest
  @EnumSource(Suite.class)
  void thePageHasAPlaceForEverySuite(Suite suite) throws IOException {
    String page = Files.readString(Path.of("../docs/conformance.md"));
    SuiteResult result =
        new SuiteResult(suite, RESULT.date(), RESULT.commit(), RESULT.took(), RESULT.cases());

    assertThat(ConformanceRenderer.replace(page, result)).contains("abc1234: **1 passed");
  }
}
