package dev.tweed.netlink.codec;

import dev.tweed.netlink.RtRequest;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Collectors;

/** Bytes for codec tests. The recorded ones are little-endian, as on amd64 and arm64. */
final class Bytes {
  private Bytes() {}

  /** Hexadecimal text; blanks and lines that start with # do not count. */
  static byte[] hex(String text) {
    String digits =
        text.lines()
            .filter(line -> !line.startsWith("#"))
            .collect(Collectors.joining())
            .replaceAll("\\s", "");
    return HexFormat.of().parseHex(digits);
  }

  static byte[] recorded(String name) {
    try (InputStream in = Bytes.class.getResourceAsStream(name)) {
      return hex(new String(in.readAllBytes(), StandardCharsets.UTF_8));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static List<Message> messages(byte[] datagram) {
    return Message.split(ByteBuffer.wrap(datagram).order(ByteOrder.nativeOrder()));
  }

  static byte[] encode(RtRequest request, int sequence) {
    ByteBuffer buffer = ByteBuffer.allocate(RequestEncoder.MAX_BYTES);
    new RequestEncoder(new MessageWriter(buffer)).encode(request, sequence);
    byte[] bytes = new byte[buffer.position()];
    buffer.get(0, bytes);
    return bytes;
  }
}
