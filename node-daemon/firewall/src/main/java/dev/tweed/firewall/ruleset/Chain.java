package dev.tweed.firewall.ruleset;

import dev.tweed.ip.AddressFamily;
import java.util.List;
import java.util.Optional;

/**
 * One chain with its rules.
 *
 * @param family {@code ip}, {@code ip6} or {@code inet}
 * @param base where the kernel enters it; empty for chains that are only jumped to
 */
public record Chain(
    String family, String table, String name, Optional<Base> base, List<Rule> rules) {
  public Chain {
    rules = List.copyOf(rules);
  }

  /** What tells it from all others. */
  record Key(String family, String table, String name) {}

  Key key() {
    return new Key(family, table, name);
  }

  /**
   * What makes it a base chain.
   *
   * @param hook {@code input}, {@code forward} or {@code output}
   * @param drops whether its policy is to drop
   */
  public record Base(String hook, boolean drops) {}

  /** Whether packets of the family pass it at the hook. */
  boolean isAt(String hook, AddressFamily packets) {
    return base.isPresent()
        && base.get().hook().equals(hook)
        && (family.equals("inet") || family.equals(packets == AddressFamily.IPV4 ? "ip" : "ip6"));
  }

  /**
   * Whether it can drop by itself, by policy or by one of its rules, whatever source a packet comes
   * from.
   */
  boolean filters() {
    return base.map(Base::drops).orElse(false)
        || rules.stream()
            .anyMatch(rule -> rule.verdict() instanceof Verdict.Drop && !rule.isOfSources());
  }

  /** Names of the chains its rules lead to, whatever source a packet comes from. */
  List<String> targets() {
    return rules.stream()
        .filter(rule -> !rule.isOfSources())
        .flatMap(rule -> rule.target().stream())
        .toList();
  }
}
