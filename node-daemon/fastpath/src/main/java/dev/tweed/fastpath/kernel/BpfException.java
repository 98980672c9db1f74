package dev.tweed.fastpath.kernel;

import dev.tweed.netlink.Errno;

/** The kernel or libbpf refused something. */
public final class BpfException extends Exception {
  private static final long serialVersionUID = 1L;

  private final int errno;
  private final String verifierLog;

  /**
   * A refusal.
   *
   * @param what was tried
   * @param errno error number, above 0
   * @param verifierLog what the verifier says; empty if it was not asked
   */
  public BpfException(String what, int errno, String verifierLog) {
    super(what + ": " + Errno.nameOf(errno) + (verifierLog.isEmpty() ? "" : "\n" + verifierLog));
    this.errno = errno;
    this.verifierLog = verifierLog;
  }

  /** Error number, above 0. */
  public int errno() {
    return errno;
  }

  /** The verifier's words, the reason last; empty if it was not asked. */
  public String verifierLog() {
    return verifierLog;
  }
}
