package dev.tweed.agent.probe;

import dev.tweed.ip.IpAddress;
import dev.tweed.ip.IpPrefix;
import java.time.Instant;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * A block of another node that packets do not reach, or not all.
 *
 * @param node name of the Node
 * @param block the block of addresses whose probe address was asked
 * @param everAnswered whether it has answered since this daemon knows the node with this block
 * @param lives whether something of late shows that the node lives: it answers TCP, or probes of
 *     small packets, or packets of it arrive
 * @param since when it was found
 * @param offender who rejects the packets; of {@link Cause#REJECTED} only
 * @param largest bytes of the largest IP packet that is known to pass; of {@link Cause#LARGE_LOST}
 *     only
 * @param where where the packets are lost
 * @param detail the same for people, with the chain that drops them as far as that can be told;
 *     empty if nothing more is known
 */
public record UnreachedPeer(
    String node,
    IpPrefix block,
    Cause cause,
    boolean everAnswered,
    boolean lives,
    Instant since,
    Optional<IpAddress> offender,
    OptionalInt largest,
    Where where,
    String detail) {

  /** What happens to packets. */
  public enum Cause {
    /** Three in a row were not answered. */
    SILENT,
    /** Three in a row were not answered, and some host on the way says that it refuses them. */
    REJECTED,
    /** Small ones pass, those of the pods' MTU do not. */
    LARGE_LOST,
    /** Nobody knows: this host refuses to send probes, which says nothing of pods. */
    NOT_SENT
  }

  /** Where packets are lost, seen from this node. */
  public enum Where {
    /** Not known. */
    UNKNOWN,
    /** Ours do not leave this host. */
    LEAVING,
    /** The peer's reach this host and are dropped on it. */
    ARRIVING,
    /** Nothing of the peer's reaches this host. */
    NOT_ARRIVING,
    /** Ours leave and the peer's arrive: lost at the peer or on the way back. */
    BEYOND
  }

  /** Refuses nulls. */
  public UnreachedPeer {
    Objects.requireNonNull(node, "node");
    Objects.requireNonNull(block, "block");
    Objects.requireNonNull(cause, "cause");
    Objects.requireNonNull(since, "since");
    Objects.requireNonNull(offender, "offender");
    Objects.requireNonNull(largest, "largest");
    Objects.requireNonNull(where, "where");
    Objects.requireNonNull(detail, "detail");
  }

  /** With no more known of where they are lost. */
  public UnreachedPeer(
      String node,
      IpPrefix block,
      Cause cause,
      boolean everAnswered,
      boolean lives,
      Instant since,
      Optional<IpAddress> offender,
      OptionalInt largest,
      Where where) {
    this(node, block, cause, everAnswered, lives, since, offender, largest, where, "");
  }

  /** The same, lost there. */
  public UnreachedPeer lost(PathTrace.Located place) {
    return new UnreachedPeer(
        node,
        block,
        cause,
        everAnswered,
        lives || place.heard() && cause != Cause.NOT_SENT,
        since,
        offender,
        largest,
        place.where(),
        place.detail());
  }
}
