package dev.tweed.agent.api;

import java.nio.file.Path;
import java.util.Optional;

/**
 * Which API server, and as whom.
 *
 * @param kubeconfig a kubeconfig file with a client certificate; without one, the service account
 *     of the pod
 * @param server URL that replaces the one of the kubeconfig or of the pod's environment, for nodes
 *     where nothing serves Service addresses yet
 * @param serviceAccount directory with the files {@code token} and {@code ca.crt}; may not exist
 */
public record ApiAccess(Optional<Path> kubeconfig, Optional<String> server, Path serviceAccount) {

  /** Where the kubelet mounts them in a pod. */
  public static final Path SERVICE_ACCOUNT =
      Path.of("/var/run/secrets/kubernetes.io/serviceaccount");
}
