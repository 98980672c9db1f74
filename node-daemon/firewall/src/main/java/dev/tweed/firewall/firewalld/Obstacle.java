package dev.tweed.firewall.firewalld;

import dev.tweed.firewall.backend.BackendOutcome;

/** A run that cannot go on. */
final class Obstacle extends Exception {
  private static final long serialVersionUID = 1;

  private final transient BackendOutcome.Refused refused;

  Obstacle(String reason, String message, String remedy) {
    super(message);
    this.refused = new BackendOutcome.Refused(reason, message, remedy);
  }

  BackendOutcome.Refused refused() {
    return refused;
  }
}
