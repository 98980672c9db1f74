package dev.tweed.firewall.firewalld;

import java.util.List;

/**
 * Rules that firewalld was given in the words of iptables (firewalld.direct(5)).
 *
 * @param chains each as it is told: family, table, name
 * @param rules each as it is told: family, table, chain, priority, arguments
 */
record DirectRules(List<List<Object>> chains, List<List<Object>> rules) {

  static final DirectRules NONE = new DirectRules(List.of(), List.of());

  DirectRules {
    chains = List.copyOf(chains);
    rules = List.copyOf(rules);
  }

  /** Those that others has not. */
  DirectRules without(DirectRules others) {
    return new DirectRules(
        chains.stream().filter(chain -> !others.chains.contains(chain)).toList(),
        rules.stream().filter(rule -> !others.rules.contains(rule)).toList());
  }
}
