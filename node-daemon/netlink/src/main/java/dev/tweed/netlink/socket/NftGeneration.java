package dev.tweed.netlink.socket;

import dev.tweed.netlink.NetlinkException;
import dev.tweed.netlink.codec.EventDecoder;
import dev.tweed.netlink.codec.Message;
import dev.tweed.netlink.codec.MessageWriter;
import dev.tweed.netlink.codec.QueryEncoder;
import dev.tweed.netlink.codec.Rt;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.OptionalInt;

/**
 * The number of the nftables ruleset: each transaction in the network namespace, whoever makes it,
 * gives another. While it is the same, no table, chain or rule is another.
 */
public final class NftGeneration {

  private static final Duration PATIENCE = Duration.ofSeconds(1);
  private static final int BYTES = 4096;
  private static final int SEQUENCE = 1;

  private NftGeneration() {}

  /**
   * Asks the kernel, in the calling thread's network namespace.
   *
   * @return empty if it does not tell: it needs the capability NET_ADMIN, and nf_tables
   */
  public static OptionalInt read() {
    NetlinkDescriptor socket = null;
    try {
      socket = NetlinkDescriptor.open(Rt.NETLINK_NETFILTER, BYTES, BYTES);
      socket.setReceiveTimeout(PATIENCE);
      ByteBuffer request = NetlinkDescriptor.direct(BYTES);
      new QueryEncoder(new MessageWriter(request)).nftGeneration(SEQUENCE);
      socket.send(request);
      if (socket.receive(true) instanceof NetlinkDescriptor.Reception.Datagram answer) {
        return Message.split(answer.bytes()).stream()
            .filter(message -> message.sequence() == SEQUENCE)
            .map(EventDecoder::nftGeneration)
            .findFirst()
            .orElse(OptionalInt.empty());
      }
      return OptionalInt.empty();
    } catch (NetlinkException unknown) {
      return OptionalInt.empty();
    } finally {
      if (socket != null) {
        socket.close();
      }
    }
  }
}
