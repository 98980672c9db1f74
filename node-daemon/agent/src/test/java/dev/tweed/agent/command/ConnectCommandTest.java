package dev.tweed.agent.command;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.ServerSocket;
import org.junit.jupiter.api.Test;

class ConnectCommandTest {
  private final StringWriter out = new StringWriter();

  @Test
  void saysFromWhereItIsConnected() throws IOException {
    try (ServerSocket server = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"))) {
      assertThat(connect(server.getLocalPort())).isZero();
      assertThat(out)
          .hasToString("127.0.0.1 port %d answers 127.0.0.1%n".formatted(server.getLocalPort()));
    }
  }

  @Test
  void saysWhyItIsNot() throws IOException {
    int port;
    try (ServerSocket server = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"))) {
      port = server.getLocalPort();
    }

    assertThat(connect(port)).isOne();
    assertThat(out).asString().contains("127.0.0.1 port " + port + " does not answer: ", "refused");
  }

  private int connect(int port) {
    return TweedNode.execute(
        new PrintWriter(out, true), "connect", "127.0.0.1", Integer.toString(port), "--timeout=0");
  }
}
