package dev.tweed.operator.cluster;

import java.time.Duration;
import java.util.Optional;
import java.util.Set;

/**
 * What can be set about the operator.
 *
 * @param namespace where the operator lives: its Lease and ledger
 * @param leaseNamespace where daemons have their Leases; without, nobody's silence is told
 * @param instance name of this process, for Events and the Lease
 * @param releaseAfter how long a block outlives its node
 * @param quiet rest of the ledger before anything is deleted
 * @param batch claims in one go: one ledger entry, at most 1 MiB
 * @param parallelism requests in flight
 * @param mirroredLabels Node labels that go onto every NodeSubnet
 * @param networkPolicies whether network policies are compiled for nodes
 */
public record OperatorSettings(
    String namespace,
    Optional<String> leaseNamespace,
    String instance,
    Duration releaseAfter,
    Duration quiet,
    int batch,
    int parallelism,
    Set<String> mirroredLabels,
    boolean networkPolicies) {
  /** Name of the Lease by which operators elect a leader. */
  public static final String ELECTION_LEASE = "tweed-operator";
}
