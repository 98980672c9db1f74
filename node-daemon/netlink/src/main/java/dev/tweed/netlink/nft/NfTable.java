package dev.tweed.netlink.nft;

import java.util.Objects;

/**
 * Which table; the kernel tells tables apart by both.
 *
 * @param family what it sees
 * @param name its name
 */
public record NfTable(NfFamily family, String name) {
  /** Refuses nulls. */
  public NfTable {
    Objects.requireNonNull(family, "family");
    NfNames.require(name);
  }

  /** As nft names it. */
  @Override
  public String toString() {
    return switch (family) {
          case INET -> "inet ";
          case IPV4 -> "ip ";
          case IPV6 -> "ip6 ";
          case BRIDGE -> "bridge ";
        }
        + name;
  }
}
