package dev.tweed.netlink;

/**
 * How far an address or route reaches ({@code RT_SCOPE_*}, linux/rtnetlink.h). A number, because an
 * administrator may define more than the named ones.
 *
 * @param number 0 (everywhere) to 255 (nowhere)
 */
public record Scope(int number) {
  /** Everywhere: {@code ip} calls it global. */
  public static final Scope UNIVERSE = new Scope(0);

  /** The directly attached link. */
  public static final Scope LINK = new Scope(253);

  /** This host. */
  public static final Scope HOST = new Scope(254);

  /** Nowhere; in a deletion: any scope. */
  public static final Scope NOWHERE = new Scope(255);

  /** Refuses what does not fit a byte. */
  public Scope {
    if (number < 0 || number > 255) {
      throw new IllegalArgumentException("a scope is 0..255, not " + number);
    }
  }
}
