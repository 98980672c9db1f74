package dev.tweed.netlink.socket;

import dev.tweed.netlink.NetlinkException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Collection;

/**
 * Waits for answers to any of some {@link ProbeSocket}s, or to be woken up. One thread waits;
 * {@link #wakeUp} is for every thread.
 */
public final class ProbePoll implements AutoCloseable {
  private static final int POLLFD_BYTES = 8;
  private static final int COUNTER_BYTES = 8;

  private final LibC libc = LibC.get();
  private final int wakeUp;
  private boolean open = true; // guarded by this

  private ProbePoll(int wakeUp) {
    this.wakeUp = wakeUp;
  }

  /**
   * Opens one.
   *
   * @throws NetlinkException when the system gives none
   */
  public static ProbePoll open() {
    int wakeUp = LibC.get().eventfd(0, LibC.EFD_CLOEXEC | LibC.EFD_NONBLOCK);
    if (wakeUp < 0) {
      throw NetlinkException.systemCall("eventfd", LibC.lastError());
    }
    return new ProbePoll(wakeUp);
  }

  /**
   * Waits until an answer can be read, or somebody wakes the thread up, or the time is over, or for
   * no reason.
   *
   * @param timeout rounded up to milliseconds; 24 days at most
   */
  public void await(Collection<ProbeSocket> sockets, Duration timeout) {
    int count = sockets.size() + 1;
    ByteBuffer set = NetlinkDescriptor.direct(POLLFD_BYTES * count);
    set.putInt(0, wakeUp).putShort(4, LibC.POLLIN);
    int at = POLLFD_BYTES;
    for (ProbeSocket socket : sockets) {
      set.putInt(at, socket.number()); // POLLERR is told unasked
      at += POLLFD_BYTES;
    }
    long millis = timeout.plusNanos(999_999).toMillis();
    if (libc.poll(set, count, (int) Math.clamp(millis, 0, Integer.MAX_VALUE)) > 0
        && set.getShort(6) != 0) {
      ByteBuffer counter = NetlinkDescriptor.direct(COUNTER_BYTES);
      libc.read(wakeUp, counter, COUNTER_BYTES);
    }
  }

  /** Ends the wait under way, or the next one. */
  public synchronized void wakeUp() {
    if (open) { // or its number may be another file's by now
      libc.write(wakeUp, NetlinkDescriptor.direct(COUNTER_BYTES).putLong(0, 1), COUNTER_BYTES);
    }
  }

  /** By the thread that waits. */
  @Override
  public synchronized void close() {
    if (open) {
      open = false;
      libc.close(wakeUp);
    }
  }
}
