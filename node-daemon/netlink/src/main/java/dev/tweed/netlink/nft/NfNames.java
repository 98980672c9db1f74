package dev.tweed.netlink.nft;

/** What the kernel takes for a name: up to 255 bytes without NUL. */
final class NfNames {

  private static final int MAX_BYTES = 255; // NFT_NAME_MAXLEN - 1

  private NfNames() {}

  static void require(String name) {
    if (name.length() > MAX_BYTES || name.indexOf('\0') >= 0) {
      throw new IllegalArgumentException(
          "a name in nf_tables has no NUL and at most " + MAX_BYTES + " characters");
    }
  }
}
