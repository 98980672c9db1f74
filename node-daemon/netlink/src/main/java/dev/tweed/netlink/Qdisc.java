package dev.tweed.netlink;

import java.util.Objects;

/**
 * A queue discipline of a device (RTM_NEWQDISC).
 *
 * @param linkIndex index of the device
 * @param kind such as {@code noqueue}, {@code tbf} or {@code clsact}
 * @param parent what it hangs on: {@link #ROOT}, {@link #INGRESS}, or a class of another
 */
public record Qdisc(int linkIndex, String kind, int parent) {

  /** TC_H_ROOT of linux/pkt_sched.h: what is sent by the device. */
  public static final int ROOT = 0xffff_ffff;

  /** TC_H_INGRESS, and TC_H_CLSACT, which is the same: filters, of what comes in among them. */
  public static final int INGRESS = 0xffff_fff1;

  /** Refuses nulls. */
  public Qdisc {
    Objects.requireNonNull(kind, "kind");
  }
}
