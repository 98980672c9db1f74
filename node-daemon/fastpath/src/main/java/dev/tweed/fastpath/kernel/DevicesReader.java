package dev.tweed.fastpath.kernel;

import dev.tweed.fastpath.Devices;
import dev.tweed.netlink.socket.RtnetlinkSocket;

/** Reads the devices of the calling thread's network namespace. */
public final class DevicesReader {
  private DevicesReader() {}

  /**
   * All of them.
   *
   * @throws dev.tweed.netlink.NetlinkException when the kernel does not tell
   */
  public static Devices read() {
    try (RtnetlinkSocket socket = RtnetlinkSocket.open()) {
      return new Devices(socket.links(), socket.qdiscs());
    }
  }
}
