package dev.tweed.agent.probe;

import dev.tweed.ip.IpAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiConsumer;

/**
 * Asks whether silent nodes live, by connecting to the kubelet's port at their own address: that
 * something answers, yes or no, is a sign of life. Times are nanoseconds of any monotonic clock.
 */
final class KubeletProber implements AutoCloseable {

  private static final int PORT = 10250;
  private static final int AT_ONCE = 12;
  private static final long EVERY = Duration.ofSeconds(10).toNanos();
  private static final long PATIENCE = Duration.ofSeconds(1).toNanos();
  private static final long LOOK = Duration.ofMillis(250).toNanos();

  /** A sign of life holds until so many calls in a row were not answered. */
  private static final int FAILURES = 2;

  /** An attempt to connect. */
  interface Connection extends AutoCloseable {
    /** Whether something has answered by now. */
    boolean answered();

    @Override
    void close();
  }

  /** Connects. */
  interface Connector {
    /** Begins to connect, and does not wait. */
    Connection connect(IpAddress address, int port);
  }

  private static final class Silent {
    private long next;
    private int calls;
    private int failures;
    private long called;
    private Optional<Connection> connection = Optional.empty();

    private void end() {
      connection.ifPresent(Connection::close);
      connection = Optional.empty();
    }
  }

  private final Connector connector;
  private final Map<String, Silent> nodes = new HashMap<>();

  KubeletProber(Connector connector) {
    this.connector = connector;
  }

  /**
   * Looks for answers and asks again.
   *
   * @param silent addresses of each silent node
   * @param tell receives what is found out: a node, and whether it lives
   */
  void advance(long now, Map<String, List<IpAddress>> silent, BiConsumer<String, Boolean> tell) {
    for (String node : List.copyOf(nodes.keySet())) {
      if (silent.containsKey(node)) {
        look(node, nodes.get(node), now, tell);
      } else {
        nodes.remove(node).end();
      }
    }
    for (String node : silent.keySet()) {
      nodes.computeIfAbsent(
          node,
          n -> {
            Silent fresh = new Silent();
            fresh.next = now;
            return fresh;
          });
    }
    long free = AT_ONCE - nodes.values().stream().filter(n -> n.connection.isPresent()).count();
    List<Map.Entry<String, Silent>> due = new ArrayList<>(nodes.entrySet());
    due.removeIf(n -> silent.get(n.getKey()).isEmpty());
    // Whoever is due soon is asked along: one wake-up for many nodes, however they became silent.
    boolean any = due.stream().anyMatch(n -> n.getValue().next - now <= 0);
    due.removeIf(n -> n.getValue().next - now > (any ? EVERY / 2 : 0));
    due.sort(Comparator.comparingLong(n -> n.getValue().next - now));
    for (Map.Entry<String, Silent> entry : due.subList(0, (int) Math.min(free, due.size()))) {
      List<IpAddress> addresses = silent.get(entry.getKey());
      Silent node = entry.getValue();
      node.connection =
          Optional.of(connector.connect(addresses.get(node.calls++ % addresses.size()), PORT));
      node.called = now;
      node.next = now + EVERY;
    }
  }

  private static void look(String name, Silent node, long now, BiConsumer<String, Boolean> tell) {
    if (node.connection.isEmpty()) {
      return;
    }
    if (node.connection.get().answered()) {
      node.end();
      node.failures = 0;
      tell.accept(name, true);
    } else if (now - node.called >= PATIENCE) {
      node.end();
      if (++node.failures >= FAILURES) {
        tell.accept(name, false);
      }
    }
  }

  /** When to {@link #advance} next, at the latest. */
  long deadline(long now) {
    long next = now + EVERY;
    int free = AT_ONCE;
    for (Silent node : nodes.values()) {
      if (node.connection.isPresent()) {
        free--;
        next = Math.min(next - now, LOOK) + now;
      }
    }
    for (Silent node : nodes.values()) {
      if (free > 0 && node.next - next < 0) {
        next = node.next;
      }
    }
    return next;
  }

  @Override
  public void close() {
    nodes.values().forEach(Silent::end);
    nodes.clear();
  }
}
