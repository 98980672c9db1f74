package dev.tweed.netlink.socket;

import dev.tweed.ip.AddressFamily;
import dev.tweed.ip.IpAddress;
import dev.tweed.netlink.Errno;
import dev.tweed.netlink.NetlinkException;
import java.lang.ref.Reference;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * A UDP socket that sends datagrams nobody listens for, never in fragments, and reads what hosts
 * answer to them by ICMP (ip(7), IP_RECVERR; ipv6(7)). Datagrams to it are dropped unread. Needs no
 * privilege. Not for concurrent use, {@link #close} included.
 */
public final class ProbeSocket implements AutoCloseable {

  /** Bytes of the tag every datagram begins with. */
  public static final int TAG_BYTES = 8;

  private static final int SOCK_DGRAM = 2;
  private static final int SO_NO_CHECK = 11;
  private static final int IPPROTO_UDP = 17;
  private static final int UDP_CORK = 1;
  private static final int SO_BINDTODEVICE = 25;
  private static final int SO_ATTACH_FILTER = 26;
  private static final int MSG_ERRQUEUE = 0x2000;

  /** {@code struct msghdr} of 64 bits: name, iov and control, each with its length, and flags. */
  private static final int MESSAGE_BYTES = 56;

  private static final int CONTROL_BYTES = 256;
  private static final int CONTROL_HEADER_BYTES = 16; // struct cmsghdr
  private static final int EXTENDED_ERROR_BYTES = 16; // struct sock_extended_err

  /** Option numbers of the two families. */
  private record Options(
      int level,
      int receiveErrors,
      int freeBind,
      int mtuDiscover,
      int unicastDevice,
      int addressBytes,
      int offset) {
    static Options of(AddressFamily family) {
      return switch (family) {
        case IPV4 -> new Options(0, 11, 15, 10, 50, 16, 4);
        case IPV6 -> new Options(41, 25, 78, 23, 76, 28, 8);
      };
    }
  }

  private static final int PMTUDISC_PROBE =
      3; // don't fragment, whatever MTU a path is known to have
  private static final int IPV6_DONTFRAG = 62;

  /** Who an answer is from. */
  public enum Origin {
    /** This host's kernel, without a packet. */
    LOCAL,
    /** A host that sent ICMP or ICMPv6. */
    ICMP
  }

  /**
   * What became of a datagram.
   *
   * @param destination where it was sent
   * @param origin who says so
   * @param type of the ICMP message
   * @param code of the ICMP message
   * @param errno what the kernel makes of it
   * @param info the MTU, with {@code EMSGSIZE}
   * @param offender who sent the ICMP message; empty when nobody did
   * @param tag what the datagram began with, when so much of it came back
   */
  public record Bounce(
      IpAddress destination,
      Origin origin,
      int type,
      int code,
      int errno,
      int info,
      Optional<IpAddress> offender,
      OptionalLong tag) {}

  private final LibC libc = LibC.get();
  private final int fd;
  private final AddressFamily family;
  private final Options options;
  private ByteBuffer outgoing = NetlinkDescriptor.direct(2048);
  private final ByteBuffer message = NetlinkDescriptor.direct(MESSAGE_BYTES);
  private final ByteBuffer vector = NetlinkDescriptor.direct(16);
  private final ByteBuffer name = NetlinkDescriptor.direct(28);
  private final ByteBuffer incoming = NetlinkDescriptor.direct(TAG_BYTES);
  private final ByteBuffer nameLength = NetlinkDescriptor.direct(4);
  private final ByteBuffer control = NetlinkDescriptor.direct(CONTROL_BYTES);

  private ProbeSocket(int fd, AddressFamily family) {
    this.fd = fd;
    this.family = family;
    this.options = Options.of(family);
  }

  /**
   * Opens a socket in the calling thread's network namespace, whose datagrams leave by any device.
   *
   * @param source address its datagrams come from; need not be one of the host's
   * @throws NetlinkException when the system gives none
   */
  public static ProbeSocket open(IpAddress source) {
    return open(Optional.empty(), source);
  }

  /**
   * Opens a socket in the calling thread's network namespace.
   *
   * @param device what its datagrams leave by, and answers come back by
   * @param source address its datagrams come from; need not be one of the host's
   * @throws NetlinkException when the system gives none, or there is no such device
   */
  public static ProbeSocket open(String device, IpAddress source) {
    return open(Optional.of(device), source);
  }

  private static ProbeSocket open(Optional<String> device, IpAddress source) {
    LibC libc = LibC.get();
    int fd = libc.socket(source.family().number(), SOCK_DGRAM | LibC.SOCK_CLOEXEC, 0);
    if (fd < 0) {
      throw NetlinkException.systemCall("socket", LibC.lastError());
    }
    ProbeSocket socket = new ProbeSocket(fd, source.family());
    try {
      socket.setUp(device, source);
    } catch (RuntimeException failure) {
      socket.close();
      throw failure;
    }
    return socket;
  }

  private void setUp(Optional<String> device, IpAddress source) {
    device.ifPresent(this::leaveBy);
    set("RECVERR", options.level(), options.receiveErrors(), 1);
    set("FREEBIND", options.level(), options.freeBind(), 1);
    set("MTU_DISCOVER", options.level(), options.mtuDiscover(), PMTUDISC_PROBE);
    if (family == AddressFamily.IPV6) {
      set("IPV6_DONTFRAG", options.level(), IPV6_DONTFRAG, 1);
    }
    // A queue full of datagrams would leave no room for errors: struct sock_fprog of one struct
    // sock_filter, BPF_RET 0, which takes nothing.
    ByteBuffer program = NetlinkDescriptor.direct(8).putShort(0, (short) 6);
    ByteBuffer filter = NetlinkDescriptor.direct(16).putShort(0, (short) 1);
    filter.putLong(8, NetlinkDescriptor.addressOf(program));
    set("SO_ATTACH_FILTER", LibC.SOL_SOCKET, SO_ATTACH_FILTER, filter);
    Reference.reachabilityFence(program);
    if (libc.bind(fd, socketAddress(source, 0), options.addressBytes()) < 0) {
      throw NetlinkException.systemCall("bind(" + source + ")", LibC.lastError());
    }
    vector.putLong(0, NetlinkDescriptor.addressOf(incoming)).putLong(8, TAG_BYTES);
  }

  private void leaveBy(String device) {
    byte[] bytes = device.getBytes(StandardCharsets.UTF_8);
    ByteBuffer name = ByteBuffer.allocateDirect(bytes.length).put(bytes).flip();
    if (libc.setsockopt(fd, LibC.SOL_SOCKET, SO_BINDTODEVICE, name, bytes.length) == 0) {
      return;
    }
    int errno = LibC.lastError();
    if (errno != Errno.EPERM) {
      throw NetlinkException.systemCall("setsockopt(SO_BINDTODEVICE)", errno);
    }
    // Before Linux 5.7 that needs CAP_NET_RAW. This does not, but in IPv6 it is no more than a
    // wish once the device is gone.
    int index = libc.if_nametoindex(device);
    if (index == 0) {
      throw NetlinkException.systemCall("if_nametoindex(" + device + ")", LibC.lastError());
    }
    ByteBuffer number = NetlinkDescriptor.direct(4).order(ByteOrder.BIG_ENDIAN).putInt(0, index);
    set("UNICAST_IF", options.level(), options.unicastDevice(), number);
  }

  private void set(String what, int level, int option, int value) {
    set(what, level, option, NetlinkDescriptor.direct(4).putInt(0, value));
  }

  private void set(String what, int level, int option, ByteBuffer value) {
    if (libc.setsockopt(fd, level, option, value, value.remaining()) < 0) {
      throw NetlinkException.systemCall("setsockopt(" + what + ")", LibC.lastError());
    }
  }

  /**
   * Sends a datagram.
   *
   * @param tag its first eight bytes; zeros follow
   * @param bytes its length, at least that of the tag
   * @return 0, or the error number of the failure
   */
  public int send(IpAddress destination, int port, long tag, int bytes) {
    if (outgoing.capacity() < bytes) {
      outgoing = NetlinkDescriptor.direct(bytes);
    }
    outgoing.clear().limit(bytes).order(ByteOrder.BIG_ENDIAN).putLong(0, tag);
    ByteBuffer address = socketAddress(destination, port);
    // The first failure may be the news of an earlier datagram, which is told but once.
    if (trySend(address, bytes) == 0) {
      return 0;
    }
    return trySend(address, bytes);
  }

  /**
   * As {@link #send}, with a checksum that is left to no network card: over IPv4 none (RFC 768);
   * over IPv6, which wants one (RFC 8200, 8.1), this host's, as of a datagram that is made of more
   * than one write (UDP_CORK; __ip6_append_data() in net/ipv6/ip6_output.c).
   */
  public int sendWithoutCard(IpAddress destination, int port, long tag, int bytes) {
    int option = family == AddressFamily.IPV4 ? SO_NO_CHECK : UDP_CORK;
    int level = family == AddressFamily.IPV4 ? LibC.SOL_SOCKET : IPPROTO_UDP;
    set("SO_NO_CHECK or UDP_CORK", level, option, 1);
    try {
      return send(destination, port, tag, bytes);
    } finally {
      set("SO_NO_CHECK or UDP_CORK", level, option, 0); // what was corked goes out
    }
  }

  private int trySend(ByteBuffer address, int bytes) {
    while (true) {
      if (libc.sendto(fd, outgoing, bytes, LibC.MSG_DONTWAIT, address, options.addressBytes())
          >= 0) {
        return 0;
      }
      int errno = LibC.lastError();
      if (errno != Errno.EINTR) {
        return errno;
      }
    }
  }

  /** Takes what became of one datagram from the queue; empty when there is no more. */
  public Optional<Bounce> receive() {
    while (true) {
      message.putLong(0, NetlinkDescriptor.addressOf(name)).putInt(8, name.capacity());
      message.putLong(16, NetlinkDescriptor.addressOf(vector)).putLong(24, 1);
      message
          .putLong(32, NetlinkDescriptor.addressOf(control))
          .putLong(40, CONTROL_BYTES)
          .putInt(48, 0);
      long length = libc.recvmsg(fd, message, MSG_ERRQUEUE | LibC.MSG_DONTWAIT);
      if (length >= 0) {
        Optional<Bounce> bounce = bounce((int) length);
        if (bounce.isPresent()) {
          return bounce;
        }
      } else if (LibC.lastError() != Errno.EINTR) {
        // An error without an entry in the queue would keep poll(2) from waiting: this takes it.
        libc.recvfrom(fd, incoming, TAG_BYTES, LibC.MSG_DONTWAIT, name, nameLength.putInt(0, 28));
        return Optional.empty();
      }
    }
  }

  private Optional<Bounce> bounce(int length) {
    int end = (int) Math.min(message.getLong(40), CONTROL_BYTES);
    int at = 0;
    while (at + CONTROL_HEADER_BYTES + EXTENDED_ERROR_BYTES <= end) {
      long itemBytes = control.getLong(at);
      if (control.getInt(at + 8) == options.level()
          && control.getInt(at + 12) == options.receiveErrors()) {
        return Optional.of(bounce(length, at + CONTROL_HEADER_BYTES, at + itemBytes));
      }
      at += (int) Math.clamp((itemBytes + 7) & ~7L, CONTROL_HEADER_BYTES, CONTROL_BYTES);
    }
    return Optional.empty();
  }

  private Bounce bounce(int length, int at, long end) {
    int offender = at + EXTENDED_ERROR_BYTES;
    boolean local = control.get(at + 4) == 1; // SO_EE_ORIGIN_LOCAL; 2 and 3 are ICMP and ICMPv6
    boolean told =
        offender + options.addressBytes() <= end && control.getShort(offender) == family.number();
    return new Bounce(
        address(name, options.offset()),
        local ? Origin.LOCAL : Origin.ICMP,
        control.get(at + 5) & 0xff,
        control.get(at + 6) & 0xff,
        control.getInt(at),
        control.getInt(at + 8),
        told && !local
            ? Optional.of(address(control, offender + options.offset()))
            : Optional.empty(),
        length < TAG_BYTES
            ? OptionalLong.empty()
            : OptionalLong.of(incoming.duplicate().order(ByteOrder.BIG_ENDIAN).getLong(0)));
  }

  private IpAddress address(ByteBuffer from, int offset) {
    byte[] bytes = new byte[family.bytes()];
    from.get(offset, bytes);
    return IpAddress.ofBytes(bytes);
  }

  private ByteBuffer socketAddress(IpAddress address, int port) {
    ByteBuffer bytes = NetlinkDescriptor.direct(options.addressBytes());
    bytes.putShort(0, (short) family.number());
    bytes.put(2, (byte) (port >>> 8)).put(3, (byte) port);
    return bytes.put(options.offset(), address.toBytes());
  }

  /** The port its datagrams come from. */
  int port() {
    libc.getsockname(fd, name, nameLength.putInt(0, name.capacity()));
    return (name.get(2) & 0xff) << 8 | name.get(3) & 0xff;
  }

  /** The descriptor's number, for poll(2). */
  int number() {
    return fd;
  }

  @Override
  public void close() {
    libc.close(fd);
  }
}
