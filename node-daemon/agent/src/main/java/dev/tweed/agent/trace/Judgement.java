package dev.tweed.agent.trace;

import dev.tweed.agent.probe.UnreachedPeer.Where;
import dev.tweed.firewall.ruleset.Ruleset;
import java.util.List;
import java.util.stream.Collectors;

/**
 * Where packets are lost.
 *
 * @param where in one word
 * @param losses why so, the most important first
 */
record Judgement(Where where, List<Loss> losses) {
  Judgement {
    losses = List.copyOf(losses);
  }

  static Judgement of(Where where, String text) {
    return new Judgement(where, List.of(Loss.elsewhere(text)));
  }

  /** Whether rules of the host can tell more. */
  boolean dependsOnRules() {
    return losses.stream().anyMatch(loss -> !loss.packets().isEmpty());
  }

  String explain(Ruleset rules) {
    return losses.stream().map(loss -> loss.explain(rules)).collect(Collectors.joining("; and "));
  }
}
