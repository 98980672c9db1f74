package dev.tweed.agent.trace;

import dev.tweed.agent.probe.UnreachedPeer.Where;
import dev.tweed.firewall.ruleset.Chain;
import dev.tweed.firewall.ruleset.Packet;
import dev.tweed.firewall.ruleset.Ruleset;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * Where packets are lost.
 *
 * @param where in one word
 * @param losses why so, the most important first
 */
record LossDiagnosis(Where where, List<Loss> losses) {
  LossDiagnosis {
    losses = List.copyOf(losses);
  }

  static LossDiagnosis of(Where where, String text) {
    return new LossDiagnosis(where, List.of(Loss.elsewhere(text)));
  }

  /** Whether rules of the host can tell more. */
  boolean dependsOnRules() {
    return losses.stream().anyMatch(loss -> !loss.packets().isEmpty());
  }

  String explain(Ruleset rules) {
    return losses.stream().map(loss -> loss.explain(rules)).collect(Collectors.joining("; and "));
  }

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
    private String explain(Ruleset rules) {
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
}
