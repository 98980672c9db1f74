package dev.tweed.dataplane;

import java.util.Objects;

/**
 * Something wrong or notable on this node.
 *
 * @param reason what kind
 * @param isBlocking whether pods on this node cannot work until it is mended
 * @param object what it is about: a device, a peer, a sysctl
 * @param message what is wrong, in a sentence
 * @param remedy what to do or type; empty when nothing needs doing
 */
public record Finding(
    Reason reason, boolean isBlocking, String object, String message, String remedy) {

  /** Refuses nulls. */
  public Finding {
    Objects.requireNonNull(reason, "reason");
    Objects.requireNonNull(object, "object");
    Objects.requireNonNull(message, "message");
    Objects.requireNonNull(remedy, "remedy");
  }

  /** One as bad as its reason is by itself. */
  public Finding(Reason reason, String object, String message, String remedy) {
    this(reason, reason.severity() == Reason.Severity.BLOCKING, object, message, remedy);
  }
}
