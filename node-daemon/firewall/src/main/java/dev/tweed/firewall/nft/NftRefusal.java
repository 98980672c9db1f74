package dev.tweed.firewall.nft;

import dev.tweed.firewall.backend.BackendOutcome.Refused;

/** Why nft did not do as it was told. */
final class NftRefusal {

  static final String KERNEL_TOO_OLD = "KernelTooOld";

  private NftRefusal() {}

  static Refused missing(String message) {
    return new Refused(
        "NftMissing", message, "install nftables, or use an image of Tweed's that has it");
  }

  /** Sorts by what nft says, in its own words (LC_ALL=C). */
  static Refused of(String message) {
    if (message.contains("Operation not permitted")) {
      return new Refused(
          "NotPermitted", message, "give the daemon the capability NET_ADMIN on the host network");
    }
    if (message.contains("syntax error")
        || message.contains("invalid option")
        || message.contains("unrecognized option")) {
      return new Refused("NftTooOld", message, "install nftables 1.0 or later");
    }
    if (message.contains("Operation not supported")
        || message.contains("Protocol not supported")
        || message.contains("Unable to initialize Netlink socket")
        || message.contains("No such file or directory")) {
      return new Refused(
          KERNEL_TOO_OLD,
          message,
          "a kernel of 5.10 or later with nf_tables, nft_ct, nft_limit, nft_log, nft_reject_inet and"
              + " nft_fib_inet; as modules: modprobe them");
    }
    return new Refused(
        "NftRefused", message, "the rules before are in force; look with: nft list ruleset");
  }
}
