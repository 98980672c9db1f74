package dev.tweed.e2e.bed;

/** The test bed could not do what was asked; the message says what and, where known, why. */
public final class BedException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public BedException(String message) {
    super(message);
  }

  public BedException(String message, Throwable cause) {
    super(message, cause);
  }
}
