package dev.tweed.netlink.nft;

import java.util.Objects;
import java.util.Optional;

/**
 * A chain.
 *
 * @param table it is in
 * @param name its name
 * @param hook where it is asked; empty for one that rules lead to
 */
public record NfChain(NfTable table, String name, Optional<NfHook> hook) {
  /** Refuses nulls. */
  public NfChain {
    Objects.requireNonNull(table, "table");
    NfNames.require(name);
    Objects.requireNonNull(hook, "hook");
  }
}
