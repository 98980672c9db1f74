package dev.tweed.agent.api;

import java.io.Closeable;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.util.Locale;
import java.util.OptionalInt;

/**
 * An answer of HTTP/1.1 (RFC 9112): its status, and its body as a stream. Whatever a server sends,
 * the result is an answer or an IOException, in bounded memory; a body that was cut off ends in an
 * EOFException, never as if it were whole.
 */
public final class HttpAnswer implements Closeable {

  private static final int LINE_MAX = 8192;
  private static final int LINES_MAX = 100;
  private static final int INTERIM_MAX = 8;

  /** So much is read of a body nobody wants, so that the connection can be used again. */
  private static final int DRAINED = 64 * 1024;

  private static final int OK = 200;
  private static final int SWITCHING = 101;
  private static final int NO_CONTENT = 204;
  private static final int NOT_MODIFIED = 304;
  private static final int REDIRECTION = 300;

  /** The lines of a head that matter here. */
  private static final class Headers {
    private boolean chunked;
    private boolean coded;
    private boolean close;
    private long length = -1;
    private OptionalInt retryAfter = OptionalInt.empty();

    void add(String line) throws IOException {
      int colon = line.indexOf(':');
      if (colon <= 0 || line.charAt(0) == ' ' || line.charAt(0) == '\t') {
        throw new IOException("a header of the answer is none");
      }
      String name = line.substring(0, colon).toLowerCase(Locale.ROOT);
      String value = line.substring(colon + 1).strip();
      switch (name) {
        case "transfer-encoding" -> {
          coded |= chunked || !value.equalsIgnoreCase("chunked");
          chunked = true;
        }
        case "content-length" -> {
          long one = number(value, Long.MAX_VALUE, 10);
          if (length >= 0 && length != one) {
            throw new IOException("the answer has two lengths");
          }
          length = one;
        }
        case "content-encoding" -> coded |= !value.equalsIgnoreCase("identity");
        case "connection" -> close |= value.toLowerCase(Locale.ROOT).contains("close");
        case "retry-after" -> retryAfter = seconds(value);
        default -> {}
      }
    }

    /** The other form, a date, needs the server's clock; it is not used by API servers. */
    private static OptionalInt seconds(String value) {
      return value.matches("[0-9]{1,6}")
          ? OptionalInt.of(Integer.parseInt(value))
          : OptionalInt.empty();
    }
  }

  private final int status;
  private final OptionalInt retryAfter;
  private final boolean keepAlive;
  private final Body body;
  private Closer onClose = reusable -> {};
  private boolean whole;

  /** Learns that an answer is done with. */
  @FunctionalInterface
  interface Closer {
    /**
     * @param reusable whether the connection can take another request
     */
    void close(boolean reusable);
  }

  private HttpAnswer(int status, OptionalInt retryAfter, boolean keepAlive, Body body) {
    this.status = status;
    this.retryAfter = retryAfter;
    this.keepAlive = keepAlive;
    this.body = body;
  }

  /** Reads the head; interim answers are skipped. */
  public static HttpAnswer read(InputStream in) throws IOException {
    for (int i = 0; i < INTERIM_MAX; i++) {
      String first = line(in, LINE_MAX);
      int status = status(first);
      Headers headers = headers(in);
      if (status >= OK) {
        return of(status, first.startsWith("HTTP/1.0"), headers, in);
      }
      if (status == SWITCHING) {
        break;
      }
    }
    throw new IOException("the server does not come to an answer");
  }

  private static HttpAnswer of(int status, boolean old, Headers headers, InputStream in)
      throws IOException {
    if (headers.coded) {
      throw new IOException("the answer is encoded, which was not asked for");
    }
    if (headers.chunked && headers.length >= 0) {
      throw new IOException("the answer has chunks and a length");
    }
    Body body;
    if (status == NO_CONTENT || status == NOT_MODIFIED) {
      body = new Counted(in, 0);
    } else if (headers.chunked) {
      body = new Chunked(in);
    } else if (headers.length >= 0) {
      body = new Counted(in, headers.length);
    } else {
      body = new UntilClosed(in);
    }
    return new HttpAnswer(
        status, headers.retryAfter, !old && !headers.close && !(body instanceof UntilClosed), body);
  }

  private static int status(String line) throws IOException {
    if (!line.matches("HTTP/1\\.[01] [1-5][0-9][0-9]( .*)?")) {
      throw new IOException("what answers does not speak HTTP/1.1");
    }
    return Integer.parseInt(line.substring(9, 12));
  }

  private static Headers headers(InputStream in) throws IOException {
    Headers headers = new Headers();
    for (int i = 0; i <= LINES_MAX; i++) {
      String line = line(in, LINE_MAX);
      if (line.isEmpty()) {
        return headers;
      }
      headers.add(line);
    }
    throw new IOException("the answer has more than " + LINES_MAX + " headers");
  }

