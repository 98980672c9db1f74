package dev.tweed.enforce.table;

import dev.tweed.netlink.nft.NfExpression.Verdict;
import dev.tweed.netlink.nft.NfRequest;
import dev.tweed.netlink.nft.NfRule;
import dev.tweed.netlink.nft.NfTable;
import dev.tweed.netlink.nft.NfTableDiff;
import dev.tweed.netlink.nft.NfValue;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The requests that make a table as it should be: one changed address is one element. Pure.
 *
 * <p>They are transactions, to be made in order. Only the last changes what becomes of any packet;
 * those before it fill sets that no rule asks yet, so that it does not grow with them. Whatever is
 * made of them, the table is as it was, or as it should be.
 */
public final class PolicyTableDiff {

  /** Elements of new sets that one transaction fills. */
  private static final int CHUNK = 10_000;

  private PolicyTableDiff() {}

  /** The transactions; none if there is nothing to do. */
  public static List<List<NfRequest>> between(Optional<PolicyTable> found, PolicyTable wanted) {
    return new Difference(found, wanted).transactions();
  }

  /** Removes the table, if it is there. */
  public static List<NfRequest> removal(NfTable table) {
    return NfTableDiff.removal(table);
  }

  private static final class Difference {
    final Optional<PolicyTable> found;
    final PolicyTable wanted;
    final NfTable table;
    final List<List<NfRequest>> before = new ArrayList<>();
    final List<NfRequest> last = new ArrayList<>();

    Difference(Optional<PolicyTable> found, PolicyTable wanted) {
      this.found = found;
      this.wanted = wanted;
      this.table = wanted.table();
    }

    List<List<NfRequest>> transactions() {
      // A chain, set or map of another kind cannot be changed; all is made anew, at once.
      boolean replaced = found.filter(f -> !isAlike(f)).isPresent();
      PolicyTable there =
          found
              .filter(f -> !replaced)
              .orElseGet(
                  () ->
                      new PolicyTable(
                          table, Map.of(), Map.of(), Map.of(), Map.of(), Map.of(), Map.of()));
      if (replaced) {
        last.addAll(NfTableDiff.removal(table));
      }
      if (replaced || found.isEmpty()) {
        last.add(new NfRequest.AddTable(table));
      }
      newSets(there, !replaced);
      newChains(there);
      values(there);
      rules(there);
      verdicts(there);
      remove(there);
      if (!last.isEmpty()) {
        before.add(last);
      }
      return before;
    }

    private boolean isAlike(PolicyTable f) {
      return wanted.chains().entrySet().stream()
              .allMatch(c -> isSameOrNone(f.chains().get(c.getKey()), c.getValue()))
          && wanted.sets().entrySet().stream()
              .allMatch(
                  s ->
                      isSameOrNone(f.sets().get(s.getKey()), s.getValue())
                          && !f.constants().containsKey(s.getKey()))
          && wanted.constants().keySet().stream().noneMatch(f.sets()::containsKey)
          // One that has a hook and is not wanted goes with the others.
          && f.chains().values().stream()
              .allMatch(c -> c.hook().isEmpty() || wanted.chains().containsKey(c.name()));
    }

    private static boolean isSameOrNone(Object there, Object wanted) {
      return there == null || there.equals(wanted);
    }

    private void newSets(PolicyTable there, boolean mayFillBefore) {
      wanted
          .sets()
          .forEach(
              (name, set) -> {
                if (there.sets().containsKey(name)) {
                  return;
                }
                List<NfValue> values = List.copyOf(wanted.values().getOrDefault(name, Set.of()));
                if (mayFillBefore && values.size() > CHUNK) {
                  for (int i = 0; i < values.size(); i += CHUNK) {
                    List<NfValue> part = values.subList(i, Math.min(i + CHUNK, values.size()));
                    before.add(
                        List.of(
                            new NfRequest.AddTable(table),
                            new NfRequest.AddSet(set),
                            new NfRequest.AddElements(table, name, part)));
                  }
                } else {
                  last.add(new NfRequest.AddSet(set));
                  if (!values.isEmpty()) {
                    last.add(new NfRequest.AddElements(table, name, values));
                  }
                }
              });
      wanted
          .constants()
          .forEach(
              (name, content) -> {
                if (!there.constants().containsKey(name)) {
                  last.add(new NfRequest.AddConstant(table, name, content));
                }
              });
    }

    private void newChains(PolicyTable there) {
      wanted
          .chains()
          .forEach(
              (name, chain) -> {
                if (!there.chains().containsKey(name)) {
                  last.add(new NfRequest.AddChain(chain));
                }
              });
    }

    private void values(PolicyTable there) {
      wanted
          .values()
          .forEach(
              (name, values) -> {
                Set<NfValue> old = there.values().get(name);
                if (old == null || old == values) {
                  return;
                }
                List<NfValue> gone = old.stream().filter(v -> !values.contains(v)).toList();
                List<NfValue> more = values.stream().filter(v -> !old.contains(v)).toList();
                if (!gone.isEmpty()) {
                  last.add(new NfRequest.DeleteElements(table, name, gone));
                }
                if (!more.isEmpty()) {
                  last.add(new NfRequest.AddElements(table, name, more));
                }
              });
    }

    private void rules(PolicyTable there) {
      wanted
          .rules()
          .forEach(
              (chain, rules) -> {
                List<NfRule> old = there.rules().getOrDefault(chain, List.of());
                if (!digests(old).equals(digests(rules))) {
                  if (!old.isEmpty()) {
                    last.add(new NfRequest.DeleteRules(table, chain));
                  }
                  rules.forEach(rule -> last.add(new NfRequest.AddRule(rule)));
                }
              });
    }

    private static List<String> digests(List<NfRule> rules) {
      return rules.stream().map(NfRule::digest).toList();
    }

    private void verdicts(PolicyTable there) {
      wanted
          .verdicts()
          .forEach(
              (name, verdicts) -> {
                Map<NfValue, Verdict> old = there.verdicts().getOrDefault(name, Map.of());
                Map<NfValue, Verdict> more = new HashMap<>(verdicts);
                Set<NfValue> gone = new HashSet<>(old.keySet());
                old.forEach(
                    (value, verdict) -> {
                      if (verdict.equals(verdicts.get(value))) {
                        more.remove(value);
                        gone.remove(value);
                      }
                    });
                if (!gone.isEmpty()) {
                  last.add(new NfRequest.DeleteElements(table, name, List.copyOf(gone)));
                }
                if (!more.isEmpty()) {
                  last.add(new NfRequest.AddVerdicts(table, name, more));
                }
              });
    }

    /** What nothing leads to any more, once its own rules and verdicts are gone. */
    private void remove(PolicyTable there) {
      List<String> chains =
          there.chains().keySet().stream().filter(c -> !wanted.chains().containsKey(c)).toList();
      List<String> sets = new ArrayList<>(there.sets().keySet());
      sets.removeIf(wanted.sets()::containsKey);
      List<String> constants = new ArrayList<>(there.constants().keySet());
      constants.removeIf(wanted.constants()::containsKey);
      for (String chain : chains) {
        if (!there.rules().getOrDefault(chain, List.of()).isEmpty()) {
          last.add(new NfRequest.DeleteRules(table, chain));
        }
      }
      sets.forEach(set -> last.add(new NfRequest.DeleteSet(table, set)));
      constants.forEach(set -> last.add(new NfRequest.DeleteSet(table, set)));
      chains.forEach(chain -> last.add(new NfRequest.DeleteChain(table, chain)));
    }
  }
}
