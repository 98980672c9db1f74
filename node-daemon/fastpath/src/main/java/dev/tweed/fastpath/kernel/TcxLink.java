package dev.tweed.fastpath.kernel;

import dev.tweed.netlink.socket.LibC;

/** A program on a device, for as long as this is open and the process lives. */
public final class TcxLink implements AutoCloseable {
  private int fd;

  TcxLink(int fd) {
    this.fd = fd;
  }

  /** Detaches; a second time does nothing. */
  @Override
  public synchronized void close() {
    if (fd >= 0) {
      LibC.get().close(fd);
      fd = -1;
    }
  }
}
