package dev.tweed.firewall.nft;

import dev.tweed.firewall.rules.FilterRow;
import java.util.List;
import java.util.Optional;

/**
 * What is guarded beside the host's own firewall.
 *
 * @param inRows rows for packets to the host itself, in order; those that refuse something close
 *     NodePorts, too, and those before them keep some open
 * @param tunnel who may send to the tunnel; empty is everybody
 */
public record GuardRules(List<FilterRow> inRows, Optional<TunnelPeers> tunnel) {

  public GuardRules {
    inRows = List.copyOf(inRows);
  }

  /** Nothing at all. */
  public static GuardRules none() {
    return new GuardRules(List.of(), Optional.empty());
  }
}
