package dev.tweed.operator.cluster;

import dev.tweed.operator.silence.SilenceFacts;
import dev.tweed.operator.silence.SilenceFacts.DaemonPod;
import dev.tweed.operator.silence.SilenceFacts.Kubelet;
import dev.tweed.operator.silence.SilenceFacts.Stage;
import io.fabric8.kubernetes.api.model.ContainerState;
import io.fabric8.kubernetes.api.model.ContainerStateWaiting;
import io.fabric8.kubernetes.api.model.ContainerStatus;
import io.fabric8.kubernetes.api.model.ListOptionsBuilder;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodCondition;
import io.fabric8.kubernetes.api.model.PodList;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.FilterWatchListDeletable;
import io.fabric8.kubernetes.client.dsl.PodResource;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Asks the API server for the surroundings of a daemon that is silent. */
final class SilenceFactsReader {
  /** As the chart labels them. */
  private static final Map<String, String> DAEMONS =
      Map.of("app.kubernetes.io/name", "tweed", "app.kubernetes.io/component", "node");

  private static final Set<String> STARTING = Set.of("ContainerCreating", "PodInitializing");

  private final KubernetesClient client;
  private final String namespace;

  /**
   * @param namespace where the daemons' pods are
   */
  SilenceFactsReader(KubernetesClient client, String namespace) {
    this.client = client;
    this.namespace = namespace;
  }

  /**
   * @throws io.fabric8.kubernetes.client.KubernetesClientException when the API server does not say
   */
  SilenceFacts read(String node) {
    // From the API server's cache: each is asked for all pods of the daemons otherwise, by etcd.
    List<Pod> pods =
        daemons()
            .withField("spec.nodeName", node)
            .list(new ListOptionsBuilder().withResourceVersion("0").build())
            .getItems();
    boolean anywhere =
        !pods.isEmpty()
            || !daemons().list(new ListOptionsBuilder().withLimit(1L).build()).getItems().isEmpty();
    return new SilenceFacts(
        namespace,
        kubelet(Optional.ofNullable(client.nodes().withName(node).get())),
        pods.stream()
            .map(SilenceFactsReader::pod)
            .min(Comparator.comparing(pod -> pod.stage() == Stage.ENDING)),
        anywhere);
  }

  private FilterWatchListDeletable<Pod, PodList, PodResource> daemons() {
    return client.pods().inNamespace(namespace).withLabels(DAEMONS);
  }

  private static Kubelet kubelet(Optional<Node> node) {
    return node.stream()
        .flatMap(n -> n.getStatus().getConditions().stream())
        .filter(c -> "Ready".equals(c.getType()))
        .map(
            c ->
                switch (c.getStatus()) {
                  case "True" -> Kubelet.READY;
                  case "False" -> Kubelet.NOT_READY;
                  default -> Kubelet.SILENT;
                })
        .findFirst()
        // One that has never said anything.
        .orElse(Kubelet.SILENT);
  }

  static DaemonPod pod(Pod pod) {
    String name = pod.getMetadata().getName();
    if (pod.getMetadata().getDeletionTimestamp() != null) {
      return new DaemonPod(name, Stage.ENDING, "");
    }
    Optional<ContainerStatus> before =
        pod.getStatus().getInitContainerStatuses().stream().filter(c -> !isDone(c)).findFirst();
    if (before.isPresent()) {
      return new DaemonPod(
          name,
          Stage.WAITING,
          "init container %s, %d restarts%s"
              .formatted(
                  before.get().getName(),
                  Optional.ofNullable(before.get().getRestartCount()).orElse(0),
                  ended(before.get()).map(", "::concat).orElse("")));
    }
    Optional<ContainerStatus> container = pod.getStatus().getContainerStatuses().stream().findAny();
    if (container.isEmpty()) {
      return new DaemonPod(name, Stage.WAITING, unscheduled(pod));
    }
    int restarts = Optional.ofNullable(container.get().getRestartCount()).orElse(0);
    ContainerState state =
        Optional.ofNullable(container.get().getState()).orElseGet(ContainerState::new);
    if (state.getRunning() != null) {
      return new DaemonPod(name, Stage.RUNNING, restarts == 0 ? "" : restarts + " restarts");
    }
    String waits =
        Optional.ofNullable(state.getWaiting()).map(ContainerStateWaiting::getReason).orElse("");
    if (state.getTerminated() == null && (restarts == 0 || STARTING.contains(waits))) {
      return new DaemonPod(name, Stage.WAITING, waits);
    }
    return new DaemonPod(
        name,
        Stage.CRASHING,
        "%d restarts%s".formatted(restarts, ended(container.get()).map(", "::concat).orElse("")));
  }

  private static boolean isDone(ContainerStatus init) {
    return Optional.ofNullable(init.getState())
        .map(ContainerState::getTerminated)
        .filter(t -> t.getExitCode() == 0)
        .isPresent();
  }

  private static Optional<String> ended(ContainerStatus container) {
    return Optional.ofNullable(container.getState())
        .map(ContainerState::getTerminated)
        .or(() -> Optional.ofNullable(container.getLastState()).map(ContainerState::getTerminated))
        .map(t -> "last end %s, exit code %d".formatted(t.getReason(), t.getExitCode()));
  }

  private static String unscheduled(Pod pod) {
    return pod.getStatus().getConditions().stream()
        .filter(c -> "PodScheduled".equals(c.getType()) && "False".equals(c.getStatus()))
        .findFirst()
        .map(PodCondition::getMessage)
        .orElse("");
  }
}
