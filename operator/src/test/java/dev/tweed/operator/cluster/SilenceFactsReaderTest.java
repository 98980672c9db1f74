package dev.tweed.operator.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.operator.silence.SilenceFacts.DaemonPod;
import dev.tweed.operator.silence.SilenceFacts.Stage;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import org.junit.jupiter.api.Test;

class SilenceFactsReaderTest {

  private final PodBuilder pod =
      new PodBuilder()
          .withNewMetadata()
          .withName("p")
          .endMetadata()
          .withNewStatus()
          .addNewContainerStatus()
          .withName("node")
          .endContainerStatus()
          .endStatus();

  @Test
  void whatAPodDoesNotSayIsLeftOut() {
    // Given a state without a reason, none, and a condition without a message
    PodBuilder waiting =
        pod.editStatus()
            .editFirstContainerStatus()
            .withNewState()
            .withNewWaiting()
            .endWaiting()
            .endState()
            .endContainerStatus()
            .endStatus();

    assertThat(SilenceFactsReader.pod(waiting.build()))
        .isEqualTo(new DaemonPod("p", Stage.WAITING, ""));
    assertThat(SilenceFactsReader.pod(pod.build()))
        .isEqualTo(new DaemonPod("p", Stage.WAITING, ""));
    assertThat(
            SilenceFactsReader.pod(
                new PodBuilder()
                    .withNewMetadata()
                    .withName("p")
                    .endMetadata()
                    .withNewStatus()
                    .addNewCondition()
                    .withType("PodScheduled")
                    .withStatus("False")
                    .endCondition()
                    .endStatus()
                    .build()))
        .isEqualTo(new DaemonPod("p", Stage.WAITING, ""));
  }

  @Test
  void anInitContainerThatFailsIsWhatThePodWaitsFor() {
    Pod failing =
        new PodBuilder()
            .withNewMetadata()
            .withName("p")
            .endMetadata()
            .withNewStatus()
            .addNewInitContainerStatus()
            .withName("cni-plugins")
            .withRestartCount(3)
            .withNewState()
            .withNewTerminated()
            .withReason("Error")
            .withExitCode(1)
            .endTerminated()
            .endState()
            .endInitContainerStatus()
            .addNewContainerStatus()
            .withNewState()
            .withNewWaiting()
            .withReason("PodInitializing")
            .endWaiting()
            .endState()
            .endContainerStatus()
            .endStatus()
            .build();

    assertThat(SilenceFactsReader.pod(failing))
        .isEqualTo(
            new DaemonPod(
                "p",
                Stage.WAITING,
                "init container cni-plugins, 3 restarts, last end Error, exit code 1"));
  }
}
