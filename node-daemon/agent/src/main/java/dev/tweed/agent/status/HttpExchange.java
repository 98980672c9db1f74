package dev.tweed.agent.status;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/**
 * One request and its answer over one connection (RFC 9112), without ever waiting for the client.
 * Headers and bodies of requests are not looked at, and the connection ends with the answer.
 */
final class HttpExchange implements AutoCloseable {

  /** More than any probe or scrape sends. */
  private static final int LONGEST_REQUEST = 8192;

  /**
   * What a client is told.
   *
   * @param code status code, such as 200
   */
  record Response(int code, String contentType, String body) {
    private static final String TEXT = "text/plain; charset=utf-8";

    static Response text(int code, String body) {
      return new Response(code, TEXT, body + "\n");
    }
  }

  private final SocketChannel channel;
  private final long deadline;
  private final ByteBuffer request = ByteBuffer.allocate(LONGEST_REQUEST);
  private Optional<ByteBuffer> response = Optional.empty();

  /**
   * @param channel not blocking; closed with this
   * @param deadline when the exchange has to be over, by {@link System#nanoTime}
   */
  HttpExchange(SocketChannel channel, long deadline) {
    this.channel = channel;
    this.deadline = deadline;
  }

  /**
   * Reads what has come.
   *
   * @return the first line of the request once all of it is here, empty while it is not
   * @throws IOException when no request can come of it any more
   */
  Optional<String> read() throws IOException {
    if (channel.read(request) < 0) {
      throw new IOException("closed before the end of the request");
    }
    String text = new String(request.array(), 0, request.position(), StandardCharsets.ISO_8859_1);
    int end = text.indexOf("\r\n");
    if (end >= 0 && text.contains("\r\n\r\n")) {
      return Optional.of(text.substring(0, end));
    }
    if (!request.hasRemaining()) {
      throw new IOException("the request is too long");
    }
    return Optional.empty();
  }

  /** Takes the answer, to be sent by {@link #write}. */
  void respond(Response answer) {
    byte[] body = answer.body().getBytes(StandardCharsets.UTF_8);
    byte[] head =
        // Asked for every few seconds, for ever: no format to be parsed each time.
        ("HTTP/1.1 "
                + answer.code()
                + (answer.code() < 300 ? " OK" : " Error")
                + "\r\nContent-Type: "
                + answer.contentType()
                + "\r\nContent-Length: "
                + body.length
                + "\r\nConnection: close\r\n\r\n")
            .getBytes(StandardCharsets.ISO_8859_1);
    response =
        Optional.of(ByteBuffer.allocate(head.length + body.length).put(head).put(body).flip());
  }

  boolean hasResponse() {
    return response.isPresent();
  }

  /** Sends what the client takes now; true once that was all. */
  boolean write() throws IOException {
    ByteBuffer rest = response.orElseThrow();
    channel.write(rest);
    return !rest.hasRemaining();
  }

  /** Nanoseconds until it has to be over. */
  long remaining(long now) {
    return deadline - now;
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
