package dev.tweed.netlink.socket;

import dev.tweed.netlink.NetlinkException;
import java.lang.ref.Reference;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/**
 * Whether a device leaves checksums of what it sends to what is below it: {@code tx} of ethtool(8),
 * which of a VXLAN device is {@code tx-checksum-ip-generic} (ETHTOOL_GTXCSUM and ETHTOOL_STXCSUM,
 * linux/ethtool.h). In the calling thread's network namespace.
 */
public final class TxChecksumOffload {
  private static final int AF_INET = 2;
  private static final int SOCK_DGRAM = 2;
  private static final long SIOCETHTOOL = 0x8946;
  private static final int GET = 0x16;
  private static final int SET = 0x17;
  private static final int NAME_BYTES = 16;

  /** {@code struct ifreq} of 64 bits. */
  private static final int REQUEST_BYTES = 40;

  private final LibC libc = LibC.get();

  /**
   * Whether it is on.
   *
   * @throws NetlinkException if there is no such device
   */
  public boolean isOn(String device) {
    return ethtool(device, GET, 0) != 0;
  }

  /**
   * Switches it. Needs CAP_NET_ADMIN.
   *
   * @throws NetlinkException if there is no such device, or that is not allowed
   */
  public void set(String device, boolean on) {
    ethtool(device, SET, on ? 1 : 0);
  }

  private int ethtool(String device, int command, int data) {
    byte[] name = device.getBytes(StandardCharsets.UTF_8);
    if (name.length >= NAME_BYTES) {
      throw new IllegalArgumentException(device + " is no name of a device");
    }
    ByteBuffer value = NetlinkDescriptor.direct(8).putInt(0, command).putInt(4, data);
    ByteBuffer request = NetlinkDescriptor.direct(REQUEST_BYTES).put(0, name);
    request.putLong(NAME_BYTES, NetlinkDescriptor.addressOf(value));
    int fd = libc.socket(AF_INET, SOCK_DGRAM | LibC.SOCK_CLOEXEC, 0);
    if (fd < 0) {
      throw NetlinkException.systemCall("socket", LibC.lastError());
    }
    try {
      if (libc.ioctl(fd, SIOCETHTOOL, request) < 0) {
        throw NetlinkException.systemCall("ioctl(SIOCETHTOOL, " + device + ")", LibC.lastError());
      }
    } finally {
      libc.close(fd);
      Reference.reachabilityFence(value);
    }
    return value.getInt(4);
  }
}
