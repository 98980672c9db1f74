package dev.tweed.netlink;

/**
 * RFC 2863 operational state of a link ({@code IF_OPER_*}, linux/if.h). Tunnels such as VXLAN stay
 * {@link #UNKNOWN} while they work; use {@link Link#isUp} for them.
 */
public enum OperState {
  UNKNOWN,
  NOT_PRESENT,
  DOWN,
  LOWER_LAYER_DOWN,
  TESTING,
  DORMANT,
  UP;

  /** The state of a kernel number; a number of the future is {@link #UNKNOWN}. */
  public static OperState of(int number) {
    return number >= 0 && number < values().length ? values()[number] : UNKNOWN;
  }
}
