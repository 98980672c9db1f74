package dev.tweed.dataplane.kernel;

import dev.tweed.dataplane.plan.NftListing;
import dev.tweed.dataplane.plan.RulesetCompiler;
import dev.tweed.netlink.NetlinkException;
import dev.tweed.netlink.nft.NfTableDiff;
import dev.tweed.netlink.nft.NfTables;
import java.util.List;

/** Reads our table of address translation. */
public record NftReader(NfTables tables) {

  /** What is there now. */
  public NftListing read() {
    try {
      return NfTableDiff.Found.read(
              tables, RulesetCompiler.TABLE, List.of(), RulesetCompiler.CHAINS)
          .<NftListing>map(NftListing.Present::new)
          .orElseGet(NftListing.Absent::new);
    } catch (NetlinkException e) {
      return new NftListing.Unreadable(e.getMessage());
    }
  }
}
