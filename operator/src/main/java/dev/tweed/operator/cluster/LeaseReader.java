package dev.tweed.operator.cluster;

import dev.tweed.operator.silence.Look;
import io.fabric8.kubernetes.api.model.ListOptionsBuilder;
import io.fabric8.kubernetes.api.model.coordination.v1.Lease;
import io.fabric8.kubernetes.api.model.coordination.v1.LeaseList;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Looks at the Leases. A list every few seconds, and no watch: a list that came is proof that the
 * look was alive, where a watch that is silent may be dead; and of 5,000 Leases it is fewer bytes.
 */
final class LeaseReader {
  // A Lease is 1 kB.
  private static final long PAGE = 2_000L;

  private final KubernetesClient client;
  private final String namespace;
  private final OperatorSettings settings;

  /**
   * @param namespace of the daemons' Leases
   */
  LeaseReader(KubernetesClient client, String namespace, OperatorSettings settings) {
    this.client = client;
    this.namespace = namespace;
    this.settings = settings;
  }

  /**
   * The Leases as the API server has them now, not as it had them a while ago: the requests name no
   * version.
   *
   * @throws io.fabric8.kubernetes.client.KubernetesClientException when it does not say
   */
  Look look(Instant at) {
    Map<String, String> versions = new HashMap<>();
    String next = null;
    LeaseList page;
    do {
      page =
          client
              .leases()
              .inNamespace(namespace)
              .list(new ListOptionsBuilder().withLimit(PAGE).withContinue(next).build());
      for (Lease lease : page.getItems()) {
        versions.put(lease.getMetadata().getName(), lease.getMetadata().getResourceVersion());
      }
      next = page.getMetadata().getContinue();
    } while (next != null && !next.isEmpty());
    // A write by anybody, such as a kubelet, where this process writes no Lease of its own.
    String revision = page.getMetadata().getResourceVersion();
    return new Look(at, versions, ledBy().or(() -> Optional.ofNullable(revision)));
  }

  /** Version of the Lease by which this process leads, if there is an election. */
  private Optional<String> ledBy() {
    return Optional.ofNullable(
            client
                .leases()
                .inNamespace(settings.namespace())
                .withName(OperatorSettings.ELECTION_LEASE)
                .get())
        .filter(lease -> settings.instance().equals(lease.getSpec().getHolderIdentity()))
        .map(lease -> lease.getMetadata().getResourceVersion());
  }
}
