package dev.tweed.firewall.nft;

import dev.tweed.ip.AddressFamily;
import dev.tweed.netlink.nft.NfExpression;
import dev.tweed.netlink.nft.NfExpression.Conntrack;
import dev.tweed.netlink.nft.NfSteps;

/** Which destination of a packet is meant. */
enum NftView {
  /** The one it has. */
  AS_IT_IS,
  /** The one it had before it was translated. */
  BEFORE_TRANSLATION;

  /** What loads its address. */
  NfExpression destination(AddressFamily family) {
    return switch (this) {
      case AS_IT_IS -> NfSteps.destination(family);
      case BEFORE_TRANSLATION ->
          new Conntrack(
              family == AddressFamily.IPV4
                  ? Conntrack.Key.ORIGINAL_DESTINATION_IPV4
                  : Conntrack.Key.ORIGINAL_DESTINATION_IPV6);
    };
  }

  /** What loads its port. */
  NfExpression destinationPort() {
    return switch (this) {
      case AS_IT_IS -> NfSteps.destinationPort();
      case BEFORE_TRANSLATION -> new Conntrack(Conntrack.Key.ORIGINAL_DESTINATION_PORT);
    };
  }
}
