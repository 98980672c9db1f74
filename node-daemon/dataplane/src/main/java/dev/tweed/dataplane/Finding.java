package dev.tweed.dataplane;

import java.util.Objects;

/**
 * Something wrong or notable on this node.
 *
 * @param reason what kind
 * @param object what it is about: a device, a peer, a sysctl
 * @param message what is wrong, in a sentence
 * @param remedy what to do or type; empty when nothing needs doing
 */
public record Finding(Reason reason, String object, String message, String remedy) {
  /** Refuses nulls. */
  public Finding {
    Objects.requireNonNull(reason, "reason");
    Objects.requireNonNull(object, "object");
    Objects.requireNonNull(message, "message");
    Objects.requireNonNull(remedy, "remedy");
  }

  /** Whether pods on this node cannot work until it is mended. */
  public boolean isBlocking() {
    return reason.severity() == Reason.Severity.BLOCKING;
  }
}