  private static String line(InputStream in, int max) throws IOException {
    StringBuilder line = new StringBuilder();
    for (int c = in.read(); c != '\n'; c = in.read()) {
      if (c < 0) {
        throw new EOFException("the connection ended in the head of an answer");
      }
      if (line.length() >= max) {
        throw new IOException("a line of the answer is longer than " + max + " characters");
      }
      line.append((char) c);
    }
    int end = line.length();
    if (end > 0 && line.charAt(end - 1) == '\r') {
      line.setLength(end - 1);
    }
    if (line.indexOf("\r") >= 0) {
      throw new IOException("a line of the answer holds a carriage return");
    }
    return line.toString();
  }

  private static long number(String text, long max, int radix) throws IOException {
    try {
      if (!text.isEmpty() && Character.digit(text.charAt(0), radix) >= 0) {
        long number = Long.parseLong(text, radix);
        if (number <= max) {
          return number;
        }
      }
    } catch (NumberFormatException e) {
      // Told below.
    }
    throw new IOException("a length in the answer is no number, or too large");
  }

  /** Such as 200. */
  public int status() {
    return status;
  }

  /** Whether the status says that what was asked for was done. */
  public boolean isSuccess() {
    return status >= OK && status < REDIRECTION;
  }

  /** Seconds the server wants to be left alone. */
  public OptionalInt retryAfter() {
    return retryAfter;
  }

  /** The body, to be read once. */
  public InputStream body() {
    return body;
  }

  HttpAnswer onClose(Closer closer) {
    onClose = closer;
    return this;
  }

  /**
   * Reads what is left of a body that was as expected, so that the connection can be used again;
   * where that is much, the connection is given up instead.
   */
  public void finish() throws IOException {
    whole = keepAlive && body.drain();
  }

  /** Ends the exchange. Without {@link #finish} the connection is given up. */
  @Override
  public void close() {
    onClose.close(whole);
  }

  private abstract static class Body extends InputStream {
    private final byte[] one = new byte[1];

    @Override
    public final int read() throws IOException {
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public abstract int read(byte[] bytes, int offset, int length) throws IOException;

    /** Reads a short rest; false if there is more. */
    final boolean drain() throws IOException {
      byte[] rest = new byte[1024];
      int left = DRAINED;
      int n = 0;
      while (left > 0 && n >= 0) {
        n = read(rest, 0, rest.length);
        left -= n;
      }
      return n < 0;
    }
  }

  /** Content-Length. */
  private static final class Counted extends Body {
    private final InputStream in;
    private long left;

    Counted(InputStream in, long length) {
      this.in = in;
      this.left = length;
    }

    @Override
    public int read(byte[] bytes, int offset, int length) throws IOException {
      if (left == 0) {
        return -1;
      }
      int n = in.read(bytes, offset, (int) Math.min(length, left));
      if (n < 0) {
        throw new EOFException("the connection ended " + left + " bytes before the answer");
      }
      left -= n;
      return n;
    }
  }

  /** As long as the connection; whether it is whole, only its content can tell. */
  private static final class UntilClosed extends Body {
    private final InputStream in;

    UntilClosed(InputStream in) {
      this.in = in;
    }

    @Override
    public int read(byte[] bytes, int offset, int length) throws IOException {
      return in.read(bytes, offset, length);
    }
  }

  /** RFC 9112, 7.1. */
  private static final class Chunked extends Body {
    private static final int SIZE_LINE_MAX = 256;

    private final InputStream in;
    private int left;
    private boolean begun;
    private boolean ended;

    Chunked(InputStream in) {
      this.in = in;
    }

    @Override
    public int read(byte[] bytes, int offset, int length) throws IOException {
      if (length == 0) {
        return 0;
      }
      if (left == 0 && !ended) {
        next();
      }
      if (ended) {
        return -1;
      }
      int n = in.read(bytes, offset, Math.min(length, left));
      if (n < 0) {
        throw new EOFException("the connection ended in a chunk");
      }
      left -= n;
      return n;
    }

    private void next() throws IOException {
      if (begun && !line(in, SIZE_LINE_MAX).isEmpty()) {
        throw new IOException("a chunk is longer than its size");
      }
      begun = true;
      String size = line(in, SIZE_LINE_MAX);
      int extension = size.indexOf(';');
      left =
          (int)
              number(
                  (extension < 0 ? size : size.substring(0, extension)).strip(),
                  Integer.MAX_VALUE,
                  16);
      if (left == 0) {
        headers(in); // trailers
        ended = true;
      }
    }
  }
}
