package dev.tweed.operator.silence;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.operator.silence.SilenceFacts.DaemonPod;
import dev.tweed.operator.silence.SilenceFacts.Kubelet;
import dev.tweed.operator.silence.SilenceFacts.Stage;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class SilenceRendererTest {

  @Test
  void whatCanBeToldApartIs() {
    assertThat(message(Kubelet.SILENT, Optional.of(pod(Stage.RUNNING, "")), true))
        .contains("the node is down, or cut off from the API server: kubectl describe node n1")
        .doesNotContain("pod");
    assertThat(message(Kubelet.READY, Optional.empty(), false))
        .endsWith("on the node, systemctl status tweed-node; journalctl -u tweed-node");
    assertThat(message(Kubelet.READY, Optional.empty(), true))
        .contains("The node has no pod of it", "kubectl -n ns get daemonsets,pods -o wide");
    assertThat(message(Kubelet.READY, Optional.of(pod(Stage.WAITING, "ErrImagePull")), true))
        .endsWith("Its pod does not run (ErrImagePull): kubectl -n ns describe pod p");
    assertThat(message(Kubelet.READY, Optional.of(pod(Stage.CRASHING, "4 restarts")), true))
        .endsWith("Its pod ends again and again (4 restarts): kubectl -n ns logs p --previous");
    assertThat(message(Kubelet.READY, Optional.of(pod(Stage.ENDING, "")), true))
        .contains("Its pod is being deleted");
    assertThat(message(Kubelet.READY, Optional.of(pod(Stage.RUNNING, "")), true))
        .contains("the process is stopped or hangs, or is cut off", "kubectl -n ns logs p");
    assertThat(message(Kubelet.NOT_READY, Optional.of(pod(Stage.RUNNING, "")), true))
        .contains("Its pod runs", "the Node is not Ready: kubectl describe node n1");
  }

  private static DaemonPod pod(Stage stage, String detail) {
    return new DaemonPod("p", stage, detail);
  }

  private static String message(Kubelet kubelet, Optional<DaemonPod> pod, boolean pods) {
    return SilenceRenderer.message("n1", new SilenceFacts("ns", kubelet, pod, pods));
  }
}
