package dev.tweed.firewall.nft;

/**
 * Why nft did not do as it was told.
 *
 * @param reason CamelCase, for machines
 * @param message what nft said
 * @param remedy what to do
 */
record NftRefusal(String reason, String message, String remedy) {

  static final String KERNEL_TOO_OLD = "KernelTooOld";

  /** Whether it is a refusal in these words. */
  boolean isAbout(String words) {
    return message.contains(words);
  }

  static NftRefusal missing(String message) {
    return new NftRefusal(
        "NftMissing", message, "install nftables, or use an image of Tweed's that has it");
  }

  /** Sorts by what nft says, in its own words (LC_ALL=C). */
  static NftRefusal of(String message) {
    if (message.contains("Operation not permitted")) {
      return new NftRefusal(
          "NotPermitted", message, "give the daemon the capability NET_ADMIN on the host network");
    }
    if (message.contains("syntax error")
        || message.contains("invalid option")
        || message.contains("unrecognized option")) {
      return new NftRefusal("NftTooOld", message, "install nftables 1.0 or later");
    }
    if (message.contains("Operation not supported")
        || message.contains("Protocol not supported")
        || message.contains("Unable to initialize Netlink socket")
        || message.contains("No such file or directory")) {
      return new NftRefusal(
          KERNEL_TOO_OLD,
          message,
          "a kernel of 5.10 or later with nf_tables, nft_ct, nft_limit, nft_log, nft_reject_inet and"
              + " nft_fib_inet; as modules: modprobe them");
    }
    return new NftRefusal(
        "NftRefused", message, "the rules before are in force; look with: nft list ruleset");
  }
}
