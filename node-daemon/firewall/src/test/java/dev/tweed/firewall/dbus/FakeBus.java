package dev.tweed.firewall.dbus;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.freedesktop.dbus.exceptions.DBusException;
import org.freedesktop.dbus.messages.Message;
import org.freedesktop.dbus.messages.MessageFactory;
import org.freedesktop.dbus.messages.MethodCall;
import org.freedesktop.dbus.messages.constants.Endian;
import org.freedesktop.dbus.spi.message.InputStreamMessageReader;

/** A bus that does as a test tells it, to one client after another. */
public final class FakeBus implements AutoCloseable {

  private final ServerSocketChannel server;
  private final MessageFactory messages = new MessageFactory(Endian.LITTLE);
  private final Answers answers;
  private final String welcome;
  private volatile SocketChannel client;

  /** What the bus does when it is called. */
  public interface Answers {
    void answer(FakeBus bus, MethodCall call) throws IOException, DBusException;
  }

  private FakeBus(Path socket, String welcome, Answers answers) throws IOException {
    Files.createDirectories(socket.getParent());
    this.server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
    server.bind(UnixDomainSocketAddress.of(socket));
    this.welcome = welcome;
    this.answers = answers;
    Thread.ofPlatform().name("fake-bus").daemon().start(this::serve);
  }

  /** One that lets everybody in, and says hello; the rest is the test's. */
  public static FakeBus start(Path socket, Answers answers) throws IOException {
    return new FakeBus(
        socket,
        "DATA\r\nOK 0123456789abcdef\r\n",
        (bus, call) -> {
          switch (call.getName()) {
            case "Hello" -> bus.returns(call, "s", ":1.7");
            case "AddMatch" -> bus.returns(call, null);
            case "GetNameOwner" -> bus.returns(call, "s", ":1.5");
            default -> answers.answer(bus, call);
          }
        });
  }

  /** One that says this, and nothing else. */
  public static FakeBus saying(Path socket, String welcome) throws IOException {
    return new FakeBus(socket, welcome, (bus, call) -> {});
  }

  private void serve() {
    while (server.isOpen()) {
      try (SocketChannel accepted = server.accept()) {
        client = accepted;
        ByteBuffer words = ByteBuffer.allocate(1 << 10);
        accepted.read(words);
        bytes(welcome.getBytes(StandardCharsets.US_ASCII));
        accepted.read(words.clear().limit("BEGIN\r\n".length()));
        InputStreamMessageReader reader = new InputStreamMessageReader(accepted);
        while (true) {
          if (reader.readMessage() instanceof MethodCall call) {
            answers.answer(this, call);
          }
        }
      } catch (IOException | DBusException e) {
        // The client has gone, or the test has ended.
      }
    }
  }

  public void returns(MethodCall call, String signature, Object... values)
      throws IOException, DBusException {
    message(messages.createMethodReturn("org.freedesktop.DBus", call, signature, values));
  }

  public void fails(MethodCall call, String name, String text) throws IOException, DBusException {
    message(
        messages.createError("org.freedesktop.DBus", ":1.7", name, call.getSerial(), "s", text));
  }

  /** As sent by somebody. */
  public void signals(String sender, String interfaceName, String member, String... texts)
      throws IOException, DBusException {
    message(
        messages.createSignal(
            sender,
            "/some/path",
            interfaceName,
            member,
            "s".repeat(texts.length),
            (Object[]) texts));
  }

  private void message(Message message) throws IOException {
    for (byte[] part : message.getWireData()) {
      if (part != null) {
        bytes(part);
      }
    }
  }

  public void bytes(byte[] bytes) throws IOException {
    ByteBuffer buffer = ByteBuffer.wrap(bytes);
    while (buffer.hasRemaining()) {
      client.write(buffer);
    }
  }

  /** Leaves the client alone. */
  public void hangUp() throws IOException {
    client.close();
  }

  @Override
  public void close() throws IOException {
    server.close();
    if (client != null) {
      client.close();
    }
  }
}
