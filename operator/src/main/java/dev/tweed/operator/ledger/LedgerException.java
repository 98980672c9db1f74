package dev.tweed.operator.ledger;

/**
 * Allocation cannot go on; the message says what a person has to do, or that it will be retried.
 */
public final class LedgerException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public LedgerException(String message) {
    super(message);
  }

  public LedgerException(String message, Throwable cause) {
    super(message, cause);
  }
}
