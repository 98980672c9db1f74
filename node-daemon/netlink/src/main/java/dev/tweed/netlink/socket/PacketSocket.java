package dev.tweed.netlink.socket;

import dev.tweed.netlink.CapturedPacket;
import dev.tweed.netlink.Errno;
import dev.tweed.netlink.NetlinkException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Duration;
import java.util.Optional;

/**
 * Sees every frame that a device receives or sends (packet(7)), before programs and queue
 * disciplines of the device on the way in, and behind them on the way out. Asks the device for
 * every frame, also those for others, as long as it is open. Needs the capability NET_RAW. Not for
 * concurrent use, {@link #close} included.
 */
public final class PacketSocket implements AutoCloseable {
  private static final int AF_PACKET = 17;
  private static final int SO_TIMESTAMPNS = 35; // SO_TIMESTAMPNS_OLD: two longs on 64-bit
  private static final int SOL_PACKET = 263;
  private static final int PACKET_ADD_MEMBERSHIP = 1;
  private static final int PACKET_MR_PROMISC = 1;
  private static final int PACKET_STATISTICS = 6;
  private static final byte PACKET_OUTGOING = 4;
  private static final short ETH_P_ALL = 3;

  private static final int ADDRESS_BYTES = 20; // struct sockaddr_ll
  private static final int MEMBERSHIP_BYTES = 16; // struct packet_mreq
  private static final int MESSAGE_BYTES = 56; // struct msghdr
  private static final int CONTROL_BYTES = 64;
  private static final int CONTROL_HEADER_BYTES = 16; // struct cmsghdr
  private static final int RECEIVE_QUEUE_BYTES = 8 << 20;

  private final LibC libc = LibC.get();
  private final int fd;
  private final ByteBuffer incoming;
  private final ByteBuffer message = NetlinkDescriptor.direct(MESSAGE_BYTES);
  private final ByteBuffer vector = NetlinkDescriptor.direct(16);
  private final ByteBuffer name = NetlinkDescriptor.direct(ADDRESS_BYTES);
  private final ByteBuffer control = NetlinkDescriptor.direct(CONTROL_BYTES);

  private PacketSocket(int fd, int snapLength) {
    this.fd = fd;
    incoming = NetlinkDescriptor.direct(snapLength);
  }

  /**
   * Opens a socket in the calling thread's network namespace.
   *
   * @param device index of the device
   * @param snapLength bytes of each frame that are kept, at least 1
   * @param patience how long {@link #receive} waits at most; not 0
   * @throws NetlinkException when the system gives none ({@code EPERM} without NET_RAW), or there
   *     is no such device
   */
  public static PacketSocket open(int device, int snapLength, Duration patience) {
    // Of protocol 0, so that nothing comes in before it is bound to the device.
    int fd = LibC.get().socket(AF_PACKET, LibC.SOCK_RAW | LibC.SOCK_CLOEXEC, 0);
    if (fd < 0) {
      throw NetlinkException.systemCall("socket(AF_PACKET)", LibC.lastError());
    }
    PacketSocket socket = new PacketSocket(fd, snapLength);
    try {
      socket.setUp(device, patience);
    } catch (RuntimeException failure) {
      socket.close();
      throw failure;
    }
    return socket;
  }

  private void setUp(int device, Duration patience) {
    ByteBuffer size = NetlinkDescriptor.direct(4).putInt(0, RECEIVE_QUEUE_BYTES);
    libc.setsockopt(fd, LibC.SOL_SOCKET, LibC.SO_RCVBUFFORCE, size, 4); // best effort
    set(
        "SO_TIMESTAMPNS",
        LibC.SOL_SOCKET,
        SO_TIMESTAMPNS,
        NetlinkDescriptor.direct(4).putInt(0, 1));
    set(
        "SO_RCVTIMEO",
        LibC.SOL_SOCKET,
        LibC.SO_RCVTIMEO,
        NetlinkDescriptor.direct(16)
            .putLong(0, patience.toSeconds())
            .putLong(8, patience.toNanosPart() / 1000));
    set(
        "PACKET_ADD_MEMBERSHIP",
        SOL_PACKET,
        PACKET_ADD_MEMBERSHIP,
        NetlinkDescriptor.direct(MEMBERSHIP_BYTES)
            .putInt(0, device)
            .putShort(4, (short) PACKET_MR_PROMISC));
    ByteBuffer address = NetlinkDescriptor.direct(ADDRESS_BYTES).putShort(0, (short) AF_PACKET);
    address.order(ByteOrder.BIG_ENDIAN).putShort(2, ETH_P_ALL);
    address.order(ByteOrder.nativeOrder()).putInt(4, device);
    if (libc.bind(fd, address, ADDRESS_BYTES) < 0) {
      throw NetlinkException.systemCall("bind(AF_PACKET, " + device + ")", LibC.lastError());
    }
    vector.putLong(0, NetlinkDescriptor.addressOf(incoming)).putLong(8, incoming.capacity());
  }

  private void set(String what, int level, int option, ByteBuffer value) {
    if (libc.setsockopt(fd, level, option, value, value.capacity()) < 0) {
      throw NetlinkException.systemCall("setsockopt(" + what + ")", LibC.lastError());
    }
  }

  /**
   * The next frame; empty if none comes in time, or a signal does.
   *
   * @throws NetlinkException when there is no more to come ({@code ENETDOWN}: the device is gone or
   *     down)
   */
  public Optional<CapturedPacket> receive() {
    message.putLong(0, NetlinkDescriptor.addressOf(name)).putInt(8, name.capacity());
    message.putLong(16, NetlinkDescriptor.addressOf(vector)).putLong(24, 1);
    message.putLong(32, NetlinkDescriptor.addressOf(control)).putLong(40, CONTROL_BYTES);
    message.putInt(48, 0);
    long length = libc.recvmsg(fd, message, LibC.MSG_TRUNC);
    if (length < 0) {
      int errno = LibC.lastError();
      if (errno == Errno.EAGAIN || errno == Errno.EINTR) {
        return Optional.empty();
      }
      throw NetlinkException.systemCall("recvmsg(AF_PACKET)", errno);
    }
    ByteBuffer kept =
        incoming.duplicate().clear().limit((int) Math.min(length, incoming.capacity()));
    return Optional.of(
        new CapturedPacket(time(), name.get(10) == PACKET_OUTGOING, (int) length, kept));
  }

  /** The only thing that was asked for; 0 if it is not there. */
  private long time() {
    boolean there =
        message.getLong(40) >= CONTROL_HEADER_BYTES + 16
            && control.getInt(8) == LibC.SOL_SOCKET
            && control.getInt(12) == SO_TIMESTAMPNS;
    return there
        ? control.getLong(CONTROL_HEADER_BYTES) * 1_000_000_000L
            + control.getLong(CONTROL_HEADER_BYTES + 8)
        : 0;
  }

  /** Frames that were not kept since this was last asked: nobody was there in time to take them. */
  public long lost() {
    ByteBuffer statistics = NetlinkDescriptor.direct(8); // struct tpacket_stats
    ByteBuffer size = NetlinkDescriptor.direct(4).putInt(0, 8);
    if (libc.getsockopt(fd, SOL_PACKET, PACKET_STATISTICS, statistics, size) < 0) {
      throw NetlinkException.systemCall("getsockopt(PACKET_STATISTICS)", LibC.lastError());
    }
    return Integer.toUnsignedLong(statistics.getInt(4));
  }

  @Override
  public void close() {
    libc.close(fd);
  }
}
