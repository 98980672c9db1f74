package dev.tweed.firewall.ruleset;

import java.util.EnumSet;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Stream;

/**
 * The chains of the packet filter.
 *
 * <p>Answers are careful: a packet counts as blocked only if every way through a base chain ends in
 * a drop, whatever the conditions this evaluator cannot decide turn out to be.
 */
public final class Ruleset {

  // Deeper than the kernel's own limit of jumps (16, NFT_JUMP_STACK_SIZE).
  private static final int MAX_DEPTH = 20;

  private enum FinalVerdict {
    ACCEPT,
    DROP
  }

  /** Ends that are possible, and whether a packet may reach the end of the chain. */
  private record Outcome(Set<FinalVerdict> ends, boolean fallsThrough) {}

  private final Map<Chain.Key, Chain> chains = new LinkedHashMap<>();
  private final List<Chain> bases;

  public Ruleset(List<Chain> chains) {
    chains.forEach(c -> this.chains.put(c.key(), c));
    this.bases = chains.stream().filter(chain -> chain.base().isPresent()).toList();
  }

  /** No rules at all. */
  public static Ruleset empty() {
    return new Ruleset(List.of());
  }

  /** The chains the kernel enters by itself. */
  public List<Chain> bases() {
    return bases;
  }

  /** The base chain that certainly drops the packet; empty if none does, or it is not certain. */
  public Optional<Chain> blockerOf(Packet packet) {
    return blockersOf(packet).stream().findFirst();
  }

  /** All base chains that certainly drop the packet: each of them has to let it through. */
  public List<Chain> blockersOf(Packet packet) {
    return blockers(packet, true);
  }

  /**
   * Base chains that drop the packet if it is one that no rule names, as a policy to drop does, or
   * a last rule: conditions that cannot be known, those of bans for one, are taken not to hold, and
   * to hold where they are about all others.
   */
  public List<Chain> closedTo(Packet packet) {
    return blockers(packet, false);
  }

  /** The same rules without those that lead to chains of such a name. */
  public Ruleset withoutJumpsTo(Predicate<String> chain) {
    return new Ruleset(
        chains.values().stream()
            .map(
                c ->
                    new Chain(
                        c.family(),
                        c.table(),
                        c.name(),
                        c.base(),
                        c.rules().stream()
                            .filter(rule -> rule.target().filter(chain).isEmpty())
                            .toList()))
            .toList());
  }

  /** The same rules without base chains of a sort. */
  public Ruleset withoutBases(Predicate<Chain> sort) {
    return new Ruleset(
        chains.values().stream()
            .filter(chain -> chain.base().isEmpty() || !sort.test(chain))
            .toList());
  }

  /**
   * Whether a chain can drop, by itself or in one that it leads to, whatever source a packet has.
   */
  public boolean canDrop(Chain chain) {
    return canDrop(chain, new HashSet<>());
  }

  private boolean canDrop(Chain chain, Set<String> seen) {
    return seen.add(chain.name())
        && (chain.filters()
            || chain.targets().stream()
                .flatMap(name -> Stream.ofNullable(find(chain, name)))
                .anyMatch(next -> canDrop(next, seen)));
  }

  /** Names of devices that rules speak of, as those packets come in by, or leave by. */
  public Set<String> devices(boolean in) {
    Set<String> names = new LinkedHashSet<>();
    chains.values().stream()
        .flatMap(chain -> chain.rules().stream())
        .flatMap(rule -> rule.matches().stream())
        .forEach(
            match -> {
              if (match instanceof Match.Device device && device.in() == in) {
                names.addAll(device.names());
              }
            });
    return names;
  }

  /** A chain by its name in any table. */
  public boolean hasChain(String name) {
    return chains.keySet().stream().anyMatch(key -> key.name().equals(name));
  }

  /** Whether a table of that name has chains. */
  public boolean hasTable(String name) {
    return chains.keySet().stream().anyMatch(key -> key.table().equals(name));
  }

  private List<Chain> blockers(Packet packet, boolean careful) {
    return bases.stream()
        .filter(chain -> chain.isAt(packet.hook(), packet.family()))
        .filter(chain -> ends(chain, packet, careful).equals(EnumSet.of(FinalVerdict.DROP)))
        .toList();
  }

  private Set<FinalVerdict> ends(Chain base, Packet packet, boolean careful) {
    Outcome outcome = walk(base, packet, careful, 0);
    Set<FinalVerdict> ends = EnumSet.noneOf(FinalVerdict.class);
    ends.addAll(outcome.ends());
    if (outcome.fallsThrough()) {
      ends.add(base.base().orElseThrow().drops() ? FinalVerdict.DROP : FinalVerdict.ACCEPT);
    }
    return ends;
  }

  private Outcome walk(Chain chain, Packet packet, boolean careful, int depth) {
    Set<FinalVerdict> ends = EnumSet.noneOf(FinalVerdict.class);
    boolean mayReturn = false;
    for (Rule rule : chain.rules()) {
      Answer answer = rule.answer(packet, careful);
      if (answer == Answer.NO) {
        continue;
      }
      boolean certain = answer == Answer.YES;
      switch (rule.verdict()) {
        case Verdict.Continue ignored -> {}
        case Verdict.Accept ignored -> ends.add(FinalVerdict.ACCEPT);
        case Verdict.Drop ignored -> ends.add(FinalVerdict.DROP);
        case Verdict.Return ignored -> mayReturn = true;
        case Verdict.UnknownVerdict ignored -> {
          if (careful) {
            ends.addAll(EnumSet.allOf(FinalVerdict.class));
          }
          certain = false;
        }
        case Verdict.Jump jump -> {
          Outcome there = target(chain, jump.chain(), packet, careful, depth);
          ends.addAll(there.ends());
          certain &= !there.fallsThrough();
        }
        case Verdict.Goto jump -> {
          Outcome there = target(chain, jump.chain(), packet, careful, depth);
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

  private Outcome target(Chain from, String name, Packet packet, boolean careful, int depth) {
    Chain chain = find(from, name);
    return chain == null || depth >= MAX_DEPTH
        ? new Outcome(EnumSet.allOf(FinalVerdict.class), true)
        : walk(chain, packet, careful, depth + 1);
  }

  private Chain find(Chain from, String name) {
    return chains.get(new Chain.Key(from.family(), from.table(), name));
  }
}
