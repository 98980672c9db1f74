package dev.tweed.firewall.dbus;

/** A call that did not come to its end. */
public abstract sealed class BusException extends Exception {
  private static final long serialVersionUID = 1;

  private BusException(String message, Throwable cause) {
    super(message, cause);
  }

  /** There is no bus, or none any more. */
  public static final class Lost extends BusException {
    private static final long serialVersionUID = 1;

    Lost(String message, Throwable cause) {
      super(message, cause);
    }
  }

  /** No answer in time; whether it was done nobody knows. */
  public static final class Late extends BusException {
    private static final long serialVersionUID = 1;

    Late(String message) {
      super(message, null);
    }
  }

  /** The answer is an error. */
  public static final class Answered extends BusException {
    private static final long serialVersionUID = 1;

    private final String name;

    Answered(String name, String message) {
      super(message, null);
      this.name = name;
    }

    /** Of the error, such as {@code org.freedesktop.DBus.Error.NoReply}. */
    public String name() {
      return name;
    }
  }
}
