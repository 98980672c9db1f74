package dev.tweed.netlink.codec;

import dev.tweed.netlink.NetlinkError;
import java.util.Optional;

/**
 * The kernel's verdict on a request or dump: NLMSG_ERROR or NLMSG_DONE.
 *
 * @param error why it was refused; empty when it was not
 */
public record Acknowledgement(Optional<NetlinkError> error) {

  /**
   * Decodes a message of type {@link Rt#NLMSG_ERROR} or {@link Rt#NLMSG_DONE}.
   *
   * @throws dev.tweed.netlink.NetlinkException (MALFORMED) when it is too short
   */
  public static Acknowledgement decode(Message message) {
    // A DONE of old kernels has no error number; a dump that ended so ended well.
    boolean bareDone = message.type() == Rt.NLMSG_DONE && message.length() < 4;
    int errno = bareDone ? 0 : message.s32(0);
    if (errno == 0) {
      return new Acknowledgement(Optional.empty());
    }
    return new Acknowledgement(Optional.of(new NetlinkError(Math.abs(errno), text(message))));
  }

  private static String text(Message message) {
    if (!message.has(Rt.NLM_F_ACK_TLVS)) {
      return "";
    }
    AttributeReader attributes = message.attributesAfter(attributesOffset(message));
    String text = "";
    while (attributes.next()) {
      if (attributes.type() == Rt.NLMSGERR_ATTR_MSG) {
        text = attributes.text();
      }
    }
    return text;
  }

  /**
   * After the error number come, in an ERROR, the request's header and without CAP_ACK all of it.
   */
  private static int attributesOffset(Message message) {
    if (message.type() == Rt.NLMSG_DONE) {
      return 4;
    }
    if (message.has(Rt.NLM_F_CAPPED)) {
      return 4 + Rt.NLMSG_HEADER_BYTES;
    }
    int echoed = message.s32(4);
    return echoed < 0 || echoed > message.length() ? -1 : 4 + Rt.align(echoed);
  }
}
