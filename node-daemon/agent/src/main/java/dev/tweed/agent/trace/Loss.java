package dev.tweed.agent.trace;

import dev.tweed.firewall.ruleset.Chain;
import dev.tweed.firewall.ruleset.Packet;
import dev.tweed.firewall.ruleset.Ruleset;
import java.util.List;
import java.util.Optional;

/**
 * What becomes of packets.
 *
 * @param text of what is seen
 * @param packets those that are dropped on this host; empty if none are
 * @param otherwise what drops them if no chain does
 */
record Loss(String text, List<Packet> packets, String otherwise) {
  Loss {
    packets = List.copyOf(packets);
  }

  /** Nothing that a firewall of this host can have done. */
  static Loss elsewhere(String text) {
    return new Loss(text, List.of(), "");
  }

  /** The text, with the chain that drops the packets as far as the rules tell it. */
  String explain(Ruleset rules) {
    if (packets.isEmpty()) {
      return text;
    }
    Optional<Chain> blocker =
        packets.stream().flatMap(packet -> rules.blockerOf(packet).stream()).findFirst();
    return text
        + blocker
            .map(
                chain ->
                    " by chain %s of table %s %s"
                        .formatted(chain.name(), chain.family(), chain.table()))
            .orElse(
                "; no chain that nft shows there certainly drops them, so look for " + otherwise);
  }
}
