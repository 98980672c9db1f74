package dev.tweed.agent.api;

import java.io.IOException;

/** There is no connection to any address of the API server: to try costs it nothing. */
final class ApiUnreachedException extends IOException {
  private static final long serialVersionUID = 1;

  ApiUnreachedException(String message, IOException cause) {
    super(message, cause);
  }
}
