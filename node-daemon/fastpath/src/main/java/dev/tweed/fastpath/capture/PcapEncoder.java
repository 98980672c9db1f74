package dev.tweed.fastpath.capture;

import dev.tweed.netlink.CapturedPacket;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * The file format that tcpdump and Wireshark read (draft-ietf-opsawg-pcap), with nanoseconds. Pure
 * functions.
 */
public final class PcapEncoder {
  private static final int MAGIC = 0xa1b23c4d; // times in nanoseconds
  private static final int ETHERNET = 1;
  private static final int HEADER_BYTES = 24;
  private static final int RECORD_BYTES = 16;
  private static final long NANOS = 1_000_000_000L;

  private PcapEncoder() {}

  /**
   * What a file begins with.
   *
   * @param snapLength bytes that are kept of a packet at most
   */
  public static byte[] header(int snapLength) {
    return allocate(HEADER_BYTES)
        .putInt(MAGIC)
        .putShort((short) 2)
        .putShort((short) 4)
        .putLong(0)
        .putInt(snapLength)
        .putInt(ETHERNET)
        .array();
  }

  /** A packet. */
  public static byte[] packet(CapturedPacket packet) {
    ByteBuffer bytes = packet.bytes();
    return allocate(RECORD_BYTES + bytes.remaining())
        .putInt((int) (packet.epochNanos() / NANOS))
        .putInt((int) (packet.epochNanos() % NANOS))
        .putInt(bytes.remaining())
        .putInt(packet.length())
        .put(bytes)
        .array();
  }

  private static ByteBuffer allocate(int bytes) {
    return ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }
}
