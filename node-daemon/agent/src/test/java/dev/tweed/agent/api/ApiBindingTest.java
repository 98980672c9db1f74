package dev.tweed.agent.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tweed.agent.memory.Binding;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ApiBindingTest {

  private static final String SHA256_OF_ABC =
      "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

  @TempDir Path directory;

  @Test
  void inAPodItIsTheServicesNameAndTheMountedAuthority() throws IOException {
    ApiBinding binding =
        new ApiBinding(
            "n1",
            "m1",
            new ApiAccess(Optional.empty(), Optional.empty(), directory),
            Map.of("KUBERNETES_SERVICE_HOST", "10.96.0.1", "KUBERNETES_SERVICE_PORT", "443"));

    // Before the kubelet has mounted it, nothing is known
    assertThatThrownBy(binding::read).isInstanceOf(IOException.class);
    Files.writeString(directory.resolve("ca.crt"), "abc");
    assertThat(binding.read()).isEqualTo(new Binding("n1", "m1", SHA256_OF_ABC, "10.96.0.1"));
  }

  @Test
  void ofAKubeconfigItIsTheNameThatIsVerified() throws IOException {
    Path kubeconfig = directory.resolve("kubeconfig");
    ApiBinding binding =
        new ApiBinding(
            "n1",
            "",
            new ApiAccess(Optional.of(kubeconfig), Optional.empty(), directory),
            Map.of());

    assertThatThrownBy(binding::read)
        .isInstanceOf(IOException.class)
        .hasMessageContaining("cannot be read");
    Files.writeString(
        kubeconfig,
        """
        current-context: c
        clusters:
        - name: k
          cluster:
            server: https://198.51.100.10:6443
            certificate-authority-data: YWJj
            tls-server-name: kubernetes
        contexts:
        - {name: c, context: {cluster: k, user: node}}
        users:
        - {name: node, user: {token: t}}
        """);
    assertThat(binding.read()).isEqualTo(new Binding("n1", "", SHA256_OF_ABC, "kubernetes"));
  }
}
