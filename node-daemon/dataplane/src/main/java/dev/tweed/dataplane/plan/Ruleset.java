package dev.tweed.dataplane.plan;

import java.util.List;
import java.util.Objects;

/**
 * The content of our nftables table.
 *
 * @param text input for {@code nft -f -} that puts it in place of what was there, in one
 *     transaction
 * @param comments the comments of its chains, which have none, and rules, as they are listed; the
 *     last one, the seal, names this very content
 */
public record Ruleset(String text, List<String> comments) {
  /** Family and name of our table, as nft writes them. */
  public static final String TABLE = "inet tweed";

  /** Copies the list. */
  public Ruleset {
    Objects.requireNonNull(text, "text");
    comments = List.copyOf(comments);
  }

  /** The comment that names this content. */
  public String seal() {
    return comments.getLast();
  }
}
