package dev.tweed.agent.command;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ApiOptionsTest {

  /** As systemd gives a host's name (%H), of which the kubelet makes that of the Node. */
  @ParameterizedTest
  @CsvSource({
    "worker-3, worker-3",
    "Worker-3, worker-3",
    "NODE1.Example.ORG, node1.example.org",
    "' n1 ', n1"
  })
  void aNodeIsNamedAsTheKubeletNamesIt(String host, String node) {
    assertThat(options(host).nodeName()).isEqualTo(node);
  }

  @Test
  void noNameIsRefused() {
    assertThatThrownBy(() -> options(" ").nodeName())
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("--node-name");
  }

  private static ApiOptions options(String host) {
    ApiOptions options = new ApiOptions();
    options.nodeName = host;
    return options;
  }
}
