package dev.tweed.dataplane.kernel;

import dev.tweed.dataplane.plan.NftListing;
import java.util.List;

/** Reads our nftables table. */
public final class NftReader {

  private final NftCommand nft;

  /** Runs nft by this program and leading arguments. */
  public NftReader(List<String> program) {
    this.nft = new NftCommand(program);
  }

  /** What is there now. */
  public NftListing read() {
    NftCommand.Result result = nft.run("", "-a", "list", "table", "inet", "tweed");
    if (result.ok()) {
      return NftListing.parse(result.output());
    }
    return result.output().contains("No such file or directory") && result.processId() != 0
        ? new NftListing.Absent()
        : new NftListing.Unreadable(result.output());
  }
}
