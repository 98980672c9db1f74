package dev.tweed.netlink.nft;

import dev.tweed.ip.AddressFamily;
import java.util.Objects;
import java.util.Optional;

/**
 * A named set of values, without what is in it.
 *
 * @param table it is in
 * @param name its name
 * @param key what its elements are
 * @param learning what the packet path may do to it; empty for one that only requests change
 * @param verdicts whether each element has a verdict
 */
public record NfSet(
    NfTable table, String name, Key key, Optional<Learning> learning, boolean verdicts) {
  /** Refuses nulls. */
  public NfSet {
    Objects.requireNonNull(table, "table");
    NfNames.require(name);
    Objects.requireNonNull(key, "key");
    Objects.requireNonNull(learning, "learning");
  }

  /** Without verdicts. */
  public NfSet(NfTable table, String name, Key key, Optional<Learning> learning) {
    this(table, name, key, learning, false);
  }

  /** Of values that only requests change. */
  public static NfSet of(NfTable table, String name, Key key) {
    return new NfSet(table, name, key, Optional.empty(), false);
  }

  /** Of values with verdicts that only requests change. */
  public static NfSet ofVerdicts(NfTable table, String name, Key key) {
    return new NfSet(table, name, key, Optional.empty(), true);
  }

  /**
   * What elements are.
   *
   * @param type number by which nft knows how to print them; nothing to the kernel
   * @param bytes of each
   */
  public record Key(int type, int bytes) {
    /** IPv4 addresses. */
    public static final Key IPV4_ADDRESS = new Key(7, 4);

    /** IPv6 addresses. */
    public static final Key IPV6_ADDRESS = new Key(8, 16);

    /** Protocols above IP. */
    public static final Key PROTOCOL = new Key(12, 1);

    /** Ports of TCP and UDP. */
    public static final Key PORT = new Key(13, 2);

    /** Types of ICMP. */
    public static final Key ICMP_TYPE = new Key(14, 1);

    /** Types of ICMPv6. */
    public static final Key ICMPV6_TYPE = new Key(29, 1);

    /** Indexes of devices, in the host's byte order. */
    public static final Key DEVICE_INDEX = new Key(20, 4);

    private static final int TYPE_BITS = 6; // of nft

    /** Values of this key with values of another behind them; each fills words of four bytes. */
    public Key with(Key next) {
      return new Key(type << TYPE_BITS | next.type, bytes + next.bytes);
    }

    /** Addresses of a family. */
    public static Key ofAddresses(AddressFamily family) {
      return family == AddressFamily.IPV4 ? IPV4_ADDRESS : IPV6_ADDRESS;
    }
  }

  /**
   * Rules add to it, and what was not added again for a while is gone.
   *
   * @param size how many elements at most
   * @param timeoutMillis how long each stays
   */
  public record Learning(int size, long timeoutMillis) {}
}
