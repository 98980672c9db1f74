package dev.tweed.agent.api;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketOption;
import java.net.StandardSocketOptions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import jdk.net.ExtendedSocketOptions;

/**
 * Makes connections to the API server.
 *
 * <p>The kernel asks the other side whether it is there when nothing was heard for 10 s, and gives
 * up after three questions, 5 s apart: so a node whose address has changed, a firewall that forgot
 * the flow and a server without power are found in 25 s. (TCP_USER_TIMEOUT, which would do the same
 * for data that is not acknowledged, cannot be set from Java; the time limit of each request does.)
 *
 * @param tls whether to speak TLS
 * @param name what the server's certificate has to be for
 * @param addresses where to try
 */
record ConnectionFactory(boolean tls, String name, ServerAddresses addresses) {

  private static final Map<SocketOption<Integer>, Integer> KEEPALIVE =
      Map.of(
          ExtendedSocketOptions.TCP_KEEPIDLE, 10,
          ExtendedSocketOptions.TCP_KEEPINTERVAL, 5,
          ExtendedSocketOptions.TCP_KEEPCOUNT, 3);

  private static final int ADDRESSES_MAX = 20;
  private static final int CONNECT_MS = 5_000;

  /** While there are others to try: one lost packet, which is sent again after 1 s, is forgiven. */
  private static final int CONNECT_ONE_OF_SEVERAL_MS = 1_500;

  private static final int BUFFER = 4096;

  /**
   * A connection whose other side has shown that it is the API server, if TLS is spoken.
   *
   * @param plain the socket below TLS: closing it frees whoever waits, which that of TLS might not
   * @param credentials what the connection was made with
   */
  record Connection(
      Socket plain, InputStream in, OutputStream out, CredentialStore.Tls credentials) {}

  /**
   * Connects to the first address that answers as the API server.
   *
   * @param credentials to use; not used without TLS
   * @param opening told of each socket before it waits for anything, so that it can be closed
   * @throws IOException of the first address, which is the one that was configured or went well
   *     last; those of the others are with it
   */
  Connection open(CredentialStore.Tls credentials, Consumer<Socket> opening) throws IOException {
    List<InetSocketAddress> candidates =
        addresses.candidates().stream().limit(ADDRESSES_MAX).toList();
    List<IOException> failures = new ArrayList<>();
    for (InetSocketAddress address : candidates) {
      boolean last = address.equals(candidates.getLast());
      try {
        Connection connection =
            open(address, last ? CONNECT_MS : CONNECT_ONE_OF_SEVERAL_MS, credentials, opening);
        addresses.connected(address);
        return connection;
      } catch (IOException e) {
        failures.add(e);
      }
    }
    if (failures.isEmpty()) {
      throw new IOException("no address of the API server is known");
    }
    IOException first = failures.getFirst();
    failures.stream().skip(1).forEach(first::addSuppressed);
    String message =
        candidates.getFirst()
            + ": "
            + first.getMessage()
            + (failures.size() > 1
                ? "; none of %d more answers".formatted(failures.size() - 1)
                : "");
    throw failures.stream().allMatch(ApiUnreachedException.class::isInstance)
        ? new ApiUnreachedException(message, first)
        : new IOException(message, first);
  }

  private Connection open(
      InetSocketAddress address,
      int connectMillis,
      CredentialStore.Tls credentials,
      Consumer<Socket> opening)
      throws IOException {
    Socket plain = new Socket();
    try {
      opening.accept(plain);
      plain.setTcpNoDelay(true);
      plain.setOption(StandardSocketOptions.SO_KEEPALIVE, true);
      for (Map.Entry<SocketOption<Integer>, Integer> option : KEEPALIVE.entrySet()) {
        if (plain.supportedOptions().contains(option.getKey())) {
          plain.setOption(option.getKey(), option.getValue());
        }
      }
      connect(plain, address, connectMillis);
      Socket speaking = tls ? secured(plain, address, credentials) : plain;
      return new Connection(
          plain,
          new BufferedInputStream(speaking.getInputStream(), BUFFER),
          speaking.getOutputStream(),
          credentials);
    } catch (IOException | RuntimeException e) {
      plain.close();
      throw e;
    }
  }

  private static void connect(Socket socket, InetSocketAddress address, int millis)
      throws ApiUnreachedException {
    try {
      socket.connect(address, millis);
    } catch (IOException e) {
      throw new ApiUnreachedException(e.getMessage(), e);
    }
  }

  private Socket secured(Socket plain, InetSocketAddress address, CredentialStore.Tls credentials)
      throws IOException {
    SSLSocket socket =
        (SSLSocket)
            credentials
                .context()
                .getSocketFactory()
                .createSocket(plain, name, address.getPort(), true);
    SSLParameters parameters = socket.getSSLParameters();
    parameters.setEndpointIdentificationAlgorithm("HTTPS");
    socket.setSSLParameters(parameters);
    plain.setSoTimeout(CONNECT_MS);
    socket.startHandshake();
    plain.setSoTimeout(0);
    return socket;
  }
}
