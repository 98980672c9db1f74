package dev.tweed.firewall.nft;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** Text as a few hexadecimal digits. */
final class Digest {

  /** Bytes that tell rules of a table apart. */
  static final int SHORT = 4;

  /** Bytes that tell all texts apart. */
  static final int LONG = 16;

  private Digest() {}

  static String of(String text, int bytes) {
    try {
      byte[] hash =
          MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
      return HexFormat.of().formatHex(hash, 0, bytes);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e); // every Java platform has it
    }
  }
}
