package dev.tweed.netlink.codec;

import dev.tweed.netlink.NetlinkException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

/**
 * One received netlink message. Its body is a view of the receive buffer: decode it before the next
 * reception.
 */
public final class Message {
  private final int type;
  private final int flags;
  private final int sequence;
  private final int port;
  private final ByteBuffer body;

  private Message(int type, int flags, int sequence, int port, ByteBuffer body) {
    this.type = type;
    this.flags = flags;
    this.sequence = sequence;
    this.port = port;
    this.body = body;
  }

  /**
   * The messages of one datagram, from the buffer's position to its limit.
   *
   * @throws NetlinkException (MALFORMED) when a length does not fit
   */
  public static List<Message> split(ByteBuffer datagram) {
    ByteBuffer bytes = datagram.duplicate().order(ByteOrder.nativeOrder());
    List<Message> messages = new ArrayList<>();
    int at = bytes.position();
    int end = bytes.limit();
    while (end - at >= Rt.NLMSG_HEADER_BYTES) {
      int length = bytes.getInt(at);
      if (length < Rt.NLMSG_HEADER_BYTES || length > end - at) {
        throw NetlinkException.malformed(
            "netlink message of " + Integer.toUnsignedString(length) + " bytes in " + (end - at));
      }
      messages.add(
          new Message(
              bytes.getShort(at + 4) & 0xffff,
              bytes.getShort(at + 6) & 0xffff,
              bytes.getInt(at + 8),
              bytes.getInt(at + 12),
              bytes
                  .slice(at + Rt.NLMSG_HEADER_BYTES, length - Rt.NLMSG_HEADER_BYTES)
                  .order(ByteOrder.nativeOrder())));
      at = Math.min(end, at + Rt.align(length));
    }
    if (at != end) {
      throw NetlinkException.malformed((end - at) + " stray bytes after the last netlink message");
    }
    return messages;
  }

  /** Message type, such as {@link Rt#RTM_NEWLINK}. */
  public int type() {
    return type;
  }

  /** Whether a flag is set, such as {@link Rt#NLM_F_DUMP_INTR}. */
  public boolean has(int flag) {
    return (flags & flag) != 0;
  }

  /** Sequence number of the request it answers, 0 for events of the kernel. */
  public int sequence() {
    return sequence;
  }

  /** Netlink port of the requester, in answers and events alike; 0 for the kernel. */
  public int port() {
    return port;
  }

  /** Bytes after the header. */
  int length() {
    return body.limit();
  }

  int u8(int offset) {
    require(offset, 1);
    return body.get(offset) & 0xff;
  }

  int u16(int offset) {
    require(offset, 2);
    return body.getShort(offset) & 0xffff;
  }

  int s32(int offset) {
    require(offset, 4);
    return body.getInt(offset);
  }

  /** The attributes that follow a fixed part of so many bytes. */
  AttributeReader attributesAfter(int fixedBytes) {
    if (fixedBytes < 0 || fixedBytes > body.limit()) {
      throw NetlinkException.malformed(
          "message type " + type + " has " + body.limit() + " bytes, not " + fixedBytes);
    }
    return new AttributeReader(body, Math.min(Rt.align(fixedBytes), body.limit()), body.limit());
  }

  private void require(int offset, int bytes) {
    if (offset < 0 || offset + bytes > body.limit()) {
      throw NetlinkException.malformed(
          "message type " + type + " ends after " + body.limit() + " bytes");
    }
  }
}
