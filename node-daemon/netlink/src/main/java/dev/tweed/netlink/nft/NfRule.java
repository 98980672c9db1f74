package dev.tweed.netlink.nft;

import dev.tweed.netlink.Sha256;
import java.util.List;
import java.util.Objects;

/**
 * A rule.
 *
 * @param table it is in
 * @param chain it is in
 * @param expressions its steps, in order
 * @param comment for people, up to {@link #MAX_COMMENT} bytes; empty for none
 * @param digest of all that it is, see {@link #sealed}, up to {@link #MAX_DIGEST} characters; empty
 *     for none
 */
public record NfRule(
    NfTable table, String chain, List<NfExpression> expressions, String comment, String digest) {

  /** Longest digest. */
  public static final int MAX_DIGEST = 64;

  private static final int DIGEST_BYTES = 16;

  /** What nft takes for a comment. */
  public static final int MAX_COMMENT = 128;

  /** Copies the list. */
  public NfRule {
    Objects.requireNonNull(table, "table");
    NfNames.require(chain);
    expressions = List.copyOf(expressions);
    Objects.requireNonNull(comment, "comment");
    Objects.requireNonNull(digest, "digest");
  }

  /** Without a digest. */
  public NfRule(NfTable table, String chain, List<NfExpression> expressions, String comment) {
    this(table, chain, expressions, comment, "");
  }

  /**
   * The same with its digest, by which it is known again: the kernel keeps it beside the comment,
   * and tells what it has made of a rule in other words than it was told. Whoever changes a rule
   * makes another in its place, and nft gives that none.
   */
  public NfRule sealed() {
    String all = table + "\n" + chain + "\n" + comment + "\n" + expressions;
    return new NfRule(table, chain, expressions, comment, Sha256.hex(all, DIGEST_BYTES));
  }

  /** Packets its counters have counted. */
  public long packets() {
    return expressions.stream()
        .mapToLong(e -> e instanceof NfExpression.Counter counter ? counter.packets() : 0)
        .sum();
  }
}
