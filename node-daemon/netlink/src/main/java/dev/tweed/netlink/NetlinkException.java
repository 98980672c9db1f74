package dev.tweed.netlink;

/**
 * The exchange with the kernel itself failed; what was asked may or may not have happened, so read
 * the state again. A refusal of one request is a {@link NetlinkError} instead.
 */
public final class NetlinkException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** What went wrong. */
  public enum Reason {
    /** A system call failed; see {@link NetlinkException#errno}. */
    SYSTEM_CALL,
    /** The kernel refused a dump or a look-up; see {@link NetlinkException#errno}. */
    REFUSED,
    /** No answer in time. */
    TIMEOUT,
    /** The receive buffer overflowed and answers were lost ({@code ENOBUFS}). */
    ANSWERS_LOST,
    /** The tables changed under every attempt to read them. */
    DUMP_INTERRUPTED,
    /** Bytes that are no netlink message, or an attribute of impossible size. */
    MALFORMED,
    /** The socket has been closed. */
    CLOSED
  }

  private final Reason reason;
  private final int errno;

  /**
   * @param errno error number, 0 when none belongs to it
   */
  public NetlinkException(Reason reason, int errno, String message) {
    super(message);
    this.reason = reason;
    this.errno = errno;
  }

  /** Bytes that cannot be decoded. */
  public static NetlinkException malformed(String message) {
    return new NetlinkException(Reason.MALFORMED, 0, message);
  }

  /** A system call that failed. */
  public static NetlinkException systemCall(String call, int errno) {
    return new NetlinkException(
        Reason.SYSTEM_CALL, errno, call + " failed: " + Errno.nameOf(errno));
  }

  /** What went wrong. */
  public Reason reason() {
    return reason;
  }

  /** The error number (see {@link Errno}), 0 when none belongs to it. */
  public int errno() {
    return errno;
  }
}
