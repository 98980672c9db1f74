package dev.tweed.dataplane.kernel;

import dev.tweed.dataplane.plan.Ruleset;
import dev.tweed.netlink.NetlinkEvent;
import java.io.IOException;
import java.util.List;
import java.util.Optional;

/** Replaces or removes our nftables table, each in one transaction. */
public final class NftWriter {

  private final NftCommand nft;
  private final StepHook hook;
  private volatile long processId;

  /**
   * @param program runs nft, with leading arguments
   * @param hook is called before each change
   */
  public NftWriter(List<String> program, StepHook hook) {
    this.nft = new NftCommand(program, started -> processId = started);
    this.hook = hook;
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
    try {
      hook.before("nft");
    } catch (IOException e) {
      return Optional.of(String.valueOf(e.getMessage()));
    }
    NftCommand.Result result = nft.run(input, "-f", "-");
    return result.ok() ? Optional.empty() : Optional.of(result.output());
  }
}
