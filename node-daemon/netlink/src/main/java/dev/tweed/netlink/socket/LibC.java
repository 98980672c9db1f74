package dev.tweed.netlink.socket;

import java.nio.ByteBuffer;
import jnr.ffi.LastError;
import jnr.ffi.LibraryLoader;
import jnr.ffi.Platform;
import jnr.ffi.Runtime;
import jnr.ffi.types.size_t;
import jnr.ffi.types.ssize_t;

/**
 * The system calls netlink needs, as in their section 2 manual pages. Buffers are direct; the call
 * sees them from their position on. Public because jnr-ffi implements it from another class
 * loader's package; not meant for callers of this library.
 */
public interface LibC {
  int AF_NETLINK = 16;
  int SOCK_RAW = 3;
  int SOCK_CLOEXEC = 0x80000;
  int SOL_SOCKET = 1;
  int SO_SNDBUF = 7;
  int SO_RCVBUF = 8;
  int SO_RCVTIMEO = 20; // SO_RCVTIMEO_OLD: struct timeval of two longs on 64-bit
  int SO_SNDBUFFORCE = 32;
  int SO_RCVBUFFORCE = 33;
  int SOL_NETLINK = 270;
  int NETLINK_ADD_MEMBERSHIP = 1;
  int NETLINK_CAP_ACK = 10;
  int NETLINK_EXT_ACK = 11;
  int NETLINK_GET_STRICT_CHK = 12;
  int MSG_TRUNC = 0x20;
  int MSG_DONTWAIT = 0x40;
  int EFD_CLOEXEC = 0x80000;
  int EFD_NONBLOCK = 0x800;
  short POLLIN = 0x1;

  int socket(int domain, int type, int protocol);

  int bind(int fd, ByteBuffer address, int length);

  int getsockname(int fd, ByteBuffer address, ByteBuffer length);

  int if_nametoindex(String name);

  int setsockopt(int fd, int level, int option, ByteBuffer value, int length);

  int getsockopt(int fd, int level, int option, ByteBuffer value, ByteBuffer length);

  @ssize_t
  long send(int fd, ByteBuffer bytes, @size_t long length, int flags);

  @ssize_t
  long recvfrom(
      int fd,
      ByteBuffer bytes,
      @size_t long length,
      int flags,
      ByteBuffer address,
      ByteBuffer addressLength);

  @ssize_t
  long sendto(
      int fd,
      ByteBuffer bytes,
      @size_t long length,
      int flags,
      ByteBuffer address,
      int addressLength);

  @ssize_t
  long recvmsg(int fd, ByteBuffer message, int flags);

  int ioctl(int fd, long request, ByteBuffer argument);

  int poll(ByteBuffer descriptors, @size_t long count, int timeoutMillis);

  int eventfd(int initial, int flags);

  @ssize_t
  long read(int fd, ByteBuffer bytes, @size_t long length);

  @ssize_t
  long write(int fd, ByteBuffer bytes, @size_t long length);

  int close(int fd);

  /** Error number of the calling thread's last call here. */
  static int lastError() {
    return LastError.getLastError(Runtime.getSystemRuntime());
  }

  /** The C library, loaded on first use. */
  static LibC get() {
    return Loaded.LIBRARY;
  }

  /** Holds the binding, which has no state of its own: making it takes 0.1 s and 10 MB. */
  final class Loaded {
    private static final LibC LIBRARY =
        LibraryLoader.create(LibC.class)
            .load(Platform.getNativePlatform().getStandardCLibraryName());

    private Loaded() {}
  }
}
