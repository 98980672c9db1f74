package dev.tweed.firewall.ufw;

import dev.tweed.firewall.ufw.UfwOutcome.Reason;
import dev.tweed.firewall.ufw.UfwOutcome.Refused;

/** A run that cannot go on. */
final class UfwObstacle extends Exception {
  private static final long serialVersionUID = 1;

  private final transient Refused refused;

  UfwObstacle(Reason reason, String message, String remedy) {
    super(message);
    this.refused = new Refused(reason, message, remedy);
  }

  Refused refused() {
    return refused;
  }
}
