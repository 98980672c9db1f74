package dev.tweed.agent.cluster;

import dev.tweed.agent.api.ApiRefusedException;
import java.time.Duration;

/** The API server answered, and does not take a status. */
public final class StatusRefusedException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final String object;
  private final Duration retryAfter;

  /**
   * @param object whose status it is
   */
  StatusRefusedException(String object, ApiRefusedException why) {
    this(object, why.getMessage(), why.retryAfter());
  }

  /**
   * @param object whose status it is, such as {@code NodeReport/n1}
   * @param retryAfter how long the server wants to be left alone; zero if it does not say
   */
  public StatusRefusedException(String object, String why, Duration retryAfter) {
    super(why);
    this.object = object;
    this.retryAfter = retryAfter;
  }

  /** Whose status it is. */
  public String object() {
    return object;
  }

  /** How long the server wants to be left alone. */
  public Duration retryAfter() {
    return retryAfter;
  }
}
