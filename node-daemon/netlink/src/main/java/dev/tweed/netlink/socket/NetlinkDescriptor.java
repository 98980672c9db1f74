package dev.tweed.netlink.socket;

import dev.tweed.netlink.Errno;
import dev.tweed.netlink.NetlinkException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Duration;
import jnr.ffi.Pointer;
import jnr.ffi.Runtime;

/**
 * One open AF_NETLINK descriptor with its buffers. Not for concurrent use, {@link #close} included:
 * the owner sees to that, since the number of a closed descriptor is soon another file's.
 */
final class NetlinkDescriptor {
  private static final int ADDRESS_BYTES = 12; // struct sockaddr_nl
  private static final int ADDRESS_PORT_OFFSET = 4;

  private final LibC libc;
  private final int fd;
  private final ByteBuffer incoming;
  private final ByteBuffer sender = direct(ADDRESS_BYTES);
  private final ByteBuffer senderLength = direct(4);
  private int port;

  private NetlinkDescriptor(LibC libc, int fd, int incomingBytes) {
    this.libc = libc;
    this.fd = fd;
    this.incoming = direct(incomingBytes);
  }

  /**
   * Opens and binds a socket in the calling thread's network namespace.
   *
   * @param protocol NETLINK_ROUTE...
   * @param receiveQueueBytes what the kernel may queue for it; best effort
   * @param incomingBytes size of the buffer for one datagram
   */
  static NetlinkDescriptor open(int protocol, int receiveQueueBytes, int incomingBytes) {
    LibC libc = LibC.get();
    int fd = libc.socket(LibC.AF_NETLINK, LibC.SOCK_RAW | LibC.SOCK_CLOEXEC, protocol);
    if (fd < 0) {
      throw NetlinkException.systemCall("socket(AF_NETLINK, " + protocol + ")", LibC.lastError());
    }
    NetlinkDescriptor descriptor = new NetlinkDescriptor(libc, fd, incomingBytes);
    try {
      descriptor.setUp(receiveQueueBytes);
    } catch (RuntimeException failure) {
      descriptor.close();
      throw failure;
    }
    return descriptor;
  }

  private void setUp(int receiveQueueBytes) {
    // FORCE exceeds net.core.rmem_max but needs CAP_NET_ADMIN; without it less must do.
    if (!trySet(LibC.SOL_SOCKET, LibC.SO_RCVBUFFORCE, receiveQueueBytes)) {
      trySet(LibC.SOL_SOCKET, LibC.SO_RCVBUF, receiveQueueBytes);
    }
    // All there since 4.20; without them only error texts and kernel-side filters are missed.
    trySet(LibC.SOL_NETLINK, LibC.NETLINK_CAP_ACK, 1);
    trySet(LibC.SOL_NETLINK, LibC.NETLINK_EXT_ACK, 1);
    trySet(LibC.SOL_NETLINK, LibC.NETLINK_GET_STRICT_CHK, 1);
    ByteBuffer address = direct(ADDRESS_BYTES);
    address.putShort(0, (short) LibC.AF_NETLINK);
    if (libc.bind(fd, address, ADDRESS_BYTES) < 0) {
      throw NetlinkException.systemCall("bind", LibC.lastError());
    }
    ByteBuffer length = direct(4).putInt(0, ADDRESS_BYTES);
    if (libc.getsockname(fd, address, length) < 0) {
      throw NetlinkException.systemCall("getsockname", LibC.lastError());
    }
    port = address.getInt(ADDRESS_PORT_OFFSET);
  }

  /** Bounds how long {@link #receive} waits. */
  void setReceiveTimeout(Duration timeout) {
    ByteBuffer timeval = direct(16);
    timeval.putLong(0, timeout.toSeconds()).putLong(8, timeout.toNanosPart() / 1000);
    if (libc.setsockopt(fd, LibC.SOL_SOCKET, LibC.SO_RCVTIMEO, timeval, timeval.capacity()) < 0) {
      throw NetlinkException.systemCall("setsockopt(SO_RCVTIMEO)", LibC.lastError());
    }
  }

