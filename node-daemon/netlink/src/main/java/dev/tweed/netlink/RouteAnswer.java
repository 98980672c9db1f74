package dev.tweed.netlink;

import java.util.Objects;

/** Which way the kernel would send a packet now ({@link Rtnetlink#ask}). */
public sealed interface RouteAnswer {

  /**
   * By this route.
   *
   * @param route the entry of the table itself ({@code RTM_F_FIB_MATCH}), as a dump would show it:
   *     its destination is the prefix that matched, not the address asked for. Only its table may
   *     be another: while nobody has added a rule, IPv4 looks into the tables main and local as
   *     one, and says main (fib_lookup() in include/net/ip_fib.h)
   */
  record Matched(Route route) implements RouteAnswer {
    /** Refuses null. */
    public Matched {
      Objects.requireNonNull(route, "route");
    }
  }

  /**
   * Not at all.
   *
   * @param errno {@code ENETUNREACH} no route, or none from that source; {@code EHOSTUNREACH} a
   *     route of type unreachable, or a packet that came in by a device that does not forward;
   *     {@code EACCES} prohibit; {@code EINVAL} blackhole (fib_props in net/ipv4/fib_semantics.c),
   *     or what comes in from a source that cannot be; {@code EXDEV} a source that the reverse path
   *     filter refuses (newer kernels: {@code EINVAL}, inet_rtm_getroute() in net/ipv4/route.c);
   *     {@code ENODEV} no such input device
   */
  record Refused(int errno) implements RouteAnswer {}
}
