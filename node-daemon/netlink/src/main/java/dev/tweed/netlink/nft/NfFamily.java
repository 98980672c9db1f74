package dev.tweed.netlink.nft;

import java.util.Arrays;
import java.util.Optional;

/** Which packets a table sees (NFPROTO_* in include/uapi/linux/netfilter.h). */
public enum NfFamily {
  /** IPv4 and IPv6. */
  INET(1),
  IPV4(2),
  /** What passes a bridge. */
  BRIDGE(7),
  IPV6(10);

  private final int number;

  NfFamily(int number) {
    this.number = number;
  }

  /** The kernel's number. */
  public int number() {
    return number;
  }

  /** The family of this number; empty for those that have no constant here. */
  public static Optional<NfFamily> of(int number) {
    return Arrays.stream(values()).filter(family -> family.number == number).findFirst();
  }
}
