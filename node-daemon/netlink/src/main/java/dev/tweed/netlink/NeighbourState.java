package dev.tweed.netlink;

/**
 * State bits of a neighbour or FDB entry ({@code NUD_*}, linux/neighbour.h).
 *
 * @param bits the bits, 0..65535
 */
public record NeighbourState(int bits) {
  /** Nothing known. */
  public static final NeighbourState NONE = new NeighbourState(0);

  /** Confirmed lately. */
  public static final NeighbourState REACHABLE = new NeighbourState(0x02);

  /** Could not be resolved. */
  public static final NeighbourState FAILED = new NeighbourState(0x20);

  /** Needs no resolution. */
  public static final NeighbourState NO_ARP = new NeighbourState(0x40);

  /** Set by configuration; never expires. */
  public static final NeighbourState PERMANENT = new NeighbourState(0x80);

  /** Whether the entry was configured rather than learned. */
  public boolean isPermanent() {
    return (bits & PERMANENT.bits) != 0;
  }
}
