package dev.tweed.dataplane;

import java.util.Objects;

/**
 * One thing done to the kernel.
 *
 * @param kind what was changed
 * @param action what was done to it
 * @param object which one, for people: {@code 10.244.3.0/24}, {@code tweed.1}
 * @param detail what exactly, for people; may be empty
 * @param drift whether an earlier sync of this process had left it as wanted, so that something
 *     else must have changed it since
 */
public record Change(Kind kind, Action action, String object, String detail, boolean drift) {
  /** Refuses nulls. */
  public Change {
    Objects.requireNonNull(kind, "kind");
    Objects.requireNonNull(action, "action");
    Objects.requireNonNull(object, "object");
    Objects.requireNonNull(detail, "detail");
  }

  /** What kind of object was changed. */
  public enum Kind {
    /** A network device or an attribute of one. */
    LINK,
    /** An address of a device. */
    ADDRESS,
    /** A forwarding database entry of the tunnel. */
    FDB,
    /** A permanent neighbour of the tunnel. */
    NEIGHBOUR,
    /** A route. */
    ROUTE,
    /** A routing rule. */
    RULE,
    /** A file below /proc/sys/net. */
    SYSCTL,
    /** The nftables table. */
    NFT,
    /** The tunnel's filter. */
    FILTER
  }

  /** What was done. */
  public enum Action {
    /** It was not there. */
    ADDED,
    /** It was different. */
    CHANGED,
    /** It was not wanted. */
    REMOVED
  }
}
