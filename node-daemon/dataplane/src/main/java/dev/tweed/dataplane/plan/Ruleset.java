package dev.tweed.dataplane.plan;

import java.util.Objects;

/**
 * The content of our nftables table.
 *
 * @param text input for {@code nft -f -} that puts it in place of what was there, in one
 *     transaction
 * @param seal comment of its last rule, which names this very content
 * @param objects chains and rules in it, the last rule included
 */
public record Ruleset(String text, String seal, int objects) {
  /** Family and name of our table, as nft writes them. */
  public static final String TABLE = "inet tweed";

  /** Refuses nulls. */
  public Ruleset {
    Objects.requireNonNull(text, "text");
    Objects.requireNonNull(seal, "seal");
  }
}
