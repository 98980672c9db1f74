package dev.tweed.fastpath;

import java.util.EnumMap;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/**
 * Packets since the programs were loaded (a segmented packet counts once), by what became of them.
 * Slow ones are those between a pod with the fast path and a peer or another such pod.
 *
 * @param packets every counter
 */
public record FastPathCounters(Map<Counter, Long> packets) {

  /** The counters, in the order of {@code enum counter} of fastpath.bpf.c. */
  public enum Counter {
    /** Fast to the tunnel device. */
    SENT_TUNNEL,
    /** Fast to the underlay, encapsulated by the program. */
    SENT_WIRE,
    /** Fast from the tunnel device. */
    RECEIVED_TUNNEL,
    /** Fast from the underlay, decapsulated by the program. */
    RECEIVED_WIRE,
    /** Fast to the underlay, without a tunnel. */
    SENT_ROUTED,
    /** Fast from the underlay, without a tunnel. */
    RECEIVED_ROUTED,
    /** Fast to another pod of the node. */
    SWITCHED,
    /** Slow: the flow has not passed netfilter lately. */
    SENT_UNPROVEN,
    /** Slow: the same on the way in. */
    RECEIVED_UNPROVEN,
    /** Slow: the same between pods of the node. */
    SWITCHED_UNPROVEN,
    /** Slow: begins or ends a connection. */
    EDGE,
    /** Slow: larger than the peer's MTU. */
    TOO_LARGE,
    /** Fast to the tunnel device, since the program found no next hop or room for the header. */
    NOT_ENCAPSULATED,
    /** Slow: no resolved next hop over the peer's device, or the way is too narrow. */
    NO_NEXT_HOP,
    /** Slow: a tunnel packet whose outer source is not the node of its inner source. */
    UNKNOWN_SOURCE;

    private static final Set<Counter> SLOW =
        EnumSet.of(
            SENT_UNPROVEN,
            RECEIVED_UNPROVEN,
            SWITCHED_UNPROVEN,
            EDGE,
            TOO_LARGE,
            NO_NEXT_HOP,
            UNKNOWN_SOURCE);

    /** Its name in metrics and for people: {@code sent_wire}. */
    public String outcome() {
      return name().toLowerCase(Locale.ROOT);
    }

    /** Whether it counts packets that took the ordinary path. */
    public boolean isSlow() {
      return SLOW.contains(this);
    }
  }

  /** Copies the map. */
  public FastPathCounters {
    packets = Map.copyOf(packets);
  }

  /** One of them. */
  public long of(Counter counter) {
    return packets.getOrDefault(counter, 0L);
  }

  /** Packets that went fast on the way to another node. */
  public long sent() {
    return of(Counter.SENT_TUNNEL) + of(Counter.SENT_WIRE) + of(Counter.SENT_ROUTED);
  }

  /** Packets that went fast on the way in from another node. */
  public long received() {
    return of(Counter.RECEIVED_TUNNEL) + of(Counter.RECEIVED_WIRE) + of(Counter.RECEIVED_ROUTED);
  }

  /** What was added since. */
  public FastPathCounters since(FastPathCounters before) {
    Map<Counter, Long> difference = new EnumMap<>(Counter.class);
    for (Counter counter : Counter.values()) {
      difference.put(counter, of(counter) - before.of(counter));
    }
    return new FastPathCounters(difference);
  }
}