  /** Makes room for a datagram of this size to the kernel; best effort. */
  void allowSending(int bytes) {
    if (!trySet(LibC.SOL_SOCKET, LibC.SO_SNDBUFFORCE, bytes)) {
      trySet(LibC.SOL_SOCKET, LibC.SO_SNDBUF, bytes);
    }
  }

  /** Joins a multicast group. */
  void join(int group) {
    if (!trySet(LibC.SOL_NETLINK, LibC.NETLINK_ADD_MEMBERSHIP, group)) {
      throw NetlinkException.systemCall(
          "setsockopt(NETLINK_ADD_MEMBERSHIP, " + group + ")", LibC.lastError());
    }
  }

  private boolean trySet(int level, int option, int value) {
    return libc.setsockopt(fd, level, option, direct(4).putInt(0, value), 4) == 0;
  }

  /** The descriptor's number, for poll(2). */
  int number() {
    return fd;
  }

  /** The netlink port the kernel knows this socket by. */
  int port() {
    return port;
  }

  /** Sends what is between 0 and the buffer's position to the kernel, as one datagram. */
  void send(ByteBuffer bytes) {
    ByteBuffer whole = bytes.duplicate().flip();
    while (libc.send(fd, whole, whole.remaining(), 0) < 0) {
      int errno = LibC.lastError();
      if (errno != Errno.EINTR) {
        throw NetlinkException.systemCall("send", errno);
      }
    }
  }

  /** Outcome of a reception. */
  sealed interface Reception {
    /** A datagram of the kernel; valid until the next reception. */
    record Datagram(ByteBuffer bytes) implements Reception {}

    /** Nothing came in time, or a signal or a datagram of somebody else did: try again. */
    record Nothing() implements Reception {}

    /** The kernel dropped datagrams because the queue was full. */
    record Overrun() implements Reception {}
  }

  private static final Reception NOTHING = new Reception.Nothing();
  private static final Reception OVERRUN = new Reception.Overrun();

  /**
   * Waits for one datagram of the kernel, up to the receive time-out.
   *
   * @param wait whether to wait at all
   * @throws NetlinkException when the system call fails or the datagram exceeds the buffer
   */
  Reception receive(boolean wait) {
    senderLength.putInt(0, ADDRESS_BYTES);
    incoming.clear();
    int flags = LibC.MSG_TRUNC | (wait ? 0 : LibC.MSG_DONTWAIT);
    long length = libc.recvfrom(fd, incoming, incoming.capacity(), flags, sender, senderLength);
    if (length < 0) {
      int errno = LibC.lastError();
      return switch (errno) {
        case Errno.EAGAIN, Errno.EINTR -> NOTHING;
        case Errno.ENOBUFS -> OVERRUN;
        default -> throw NetlinkException.systemCall("recvfrom", errno);
      };
    }
    if (sender.getInt(ADDRESS_PORT_OFFSET) != 0) {
      return NOTHING; // another process with CAP_NET_ADMIN; only port 0 is the kernel
    }
    if (length > incoming.capacity()) { // MSG_TRUNC makes recvfrom tell the true length
      throw NetlinkException.malformed(
          "datagram of " + length + " bytes does not fit " + incoming.capacity());
    }
    return new Reception.Datagram(incoming.limit((int) length));
  }

  void close() {
    libc.close(fd);
  }

  /** Where a direct buffer begins, for structures that point to others. */
  static long addressOf(ByteBuffer direct) {
    return Pointer.wrap(Runtime.getSystemRuntime(), direct).address();
  }

  static ByteBuffer direct(int bytes) {
    return ByteBuffer.allocateDirect(bytes).order(ByteOrder.nativeOrder());
  }
}
