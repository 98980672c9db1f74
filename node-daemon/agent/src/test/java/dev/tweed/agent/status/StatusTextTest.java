package dev.tweed.agent.status;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.crds.NodeReportStatus.FastPath;
import dev.tweed.netlink.testing.Golden;
import org.junit.jupiter.api.Test;

class StatusTextTest {

  @Test
  void aHealthyNode() {
    Golden.assertMatches("status-ready.txt", StatusText.render(Statuses.ready()));
  }

  @Test
  void aNodeWithFaultsNamesThemAndTheRemedies() {
    Golden.assertMatches(
        "status-failed.txt",
        StatusText.render(Statuses.failed(Statuses.blocking(), Statuses.notable())));
  }

  @Test
  void aNodeWithNothingToDo() {
    Golden.assertMatches("status-idle.txt", StatusText.render(Statuses.idle()));
  }

  @Test
  void aNodeThatNobodyAnswers() {
    Golden.assertMatches(
        "status-unreached.txt", StatusText.render(Statuses.probed(Statuses.nobodyAnswers())));
  }

  @Test
  void aNodeThatHearsNothingOfTheApiServerIsReadyAllTheSame() {
    Golden.assertMatches("status-deaf.txt", StatusText.render(Statuses.deaf()));
  }

  @Test
  void whetherThereIsAFastPathIsALineWithTheReason() {
    assertThat(StatusText.render(Statuses.withFastPath(new FastPath("On", null, null))))
        .containsOnlyOnce("  Fast path   On\n");
    assertThat(
            StatusText.render(
                Statuses.withFastPath(new FastPath("Off", "KernelTooOld", "too old"))))
        .contains("  Fast path   Off (KernelTooOld): too old\n");
  }

  @Test
  void theFirstLineSaysWhatKeepsPodsFromWorking() {
    assertThat(StatusText.render(Statuses.ready(Statuses.blocking())))
        .startsWith("Node n1: programmed, but NOT ready: ModuleMissing\n");
  }
}
