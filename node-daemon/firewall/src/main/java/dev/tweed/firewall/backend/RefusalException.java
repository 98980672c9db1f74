package dev.tweed.firewall.backend;

import dev.tweed.firewall.backend.BackendOutcome.Refused;

/** A run that cannot go on, and changes nothing. */
public final class RefusalException extends Exception {

  private static final long serialVersionUID = 1;

  private final transient Refused refused;

  /** As in {@link Refused}. */
  public RefusalException(String reason, String message, String remedy) {
    super(message);
    this.refused = new Refused(reason, message, remedy);
  }

  /** What is told of it. */
  public Refused refused() {
    return refused;
  }
}
