package dev.tweed.netlink;

/**
 * Why the kernel refused one request: a value, because one bad request in a batch is not the end of
 * the others.
 *
 * @param errno positive error number
 * @param message the kernel's own explanation (extended ack), empty when it gave none
 */
public record NetlinkError(int errno, String message) {

  /** The name of the error number, such as {@code EEXIST}. */
  public String errnoName() {
    return Errno.nameOf(errno);
  }

  /**
   * Whether a deletion found nothing to delete. Meaningful for deletions only: {@code ENODEV} for
   * an addition means that its device is missing.
   */
  public boolean isAlreadyGone() {
    return errno == Errno.ENOENT
        || errno == Errno.ESRCH
        || errno == Errno.ENODEV
        || errno == Errno.EADDRNOTAVAIL;
  }

  /** Whether an addition found the thing, or one that conflicts with it, already there. */
  public boolean isAlreadyThere() {
    return errno == Errno.EEXIST;
  }

  @Override
  public String toString() {
    return message.isEmpty() ? errnoName() : errnoName() + ": " + message;
  }
}
