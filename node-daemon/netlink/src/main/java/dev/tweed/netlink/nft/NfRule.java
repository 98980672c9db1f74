package dev.tweed.netlink.nft;

import java.util.List;
import java.util.Objects;

/**
 * A rule.
 *
 * @param table it is in
 * @param chain it is in
 * @param expressions its steps, in order
 * @param comment for people, up to {@link #MAX_COMMENT} bytes; empty for none
 */
public record NfRule(NfTable table, String chain, List<NfExpression> expressions, String comment) {

  /** What nft takes for a comment. */
  public static final int MAX_COMMENT = 128;

  /** Copies the list. */
  public NfRule {
    Objects.requireNonNull(table, "table");
    NfNames.require(chain);
    expressions = List.copyOf(expressions);
    Objects.requireNonNull(comment, "comment");
  }

  /** The same with nothing counted. */
  public NfRule uncounted() {
    return new NfRule(
        table,
        chain,
        expressions.stream()
            .map(e -> e instanceof NfExpression.Counter ? NfExpression.Counter.ZERO : e)
            .toList(),
        comment);
  }

  /** Packets its counters have counted. */
  public long packets() {
    return expressions.stream()
        .mapToLong(e -> e instanceof NfExpression.Counter counter ? counter.packets() : 0)
        .sum();
  }
}
