package dev.tweed.firewall.nft;

import dev.tweed.firewall.backend.BackendOutcome;
import dev.tweed.netlink.nft.NfTables;
import java.util.OptionalInt;
import java.util.function.Supplier;

/**
 * Keeps our table {@code inet tweed-guard}, which is there beside every sort of host firewall: a
 * drop in it is final wherever rows are kept. Each change is one transaction. Used by one thread at
 * a time; never throws for what the host does.
 */
public final class GuardWriter {

  /** Name of the table. */
  public static final String TABLE = GuardTableCompiler.TABLE;

  private final NftTableWriter writer;
  private final Supplier<OptionalInt> log;

  /**
   * Writes by these.
   *
   * @param log group of the packet log that lines go to, if the kernel has one
   */
  public GuardWriter(NfTables tables, Supplier<OptionalInt> log) {
    this.writer = new NftTableWriter(tables, TABLE);
    this.log = log;
  }

  /**
   * Makes the table hold these rules, and removes it where there are none. A second call with the
   * same rules writes nothing.
   */
  public BackendOutcome apply(GuardRules rules) {
    return writer.keep(GuardTableCompiler.compile(rules, log.get()), true);
  }

  /** What {@link #apply} would come to now, told without changing anything. */
  public BackendOutcome check(GuardRules rules) {
    return writer.keep(GuardTableCompiler.compile(rules, log.get()), false);
  }
}
