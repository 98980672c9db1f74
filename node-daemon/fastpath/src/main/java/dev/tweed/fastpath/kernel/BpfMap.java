package dev.tweed.fastpath.kernel;

import dev.tweed.netlink.Errno;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** One map of a loaded object. Keys and values are bytes in the layout of the C source. */
public final class BpfMap {
  private final LibBpf library;
  private final String name;
  private final int fd;
  private final int keySize;
  private final int valueSize;

  BpfMap(LibBpf library, String name, int fd, int keySize, int valueSize) {
    this.library = library;
    this.name = name;
    this.fd = fd;
    this.keySize = keySize;
    this.valueSize = valueSize;
  }

  /** Writes one entry, new or not. */
  public void put(byte[] key, byte[] value) throws BpfException {
    check("writing to " + name, library.bpf_map_update_elem(fd, direct(key), direct(value), 0));
  }

  /** One entry. */
  public Optional<byte[]> get(byte[] key) throws BpfException {
    ByteBuffer value = ByteBuffer.allocateDirect(valueSize);
    int result = library.bpf_map_lookup_elem(fd, direct(key), value);
    if (result == -Errno.ENOENT) {
      return Optional.empty();
    }
    check("reading of " + name, result);
    return Optional.of(bytes(value, valueSize));
  }

  /** Removes one entry, if it is there. */
  public void remove(byte[] key) throws BpfException {
    int result = library.bpf_map_delete_elem(fd, direct(key));
    if (result != -Errno.ENOENT) {
      check("removing from " + name, result);
    }
  }

  /** The keys of all entries. */
  public List<byte[]> keys() throws BpfException {
    List<byte[]> keys = new ArrayList<>();
    ByteBuffer last = ByteBuffer.allocateDirect(keySize);
    ByteBuffer next = ByteBuffer.allocateDirect(keySize);
    int result = library.bpf_map_get_next_key(fd, null, next);
    while (result == 0) {
      keys.add(bytes(next, keySize));
      last.put(0, next, 0, keySize);
      result = library.bpf_map_get_next_key(fd, last, next);
    }
    if (result != -Errno.ENOENT) {
      check("listing of " + name, result);
    }
    return keys;
  }

  private static void check(String what, int result) throws BpfException {
    if (result < 0) {
      throw new BpfException(what, -result, "");
    }
  }

  private static ByteBuffer direct(byte[] bytes) {
    return ByteBuffer.allocateDirect(bytes.length).order(ByteOrder.nativeOrder()).put(bytes).flip();
  }

  private static byte[] bytes(ByteBuffer buffer, int length) {
    byte[] bytes = new byte[length];
    buffer.get(0, bytes);
    return bytes;
  }
}
