package dev.tweed.dataplane.kernel;

import dev.tweed.dataplane.plan.Ruleset;
import dev.tweed.netlink.NetlinkEvent;
import java.util.List;
import java.util.Optional;

/** Replaces or removes our nftables table, each in one transaction. */
public final class NftWriter {

  private final NftCommand nft;
  private volatile long processId;

  /** Runs nft by this program and leading arguments. */
  public NftWriter(List<String> program) {
    this.nft = new NftCommand(program, started -> processId = started);
  }

  /**
   * Whether a change of nftables came from here. Only in the first PID namespace: the kernel tells
   * process ids as seen there.
   */
  public boolean made(NetlinkEvent.NftablesChanged change) {
    return change.processId() != 0 && change.processId() == processId;
  }

  /**
   * Puts a table in place of ours.
   *
   * @return what nft said when it did not
   */
  public Optional<String> replace(Ruleset rules) {
    return run(rules.text());
  }

  /**
   * Removes our table.
   *
   * @return what nft said when it did not; a table that is not there is removed
   */
  public Optional<String> remove() {
    // An addition first, since deleting what is not there is an error.
    return run("add table " + Ruleset.TABLE + "\ndelete table " + Ruleset.TABLE + "\n");
  }

  private Optional<String> run(String input) {
    NftCommand.Result result = nft.run(input, "-f", "-");
    return result.ok() ? Optional.empty() : Optional.of(result.output());
  }
}
