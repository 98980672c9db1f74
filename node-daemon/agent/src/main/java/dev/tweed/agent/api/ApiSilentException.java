package dev.tweed.agent.api;

import java.io.IOException;
import java.time.Duration;

/** An answer was not complete when its time was over. */
final class ApiSilentException extends IOException {
  private static final long serialVersionUID = 1;

  ApiSilentException(Duration limit, IOException cause) {
    super("the API server took longer than " + limit.toSeconds() + " s", cause);
  }
}
