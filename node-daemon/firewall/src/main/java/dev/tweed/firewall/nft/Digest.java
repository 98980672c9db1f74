package dev.tweed.firewall.nft;

import dev.tweed.netlink.Sha256;

/** Text as a few hexadecimal digits. */
final class Digest {

  /** Bytes that tell rules of a table apart. */
  static final int SHORT = 4;

  /** Bytes that tell all texts apart. */
  static final int LONG = 16;

  private Digest() {}

  static String of(String text, int bytes) {
    return Sha256.hex(text, bytes);
  }
}
