package dev.tweed.netlink;

import java.nio.charset.StandardCharsets;

/** What the kernel accepts as a device name ({@code dev_valid_name()}, net/core/dev.c). */
final class LinkName {
  private static final int MAX_BYTES = 15; // IFNAMSIZ - 1

  private LinkName() {}

  static String requireValid(String name) {
    boolean valid =
        !name.isEmpty()
            && name.getBytes(StandardCharsets.UTF_8).length <= MAX_BYTES
            && !name.equals(".")
            && !name.equals("..")
            && name.chars().allMatch(c -> c > ' ' && c < 0x7f && c != '/' && c != ':' && c != '%');
    if (!valid) {
      throw new IllegalArgumentException(
          "'"
              + name
              + "' is not a device name: 1 to 15 visible ASCII characters, none of them '/', ':' or"
              + " '%'");
    }
    return name;
  }
}
