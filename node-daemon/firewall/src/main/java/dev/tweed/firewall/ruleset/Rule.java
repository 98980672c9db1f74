package dev.tweed.firewall.ruleset;

import java.util.List;
import java.util.Optional;

/** Conditions that must all hold, and a verdict. */
record Rule(List<Match> matches, Verdict verdict) {
  Rule {
    matches = List.copyOf(matches);
  }

  /** The chain it leads to. */
  Optional<String> target() {
    return switch (verdict) {
      case Verdict.Jump jump -> Optional.of(jump.chain());
      case Verdict.Goto jump -> Optional.of(jump.chain());
      default -> Optional.empty();
    };
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
   *
   * @param careful whether conditions that cannot be known may hold; otherwise the packet is one
   *     that no rule names
   */
  Answer answer(Packet packet, boolean careful) {
    boolean onlyState =
        !matches.isEmpty()
            && matches.stream().allMatch(m -> m instanceof Match.OpaqueConnectionState);
    if (onlyState && (verdict instanceof Verdict.Accept || verdict instanceof Verdict.Drop)) {
      return Answer.NO;
    }
    Answer answer = Answer.YES;
    for (Match match : matches) {
      Answer one = match.matches(packet);
      boolean decided = !careful && !mayLetThrough(match, packet);
      answer = answer.and(one == Answer.MAYBE && decided ? Answer.of(match.isOfOthers()) : one);
    }
    return answer;
  }

  /**
   * Whether a condition that is not understood may hold for a packet although no rule names it:
   * that of a rule which goes back (ufw's for addresses of the host), or the state beside a port
   * that is accepted, which is that of new connections then.
   */
  private boolean mayLetThrough(Match match, Packet packet) {
    return switch (verdict) {
      case Verdict.Return back -> match instanceof Match.UnknownCondition;
      case Verdict.Accept accept ->
          match instanceof Match.OpaqueConnectionState
              && packet.port().isPresent()
              && matches.stream().anyMatch(Match.DestinationPort.class::isInstance);
      default -> false;
    };
  }
}
