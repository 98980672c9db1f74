package dev.tweed.dataplane;

/** The data path cannot be worked on at all, for instance because no netlink socket opens. */
public final class DataPathException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** With what was tried and why it failed. */
  public DataPathException(String message, Throwable cause) {
    super(message, cause);
  }
}
