package dev.tweed.fastpath.kernel;

import dev.tweed.fastpath.Devices;
import dev.tweed.netlink.socket.IpsecPolicies;
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

  /**
   * Whether policies of IPsec protect or refuse packets, those of single sockets aside. Needs
   * CAP_NET_ADMIN.
   *
   * @throws dev.tweed.netlink.NetlinkException when the kernel does not tell
   */
  public static boolean hasIpsecPolicies() {
    return IpsecPolicies.arePresent();
  }
}
