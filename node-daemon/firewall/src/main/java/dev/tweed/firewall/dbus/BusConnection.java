package dev.tweed.firewall.dbus;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import org.freedesktop.dbus.DBusPath;
import org.freedesktop.dbus.exceptions.DBusException;
import org.freedesktop.dbus.messages.DBusSignal;
import org.freedesktop.dbus.messages.Error;
import org.freedesktop.dbus.messages.Message;
import org.freedesktop.dbus.messages.MessageFactory;
import org.freedesktop.dbus.messages.constants.Endian;
import org.freedesktop.dbus.types.Variant;

/**
 * A connection to a message bus. Messages are made and read by dbus-java; its connections are not
 * used, which have pools of threads and take what they are sent. One thread at a time may call.
 */
public final class BusConnection implements AutoCloseable {

  private static final String BUS = "org.freedesktop.DBus";
  private static final String BUS_PATH = "/org/freedesktop/DBus";

  /** Who is not there is not started for us. */
  private static final byte NO_AUTO_START = 2;

  private final BusChannel channel;
  private final Duration limit;
  private final MessageFactory messages = new MessageFactory(Endian.LITTLE);
  private final Map<Long, CompletableFuture<Message>> waiting = new ConcurrentHashMap<>();
  private final Consumer<BusSignal> signals;
  private final Runnable ended;
  private volatile boolean closed;

  private BusConnection(
      BusChannel channel, Duration limit, Consumer<BusSignal> signals, Runnable ended) {
    this.channel = channel;
    this.limit = limit;
    this.signals = signals;
    this.ended = ended;
  }

  /**
   * Connects to the bus behind a socket.
   *
   * @param limit for each call
   * @param signals receives those subscribed to, and those somebody sends to us alone, in the
   *     thread that reads; must return quickly
   * @param ended called in that thread when the connection was lost, not when it was closed
   */
  public static BusConnection open(
      Path socket, Duration limit, Consumer<BusSignal> signals, Runnable ended)
      throws BusException {
    BusConnection bus;
    try {
      bus = new BusConnection(BusChannel.open(socket, limit), limit, signals, ended);
    } catch (IOException e) {
      throw new BusException.Lost(e.getMessage(), e);
    }
    Thread.ofPlatform().name("dbus").daemon().start(bus::read);
    try {
      bus.call(ofBus("Hello", ""));
      return bus;
    } catch (BusException | RuntimeException e) {
      bus.close();
      throw e;
    }
  }

  /** A list of texts as an argument that may be of any type. */
  public static Object texts(List<String> texts) {
    return new Variant<>(texts, "as");
  }

  /** Whether it can be used; not any more once it was lost. */
  public boolean isOpen() {
    return !closed;
  }

  /** Asks for signals. */
  public void subscribe(String rule) throws BusException {
    call(ofBus("AddMatch", "s", rule));
  }

  /** The unique name of whoever has a well-known one; an {@code Answered} if nobody has. */
  public String owner(String name) throws BusException {
    return String.valueOf(call(ofBus("GetNameOwner", "s", name)).getFirst());
  }

  private static BusCall ofBus(String member, String signature, Object... arguments) {
    return new BusCall(BUS, BUS_PATH, BUS + "." + member, signature, arguments);
  }

  /** Calls, and waits for what it returns: values, lists and maps of them. */
  public List<Object> call(BusCall call) throws BusException {
    CompletableFuture<Message> answer = new CompletableFuture<>();
    long serial = send(call, answer);
    try {
      Message message = answer.get(limit.toMillis(), TimeUnit.MILLISECONDS);
      List<Object> values = values(message);
      if (message instanceof Error) {
        throw new BusException.Answered(
            String.valueOf(message.getName()),
            values.isEmpty() ? message.getName() : String.valueOf(values.getFirst()));
      }
      return values;
    } catch (TimeoutException e) {
      throw new BusException.Late(
          "%s was not answered within %d s".formatted(call.member(), limit.toSeconds()));
    } catch (ExecutionException e) {
      throw new BusException.Lost(e.getCause().getMessage(), e);
    } catch (DBusException | RuntimeException e) {
      throw new BusException.Lost("what " + call.member() + " answers cannot be read: " + e, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new BusException.Late("interrupted while waiting for " + call.member());
    } finally {
      waiting.remove(serial);
    }
  }

  /** Returns the number of the message. */
  private long send(BusCall call, CompletableFuture<Message> answer) throws BusException {
    try {
      Message message =
          messages.createMethodCall(
              call.service(),
              call.path(),
              call.interfaceName(),
              call.member(),
              NO_AUTO_START,
              call.signature().isEmpty() ? null : call.signature(),
              call.arguments());
      waiting.put(message.getSerial(), answer);
      if (closed) {
        throw new IOException("the connection is closed");
      }
      channel.write(message, System.nanoTime() + limit.toNanos());
      return message.getSerial();
    } catch (IOException | DBusException e) {
      // Half a message may be out: nothing can follow it.
      close();
      throw new BusException.Lost(e.getMessage(), e);
    }
  }

  private void read() {
    Exception end;
    try {
      while (true) {
        channel.read().ifPresent(this::take);
      }
    } catch (IOException | DBusException | RuntimeException e) {
      end = e;
    }
    boolean lost = !closed;
    close();
    // After closed is set: a call that comes now fails by itself.
    Exception reason = end;
    waiting.values().forEach(answer -> answer.completeExceptionally(reason));
    if (lost) {
      ended.run();
    }
  }

  private void take(Message message) {
    CompletableFuture<Message> answer = waiting.get(message.getReplySerial());
    if (answer != null) {
      answer.complete(message);
    } else if (message instanceof DBusSignal) {
      try {
        String method = message.getInterface() + "." + message.getName();
        String sender = String.valueOf(message.getSource());
        signals.accept(
            new BusSignal(sender, method, sender.equals(BUS) ? values(message) : List.of()));
      } catch (DBusException e) {
        throw new IllegalStateException(e);
      }
    }
  }

  private static List<Object> values(Message message) throws DBusException {
    Object[] values = message.getSig() == null ? null : message.getParameters();
    return values == null ? List.of() : list(Arrays.asList(values));
  }

  private static List<Object> list(List<?> values) {
    List<Object> plain = new ArrayList<>(values.size());
    values.forEach(value -> plain.add(plain(value)));
    return plain;
  }

  /** Without types of the library. */
  private static Object plain(Object value) {
    return switch (value) {
      case Variant<?> variant -> plain(variant.getValue());
      case Object[] struct -> list(Arrays.asList(struct));
      case List<?> values -> list(values);
      case Map<?, ?> entries -> {
        Map<Object, Object> plain = new LinkedHashMap<>();
        entries.forEach((key, entry) -> plain.put(plain(key), plain(entry)));
        yield plain;
      }
      case DBusPath path -> path.getPath();
      default -> value;
    };
  }

  @Override
  public void close() {
    closed = true;
    try {
      channel.close();
    } catch (IOException e) {
      // It is of no use any more, closed or not.
    }
  }
}
