package dev.tweed.firewall.dbus;

import java.io.EOFException;
import java.io.IOException;
import java.net.SocketTimeoutException;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import org.freedesktop.dbus.exceptions.DBusException;
import org.freedesktop.dbus.messages.Message;
import org.freedesktop.dbus.messages.MessageFactory;

/**
 * The socket of a bus, and messages on it. One thread may read while another writes. The library's
 * own transport would wait for ever on a bus that hangs, and believe any length a sender names.
 */
final class BusChannel implements AutoCloseable {

  /** Far more than thousands of rules; strangers on the bus may send us more. */
  private static final long MAX_MESSAGE = 8 << 20;

  /** The protocol has none that are larger. */
  private static final long MAX_PROTOCOL = 128 << 20;

  private static final int FIXED = 12;
  private static final int MAX_LINE = 1000;

  private final SocketChannel channel;
  private final Selector readable;

  private BusChannel(SocketChannel channel, Selector readable) {
    this.channel = channel;
    this.readable = readable;
  }

  /** Connects, and says who this process is: whom the kernel says it is. */
  static BusChannel open(Path socket, Duration limit) throws IOException {
    SocketChannel channel = SocketChannel.open(UnixDomainSocketAddress.of(socket));
    Selector readable = null;
    try {
      channel.configureBlocking(false);
      readable = Selector.open();
      channel.register(readable, SelectionKey.OP_READ);
      BusChannel bus = new BusChannel(channel, readable);
      long end = System.nanoTime() + limit.toNanos();
      bus.authenticate(end);
      return bus;
    } catch (IOException | RuntimeException e) {
      channel.close();
      if (readable != null) {
        readable.close();
      }
      throw e;
    }
  }

  private void authenticate(long end) throws IOException {
    write(ascii("\0AUTH EXTERNAL\r\nDATA\r\n"), end);
    String answer = line(end);
    if (answer.equals("DATA")) {
      answer = line(end);
    }
    if (!answer.startsWith("OK ")) {
      throw new IOException("the bus does not let this process in: " + answer);
    }
    write(ascii("BEGIN\r\n"), end);
  }

  private static ByteBuffer ascii(String text) {
    return ByteBuffer.wrap(text.getBytes(StandardCharsets.US_ASCII));
  }

  private String line(long end) throws IOException {
    StringBuilder line = new StringBuilder();
    ByteBuffer one = ByteBuffer.allocate(1);
    while (line.length() < MAX_LINE) {
      fill(one.clear(), end);
      char next = (char) one.get(0);
      if (next == '\n') {
        return line.toString().strip();
      }
      line.append(next);
    }
    throw new IOException("the bus writes no line");
  }

  /** Writes a message whole, or fails. */
  void write(Message message, long end) throws IOException {
    for (byte[] part : message.getWireData()) {
      if (part == null) {
        return;
      }
      write(ByteBuffer.wrap(part), end);
    }
  }

  private void write(ByteBuffer bytes, long end) throws IOException {
    while (bytes.hasRemaining()) {
      if (channel.write(bytes) == 0) {
        if (System.nanoTime() - end > 0) {
          throw new SocketTimeoutException("the bus reads nothing");
        }
        try {
          Thread.sleep(1);
        } catch (InterruptedException e) {
          Thread.currentThread().interrupt();
          throw new IOException("interrupted", e);
        }
      }
    }
  }

  /** Waits for a message; empty for one that is too large, which is read past. */
  Optional<Message> read() throws IOException, DBusException {
    ByteBuffer start = ByteBuffer.allocate(FIXED + 4);
    fill(start);
    byte[] bytes = start.array();
    byte order = bytes[0];
    long body = unsigned(bytes, 4, order);
    long fields = unsigned(bytes, FIXED, order);
    long padded = (fields + 7) / 8 * 8;
    if (padded + body > MAX_PROTOCOL) {
      throw new IOException("a message of %d bytes is none".formatted(padded + body));
    }
    if (padded + body > MAX_MESSAGE) {
      skip(padded + body);
      return Optional.empty();
    }
    // The library wants the length of the fields and a gap before them, as if they began there.
    byte[] header = new byte[8 + (int) padded];
    System.arraycopy(bytes, FIXED, header, 0, 4);
    fill(ByteBuffer.wrap(header, 8, (int) padded));
    byte[] rest = new byte[(int) body];
    fill(ByteBuffer.wrap(rest));
    byte[] fixed = new byte[FIXED];
    System.arraycopy(bytes, 0, fixed, 0, FIXED);
    return Optional.of(MessageFactory.createMessage(bytes[1], fixed, header, rest, null));
  }

  private static long unsigned(byte[] bytes, int offset, byte order) {
    return Message.demarshallint(bytes, offset, order, 4) & 0xffff_ffffL;
  }

  private void skip(long count) throws IOException {
    ByteBuffer some = ByteBuffer.allocate(1 << 16);
    for (long left = count; left > 0; left -= some.limit()) {
      fill(some.clear().limit((int) Math.min(left, some.capacity())));
    }
  }

  private void fill(ByteBuffer bytes) throws IOException {
    fill(bytes, 0);
  }

  /**
   * @param end when to give up; 0 is never
   */
  private void fill(ByteBuffer bytes, long end) throws IOException {
    while (bytes.hasRemaining()) {
      int count = channel.read(bytes);
      if (count < 0) {
        throw new EOFException("the bus has closed the connection");
      }
      if (count == 0) {
        long left = end == 0 ? 0 : (end - System.nanoTime()) / 1_000_000;
        if (end != 0 && left <= 0) {
          throw new SocketTimeoutException("the bus does not answer");
        }
        readable.select(left);
        readable.selectedKeys().clear();
      }
    }
  }

  @Override
  public void close() throws IOException {
    // In this order: who waits for the selector finds a closed channel.
    channel.close();
    readable.close();
  }
}
