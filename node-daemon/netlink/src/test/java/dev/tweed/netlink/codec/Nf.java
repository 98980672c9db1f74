package dev.tweed.netlink.codec;

import dev.tweed.netlink.nft.NfRequest;
import java.nio.ByteBuffer;
import java.util.List;

/** Transactions of nf_tables as bytes. */
final class Nf {
  private Nf() {}

  static byte[] encode(List<NfRequest> transaction, int sequence) {
    ByteBuffer buffer = ByteBuffer.allocate(NfRequestEncoder.maxBytes(transaction));
    new NfRequestEncoder(new MessageWriter(buffer)).encode(transaction, sequence);
    byte[] bytes = new byte[buffer.position()];
    buffer.get(0, bytes);
    return bytes;
  }

  /** The message of the only request. */
  static Message message(NfRequest request) {
    return Bytes.messages(encode(List.of(request), 1)).get(1);
  }
}
