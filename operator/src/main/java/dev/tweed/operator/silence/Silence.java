package dev.tweed.operator.silence;

import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * How long each daemon has been silent, by what one process has seen itself. Time counts only while
 * looks succeed and show that writes are taken: so an API server that takes no writes or shows what
 * is old, and an operator that was stopped or cut off, make nobody silent.
 *
 * @param last the last look, if there was one
 * @param counted time that counts, since the first look
 * @param from since when time that may count has not been counted yet: the end of a look
 * @param interrupted whether a look has failed since the last
 * @param daemons those that have a Lease, by the name of the node
 */
public record Silence(
    Optional<Look> last,
    Duration counted,
    Instant from,
    boolean interrupted,
    Map<String, Heard> daemons) {

  /** Three renewals of a Lease, which come 20 to 25 s apart. */
  public static final Duration LIMIT = Duration.ofSeconds(70);

  /** Longest time between two writes that counts. */
  static final Duration GAP = Duration.ofSeconds(30);

  /**
   * When a daemon was heard last.
   *
   * @param at in time that counts
   * @param changed whether its Lease was seen to change; if not, that is since the first look
   */
  public record Heard(Duration at, boolean changed) {}

  public Silence {
    daemons = Map.copyOf(daemons);
  }

  /** Before the first look. */
  public static Silence unknown() {
    return new Silence(Optional.empty(), Duration.ZERO, Instant.EPOCH, false, Map.of());
  }

  /**
   * After another look.
   *
   * @param end when it was over; how long it took does not count, so a slow one stops nothing
   */
  public Silence seen(Look look, Instant end) {
    boolean moved = last.filter(look::shows).isPresent();
    boolean anew = last.isEmpty() || interrupted;
    Duration since = Duration.between(from, look.at());
    Duration now = moved && !anew && since.compareTo(GAP) <= 0 ? counted.plus(since) : counted;
    Map<String, Heard> heard = new HashMap<>();
    look.daemons()
        .forEach(
            (node, version) ->
                heard.put(
                    node,
                    last.isPresent() && !version.equals(last.get().daemons().get(node))
                        ? new Heard(now, true)
                        : daemons.getOrDefault(node, new Heard(now, false))));
    return new Silence(Optional.of(look), now, moved || anew ? end : from, false, heard);
  }

  /** After a look that failed. */
  public Silence failed() {
    return new Silence(last, counted, from, true, daemons);
  }

  /** Nodes whose daemons are silent. One that never had a Lease is not: it may be an older one. */
  public Set<String> silent() {
    return daemons.entrySet().stream()
        .filter(daemon -> isSilent(daemon.getValue()))
        .map(Map.Entry::getKey)
        .collect(Collectors.toUnmodifiableSet());
  }

  /** How long the daemon of a node has not been heard, in time that counts, if it has a Lease. */
  public Optional<Duration> quiet(String node) {
    return Optional.ofNullable(daemons.get(node)).map(heard -> counted.minus(heard.at()));
  }

  /** Whether this process has heard the daemon of a node, and not too long ago. */
  boolean hears(String node) {
    Heard heard = daemons.get(node);
    return heard != null && heard.changed() && !isSilent(heard);
  }

  private boolean isSilent(Heard heard) {
    return counted.minus(heard.at()).compareTo(LIMIT) >= 0;
  }
}
