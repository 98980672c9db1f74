package dev.tweed.dataplane.kernel;

import dev.tweed.dataplane.plan.NftListing;
import java.util.List;

/**
 * Reads our nftables table. A table has its handle for as long as it lives, and we replace ours as
 * a whole; so one that is listed in another way than when it was first seen was changed by somebody
 * else, even where a rule kept its handle and comment. Used by one thread.
 */
public final class NftReader {

  private final NftCommand nft;
  private String firstSeen = "";

  /** Runs nft by this program and leading arguments. */
  public NftReader(List<String> program) {
    this.nft = new NftCommand(program);
  }

  /** What is there now. */
  public NftListing read() {
    NftCommand.Result result = nft.run("", "-a", "list", "table", "inet", "tweed");
    if (result.ok()) {
      return judge(result.output());
    }
    return result.output().contains("No such file or directory") && result.processId() != 0
        ? new NftListing.Absent()
        : new NftListing.Unreadable(result.output());
  }

  private NftListing judge(String listing) {
    String table = listing.lines().findFirst().orElse("") + "\n";
    if (!firstSeen.startsWith(table)) {
      firstSeen = listing;
    }
    NftListing found = NftListing.parse(listing);
    return found instanceof NftListing.Present present && !listing.equals(firstSeen)
        ? present.touched()
        : found;
  }
}
