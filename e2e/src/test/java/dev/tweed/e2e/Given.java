package dev.tweed.e2e;

import dev.tweed.e2e.bed.Installation;
import dev.tweed.e2e.bed.TestCluster;
import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.time.Duration;

/** The starting point most classes share. */
final class Given {
  /** The pool of the PodNetwork {@code default}. */
  static final String POOL = "10.244.0.0/16";

  /**
   * Values of the release: blocks of Nodes that are gone come back while a test can wait for it.
   */
  static final String VALUES =
      """
      operator:
        releaseAfter: 5s
      """;

  private Given() {}

  /** Tweed installed by its chart, the PodNetwork {@code default} applied, every Node Ready. */
  static void installed(Installation tweed) {
    if (!tweed.isInstalled()) {
      tweed.helmInstall(VALUES);
    }
    if (tweed.podNetwork("default").isEmpty()) {
      tweed.apply(Installation.podNetwork("default", POOL));
    }
    tweed.awaitReady(Duration.ofSeconds(120));
  }

  /** A Node that no machine runs: enough for the operator to hand out a block. */
  static void paperNode(TestCluster cluster, String name, int index) {
    paperNode(cluster, name, "172.31.76." + (10 + index));
  }

  /** The same with an address. */
  static void paperNode(TestCluster cluster, String name, String address) {
    KubernetesClient client = cluster.client();
    client
        .nodes()
        .resource(
            new NodeBuilder()
                .withNewMetadata()
                .withName(name)
                .endMetadata()
                .withNewSpec()
                .addNewTaint()
                .withKey("tweed.dev/paper")
                .withEffect("NoExecute")
                .endTaint()
                .endSpec()
                .build())
        .create();
    client
        .nodes()
        .withName(name)
        .subresource("status")
        .patch(
            PatchContext.of(PatchType.STRATEGIC_MERGE),
            """
            {"status": {"addresses": [{"type": "InternalIP", "address": "%s"}]}}
            """
                .formatted(address));
  }
}
