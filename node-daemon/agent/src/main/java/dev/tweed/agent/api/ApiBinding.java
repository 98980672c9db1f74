package dev.tweed.agent.api;

import dev.tweed.agent.api.CredentialFiles.Source;
import dev.tweed.agent.api.KubeconfigReader.Kubeconfig;
import dev.tweed.agent.memory.Binding;
import dev.tweed.netlink.Sha256;
import java.io.IOException;
import java.util.HexFormat;
import java.util.Map;
import java.util.Optional;

/**
 * Binds what is kept on disk to this node and to the API server it was learned from. Files are read
 * with each use: certificates of the authority change while the daemon runs.
 *
 * @param nodeName name of the Node object
 * @param machineId of the machine
 * @param access which API server
 * @param environment where KUBERNETES_SERVICE_HOST is looked up
 */
public record ApiBinding(
    String nodeName, String machineId, ApiAccess access, Map<String, String> environment)
    implements Binding.Source {

  @Override
  public Binding read() throws IOException {
    try {
      Optional<Kubeconfig> kubeconfig = access.kubeconfig().map(KubeconfigReader::read);
      ServerLocation server = ApiClient.location(access, kubeconfig, environment);
      Optional<Source> authority = ApiClient.credentials(access, kubeconfig).authority();
      return new Binding(
          nodeName,
          machineId,
          authority.isPresent()
              ? HexFormat.of().formatHex(Sha256.begin().digest(authority.get().read()))
              : "",
          ApiClient.verifiedName(kubeconfig, server));
    } catch (IllegalArgumentException e) {
      throw new IOException(e.getMessage(), e); // a kubeconfig that is just being replaced, say
    }
  }
}
