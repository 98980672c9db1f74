package dev.tweed.firewall.ruleset;

import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * The chains of the packet filter.
 *
 * <p>Answers are careful: a packet counts as blocked only if every way through a base chain ends in
 * a drop, whatever the conditions this evaluator cannot decide turn out to be.
 */
public record Ruleset(List<Chain> chains) {

  // Deeper than the kernel's own limit of jumps (16, NFT_JUMP_STACK_SIZE).
  private static final int MAX_DEPTH = 20;

  private enum End {
    ACCEPT,
    DROP
  }

  /** Ends that are possible, and whether a packet may reach the end of the chain. */
  private record Outcome(Set<End> ends, boolean fallsThrough) {}

  public Ruleset {
    chains = List.copyOf(chains);
  }

  /** No rules at all. */
  public static Ruleset empty() {
    return new Ruleset(List.of());
  }

  /** The base chain that certainly drops the packet; empty if none does, or it is not certain. */
  public Optional<Chain> blockerOf(Packet packet) {
    return chains.stream()
        .filter(chain -> chain.isAt(packet.hook(), packet.family()))
        .filter(chain -> ends(chain, packet).equals(EnumSet.of(End.DROP)))
        .findFirst();
  }

  /** A chain by its name in any table. */
  public boolean hasChain(String name) {
    return chains.stream().anyMatch(chain -> chain.name().equals(name));
  }

  private Set<End> ends(Chain base, Packet packet) {
    Outcome outcome = walk(base, packet, 0);
    Set<End> ends = EnumSet.noneOf(End.class);
    ends.addAll(outcome.ends());
    if (outcome.fallsThrough()) {
      ends.add(base.base().orElseThrow().drops() ? End.DROP : End.ACCEPT);
    }
    return ends;
  }

  private Outcome walk(Chain chain, Packet packet, int depth) {
    Set<End> ends = EnumSet.noneOf(End.class);
    boolean mayReturn = false;
    for (Rule rule : chain.rules()) {
      Answer answer = rule.answer(packet);
      if (answer == Answer.NO) {
        continue;
      }
      boolean certain = answer == Answer.YES;
      switch (rule.verdict()) {
        case Verdict.Continue ignored -> {}
        case Verdict.Accept ignored -> ends.add(End.ACCEPT);
        case Verdict.Drop ignored -> ends.add(End.DROP);
        case Verdict.Return ignored -> mayReturn = true;
        case Verdict.Undecided ignored -> {
          ends.addAll(EnumSet.allOf(End.class));
          certain = false;
        }
        case Verdict.Jump jump -> {
          Outcome there = target(chain, jump.chain(), packet, depth);
          ends.addAll(there.ends());
          certain &= !there.fallsThrough();
        }
        case Verdict.Goto jump -> {
          Outcome there = target(chain, jump.chain(), packet, depth);
          ends.addAll(there.ends());
          mayReturn |= there.fallsThrough();
        }
      }
      if (certain && !(rule.verdict() instanceof Verdict.Continue)) {
        return new Outcome(ends, mayReturn);
      }
    }
    return new Outcome(ends, true);
  }

  private Outcome target(Chain from, String name, Packet packet, int depth) {
    Optional<Chain> chain = chains.stream().filter(c -> c.isIn(from, name)).findFirst();
    return chain.isEmpty() || depth >= MAX_DEPTH
        ? new Outcome(EnumSet.allOf(End.class), true)
        : walk(chain.get(), packet, depth + 1);
  }
}
