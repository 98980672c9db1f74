package dev.tweed.netlink.codec;

import dev.tweed.ip.IpAddress;
import dev.tweed.netlink.MacAddress;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/**
 * Writes netlink messages one after another into a buffer in native byte order. Lengths are filled
 * in when a message or nest ends; padding to 4 bytes is zero and not counted (netlink(7)).
 */
public final class MessageWriter {
  private static final int FLAGS_OFFSET = 6;

  private final ByteBuffer out;
  private int messageStart;

  /** Writes from the buffer's position on; sets the buffer to native order. */
  public MessageWriter(ByteBuffer out) {
    this.out = out.order(ByteOrder.nativeOrder());
    this.messageStart = out.position();
  }

  /** Bytes still free. */
  public int remaining() {
    return out.remaining();
  }

  /** Empties the buffer. */
  public void clear() {
    out.clear();
    messageStart = 0;
  }

  /** Adds NLM_F_ACK to the message written last. */
  public void requestAck() {
    int at = messageStart + FLAGS_OFFSET;
    out.putShort(at, (short) (out.getShort(at) | Rt.NLM_F_ACK));
  }

  /** Where the next byte goes. */
  int position() {
    return out.position();
  }

  void begin(int type, int flags, int sequence) {
    messageStart = out.position();
    out.putInt(0).putShort((short) type).putShort((short) flags).putInt(sequence).putInt(0);
  }

  void end() {
    out.putInt(messageStart, out.position() - messageStart);
    pad();
  }

  MessageWriter u8(int value) {
    out.put((byte) value);
    return this;
  }

  MessageWriter u16(int value) {
    out.putShort((short) value);
    return this;
  }

  MessageWriter u32(long value) {
    out.putInt((int) value);
    return this;
  }

  /** Begins an attribute that holds others; pass the result to {@link #endNest}. */
  int beginNest(int type) {
    int start = out.position();
    out.putShort((short) 0).putShort((short) (type | Rt.NLA_F_NESTED));
    return start;
  }

  void endNest(int start) {
    out.putShort(start, (short) (out.position() - start));
  }

  void attribute8(int type, int value) {
    header(type, 1);
    out.put((byte) value);
    pad();
  }

  void attribute16(int type, int value) {
    header(type, 2);
    out.putShort((short) value);
    pad();
  }

  void attribute16NetworkOrder(int type, int value) {
    header(type, 2);
    out.put((byte) (value >>> 8)).put((byte) value);
    pad();
  }

  void attribute32(int type, long value) {
    header(type, 4);
    out.putInt((int) value);
  }

  void attribute32NetworkOrder(int type, int value) {
    header(type, 4);
    out.put((byte) (value >>> 24));
    out.put((byte) (value >>> 16)).put((byte) (value >>> 8)).put((byte) value);
  }

  void attribute64NetworkOrder(int type, long value) {
    header(type, 8);
    for (int shift = 56; shift >= 0; shift -= 8) {
      out.put((byte) (value >>> shift));
    }
  }

  void attributeBytes(int type, byte[] bytes) {
    header(type, bytes.length);
    out.put(bytes);
    pad();
  }

  void attributeText(int type, String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    header(type, bytes.length + 1);
    out.put(bytes).put((byte) 0);
    pad();
  }

  /** Text without its terminating NUL; an alias of no bytes is how the kernel removes one. */
  void attributeTextUnterminated(int type, String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    header(type, bytes.length);
    out.put(bytes);
    pad();
  }

  void attributeIp(int type, IpAddress address) {
    byte[] bytes = address.toBytes();
    header(type, bytes.length);
    out.put(bytes);
  }

  /** A gateway of another family than its route's ({@code struct rtvia}). */
  void attributeVia(int type, IpAddress address) {
    byte[] bytes = address.toBytes();
    header(type, 2 + bytes.length);
    out.putShort((short) address.family().number()).put(bytes);
    pad();
  }

  void attributeMac(int type, MacAddress mac) {
    header(type, MacAddress.BYTES);
    out.put(mac.toBytes());
    pad();
  }

  private void header(int type, int valueBytes) {
    out.putShort((short) (Rt.NLA_HEADER_BYTES + valueBytes)).putShort((short) type);
  }

  private void pad() {
    while ((out.position() & 3) != 0) {
      out.put((byte) 0);
    }
  }
}
