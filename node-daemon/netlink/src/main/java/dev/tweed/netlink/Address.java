package dev.tweed.netlink;

import dev.tweed.ip.IpPrefix;
import java.util.Objects;

/**
 * An address on a device (RTM_NEWADDR).
 *
 * @param linkIndex index of the device
 * @param prefix the local address with the length of its network
 * @param flags {@code IFA_F_*} bits (linux/if_addr.h)
 * @param scope how far it reaches
 */
public record Address(int linkIndex, IpPrefix prefix, int flags, Scope scope) {
  /** The address is configured, not leased ({@code IFA_F_PERMANENT}); set by the kernel. */
  public static final int PERMANENT = 0x80;

  /** No duplicate address detection ({@code IFA_F_NODAD}, IPv6). */
  public static final int NO_DAD = 0x02;

  /** Duplicate address detection found another owner ({@code IFA_F_DADFAILED}, IPv6). */
  public static final int DAD_FAILED = 0x08;

  /** No route to the prefix is made with the address ({@code IFA_F_NOPREFIXROUTE}). */
  public static final int NO_PREFIX_ROUTE = 0x200;

  /** Refuses nulls. */
  public Address {
    Objects.requireNonNull(prefix, "prefix");
    Objects.requireNonNull(scope, "scope");
  }

  /** A global address without special flags. */
  public static Address global(int linkIndex, IpPrefix prefix) {
    return new Address(linkIndex, prefix, 0, Scope.UNIVERSE);
  }

  /** Whether both are the same address on the same device, whatever their flags. */
  public boolean isSameAs(Address other) {
    return linkIndex == other.linkIndex && prefix.equals(other.prefix);
  }
}
