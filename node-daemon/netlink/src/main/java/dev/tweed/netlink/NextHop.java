package dev.tweed.netlink;

import dev.tweed.ip.IpAddress;
import java.util.Objects;
import java.util.Optional;

/**
 * One way of a multipath route.
 *
 * @param linkIndex device, 0 when the kernel shall find it
 * @param gateway next router, if any
 * @param weight 1..256
 * @param flags {@code RTNH_F_*} bits
 */
public record NextHop(int linkIndex, Optional<IpAddress> gateway, int weight, int flags) {
  /** Refuses nulls. */
  public NextHop {
    Objects.requireNonNull(gateway, "gateway");
  }
}
