package dev.tweed.agent.command;

import dev.tweed.agent.api.ApiAccess;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import picocli.CommandLine.Option;

/** Options that say which node this is and how its API server is reached. */
final class ApiOptions {

  @Option(
      names = "--node-name",
      paramLabel = "NAME",
      defaultValue = "${env:NODE_NAME:-${env:TWEED_NODE_NAME:-}}",
      description = "Name of this node's Node object. Environment: NODE_NAME")
  String nodeName;

  @Option(
      names = "--kubeconfig",
      paramLabel = "FILE",
      defaultValue = "${env:TWEED_KUBECONFIG:-}",
      description =
          "Client certificate and API server, for a daemon outside of a pod (O=tweed:nodes,"
              + " CN=tweed:node:<name>)")
  String kubeconfig;

  @Option(
      names = "--api-server",
      paramLabel = "URL",
      defaultValue = "${env:TWEED_API_SERVER:-}",
      description = "API server, instead of the one of the kubeconfig or of the pod")
  String apiServer;

  /**
   * The name of this node, as the kubelet makes it of the one of the host: without capitals, which
   * no Node has in its name, and without blanks around it.
   *
   * @throws IllegalArgumentException when it has not been given
   */
  String nodeName() {
    String name = nodeName.strip().toLowerCase(Locale.ROOT);
    if (name.isEmpty()) {
      throw new IllegalArgumentException(
          "the name of this node is missing: give --node-name or the environment NODE_NAME");
    }
    return name;
  }

  ApiAccess access() {
    return new ApiAccess(
        Optional.of(kubeconfig).filter(k -> !k.isEmpty()).map(Path::of),
        Optional.of(apiServer).filter(u -> !u.isEmpty()),
        ApiAccess.SERVICE_ACCOUNT);
  }
}
