package dev.tweed.firewall.ruleset;

import java.util.List;

/** Conditions that must all hold, and a verdict. */
record Rule(List<Match> matches, Verdict verdict) {
  Rule {
    matches = List.copyOf(matches);
  }

  /** Whether it is for packets of some sources only. */
  boolean isOfSources() {
    return matches.stream().anyMatch(Match::isOfSources);
  }

  /**
   * Whether the rule applies to the packet.
   *
   * <p>{@code nft -j} hides the states of an iptables conntrack match. A rule with no other
   * condition that accepts or drops is taken for the usual pair (accept what is established, drop
   * what is invalid): a rule that accepted every new flow would make the rest of its chain
   * pointless.
   */
  Answer answer(Packet packet) {
    boolean onlyState =
        !matches.isEmpty()
            && matches.stream().allMatch(m -> m instanceof Match.OpaqueConnectionState);
    if (onlyState && (verdict instanceof Verdict.Accept || verdict instanceof Verdict.Drop)) {
      return Answer.NO;
    }
    Answer answer = Answer.YES;
    for (Match match : matches) {
      answer = answer.and(match.matches(packet));
    }
    return answer;
  }
}
