package dev.tweed.agent.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tweed.agent.api.CredentialFiles.Source;
import dev.tweed.agent.api.KubeconfigReader.Kubeconfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class KubeconfigReaderTest {

  private static final String GOOD =
      """
      apiVersion: v1
      kind: Config
      current-context: c
      preferences: {}
      clusters:
      - name: k
        cluster:
          server: https://198.51.100.10:6443
          certificate-authority: pki/ca.crt
          tls-server-name: kubernetes
      contexts:
      - {name: other, context: {cluster: none}}
      - {name: c, context: {cluster: k, user: node}}
      users:
      - name: node
        user:
          client-certificate-data: QUJD
          client-key: /etc/tweed/node.key
      """;

  @TempDir Path directory;

  private Kubeconfig read(String text) throws IOException {
    return KubeconfigReader.read(Files.writeString(directory.resolve("kubeconfig"), text));
  }

  @Test
  void theCurrentContextIsRead() throws IOException {
    Kubeconfig read = read(GOOD);

    assertThat(read.server()).contains("https://198.51.100.10:6443");
    assertThat(read.verifiedName()).contains("kubernetes");
    CredentialFiles files = read.credentials();
    assertThat(files.authority()).contains(new Source.File(directory.resolve("pki/ca.crt")));
    assertThat(files.certificate().orElseThrow().read()).asString().isEqualTo("ABC");
    assertThat(files.key()).contains(new Source.File(Path.of("/etc/tweed/node.key")));
    assertThat(files.token()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "[]",
        "a: [",
        "current-context: c",
        "current-context: c\ncontexts: 7",
        "current-context: c\ncontexts: [{name: c}]",
        "current-context: c\ncontexts: [{name: c, context: {cluster: k}}]"
      })
  void whatIsNoneIsExplained(String text) {
    assertThatThrownBy(() -> read(text))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("--kubeconfig ");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "client-key: /etc/tweed/node.key->exec: {command: aws}",
        "client-certificate-data: QUJD->client-certificate-data: '*'",
        "tls-server-name: kubernetes->proxy-url: http://proxy",
        "tls-server-name: kubernetes->insecure-skip-tls-verify: true"
      })
  void whatIsNotSupportedIsExplained(String change) {
    String[] parts = change.split("->");

    assertThatThrownBy(() -> read(GOOD.replace(parts[0], parts[1])))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("--kubeconfig ");
  }
}
