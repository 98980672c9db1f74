package dev.tweed.netlink.socket;

import dev.tweed.netlink.Errno;
import dev.tweed.netlink.NetlinkException;
import dev.tweed.netlink.codec.ObjectDecoder;
import dev.tweed.netlink.codec.Rt;

/**
 * Policies of IPsec in the calling thread's network namespace, as {@code ip xfrm policy} lists them
 * (net/xfrm/xfrm_user.c). They protect or refuse what the host's stack sends and receives.
 */
public final class IpsecPolicies {

  private IpsecPolicies() {}

  /**
   * Whether there are any but those of single sockets. Needs CAP_NET_ADMIN.
   *
   * @throws NetlinkException when the kernel does not tell
   */
  public static boolean arePresent() {
    KernelExchange kernel;
    try {
      kernel = KernelExchange.open(Rt.NETLINK_XFRM);
    } catch (NetlinkException e) {
      if (e.errno() == Errno.EPROTONOSUPPORT) {
        return false; // a kernel without IPsec
      }
      throw e;
    }
    try {
      return kernel
              .get(
                  (query, sequence) -> query.ipsecPolicies(sequence),
                  Rt.XFRM_MSG_NEWSPDINFO,
                  ObjectDecoder::ipsecPolicies,
                  refusal -> false)
              .orElseThrow(() -> NetlinkException.malformed("no numbers of IPsec policies"))
          > 0;
    } finally {
      kernel.close();
    }
  }
}
