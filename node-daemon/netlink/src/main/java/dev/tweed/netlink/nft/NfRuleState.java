package dev.tweed.netlink.nft;

import java.util.Objects;

/**
 * A rule that is there.
 *
 * @param handle its number in its table, which no other gets
 * @param rule what it is
 */
public record NfRuleState(long handle, NfRule rule) {
  /** Refuses null. */
  public NfRuleState {
    Objects.requireNonNull(rule, "rule");
  }
}
