package dev.tweed.agent.command;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RunCommandTest {

  @ParameterizedTest
  @CsvSource({
    "127.0.0.1:9464, 127.0.0.1, 9464",
    "[::1]:80, 0:0:0:0:0:0:0:1, 80",
    "localhost:0, 127.0.0.1, 0",
    "0.0.0.0:65535, 0.0.0.0, 65535"
  })
  void readsWhereToListen(String text, String address, int port) throws IOException {
    assertThat(RunCommand.httpAddress(text).getAddress().getHostAddress()).isEqualTo(address);
    assertThat(RunCommand.httpAddress(text).getPort()).isEqualTo(port);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "9464", ":9464", "127.0.0.1", "node.example:80", "127.0.0.1:65536"})
  void refusesWhatWouldNeedANameServerOrIsNoAddress(String text) {
    assertThatThrownBy(() -> RunCommand.httpAddress(text))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("--http-address");
  }
}
