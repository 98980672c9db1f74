package dev.tweed.agent.memory;

import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * Whose memory a file is: it is of use to the same node, on the same machine, of the same API
 * server.
 *
 * @param nodeName name of the Node object
 * @param machineId of the machine; empty if it tells none
 * @param authorityDigest SHA-256 in hex of the certificates that vouch for the API server; empty
 *     without any
 * @param serverName the name that the API server's certificate is verified for
 */
public record Binding(
    String nodeName, String machineId, String authorityDigest, String serverName) {

  /** What a binding is had from; what it consists of may change while the daemon runs. */
  @FunctionalInterface
  public interface Source {
    /**
     * The binding now.
     *
     * @throws IOException if part of it cannot be known now
     */
    Binding read() throws IOException;
  }

  /** A form that no other binding has. */
  byte[] bytes() {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (DataOutputStream out = new DataOutputStream(bytes)) {
      for (String part : List.of(nodeName, machineId, authorityDigest, serverName)) {
        byte[] text = part.getBytes(StandardCharsets.UTF_8);
        out.writeInt(text.length);
        out.write(text);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return bytes.toByteArray();
  }
}
