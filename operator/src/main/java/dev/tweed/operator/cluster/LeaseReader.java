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
  private static final long PAGE = 500L;

  private final KubernetesClient client;
  private final String namespace;
  private final String electionNamespace;

  LeaseReader(KubernetesClient client, String namespace, String electionNamespace) {
    this.client = client;
    this.namespace = namespace;
    this.electionNamespace = electionNamespace;
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
    do {
      LeaseList page =
          client
              .leases()
              .inNamespace(namespace)
              .list(new ListOptionsBuilder().withLimit(PAGE).withContinue(next).build());
      for (Lease lease : page.getItems()) {
        versions.put(lease.getMetadata().getName(), lease.getMetadata().getResourceVersion());
      }
      next = page.getMetadata().getContinue();
    } while (next != null && !next.isEmpty());
    Optional<Lease> election =
        Optional.ofNullable(
            client
                .leases()
                .inNamespace(electionNamespace)
                .withName(OperatorSettings.ELECTION_LEASE)
                .get());
    return new Look(at, versions, election.map(l -> l.getMetadata().getResourceVersion()));
  }
}
