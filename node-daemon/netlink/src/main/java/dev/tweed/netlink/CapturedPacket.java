package dev.tweed.netlink;

import java.nio.ByteBuffer;

/**
 * A frame that passed a device. What is of the frame itself is whatever its sender wrote.
 *
 * @param epochNanos when it did, since 1970
 * @param outgoing whether the device sent it; else it received it
 * @param length of the frame in bytes
 * @param bytes its first ones, from the Ethernet header on; read-only
 */
public record CapturedPacket(long epochNanos, boolean outgoing, int length, ByteBuffer bytes) {
  /** Takes a copy. */
  public CapturedPacket {
    bytes = ByteBuffer.allocate(bytes.remaining()).put(bytes.duplicate()).flip().asReadOnlyBuffer();
  }

  @Override
  public ByteBuffer bytes() {
    return bytes.duplicate();
  }
}
