package dev.tweed.firewall.rules;

import dev.tweed.firewall.rules.RuleGroup.Mode;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * From policies and what the network needs to the rows of this node. Pure.
 *
 * <p>A policy is applied as a whole or not at all. One that is refused is replaced by the rules it
 * had before, if those pass, and else left out; since leaving one out changes what the others meet,
 * all of it is asked again until nothing more is refused. What the network needs is never refused.
 * A policy that is only tried (mode Audit) changes nothing for the others.
 *
 * <p>The lock-out guard decides about changes only. What has to pass changes with who is logged in
 * and which nodes there are, which must not take rules out of force: of those that are, it is
 * noted.
 */
public final class FirewallPlanner {

  /** Characters of remarks that a NodeReport has room for. */
  public static final int MAX_REMARKS = 512;

  /** With some left to say that there are more. */
  private static final int ROOM = MAX_REMARKS - 20;

  private final Optional<RuleGroup> builtIn;
  private final List<ProtectedFlow> flows;
  private final Supplier<ServiceProxy> proxy;
  private final Map<String, GoodPolicy> before;
  private final Map<String, Candidate> candidates = new TreeMap<>();

  /** A policy and what is tried of it. */
  private static final class Candidate {
    private final MappedPolicy policy;
    private Optional<GoodPolicy> tried;
    private Optional<PolicyProblem> refusal = Optional.empty();
    private final List<PolicyProblem> byNow = new ArrayList<>();
    private final List<PolicyProblem> warnings = new ArrayList<>();

    Candidate(MappedPolicy policy) {
      this.policy = policy;
      this.tried =
          policy
              .group()
              .map(group -> new GoodPolicy(policy.generation(), policy.allowLockout(), group));
    }

    boolean isCurrent() {
      return refusal.isEmpty();
    }

    /** What would refuse it if it were more than tried. */
    void note(PolicyProblem problem) {
      PolicyProblem note = PolicyProblem.ifEnforced(problem);
      if (!byNow.contains(note)) {
        byNow.add(note);
      }
    }
  }

  private FirewallPlanner(
      List<MappedPolicy> policies,
      Optional<RuleGroup> builtIn,
      List<ProtectedFlow> flows,
      Supplier<ServiceProxy> proxy,
      Map<String, GoodPolicy> before) {
    this.builtIn = builtIn;
    this.flows = flows;
    this.proxy = proxy;
    this.before = before;
    for (MappedPolicy policy : policies) {
      Candidate candidate = new Candidate(policy);
      candidates.put(policy.name(), candidate);
      if (candidate.tried.isEmpty()) {
        policy.problems().stream()
            .filter(problem -> problem.reason().refuses())
            .findFirst()
            .ifPresent(problem -> refuse(candidate, problem));
      }
    }
  }

  /**
   * Plans.
   *
   * @param policies those that select this node
   * @param builtIn what the network needs; empty if that is none of ours to open
   * @param flows that have to pass
   * @param unsupported why the firewall of this node cannot hold a row; empty if it can
   * @param proxy who takes packets for NodePorts; asked if a rule allows one
   * @param before rules that were in force, by name of their policy
   */
  public static PlannedRules plan(
      List<MappedPolicy> policies,
      Optional<RuleGroup> builtIn,
      List<ProtectedFlow> flows,
      Function<FilterRow, Optional<String>> unsupported,
      Supplier<ServiceProxy> proxy,
      Map<String, GoodPolicy> before) {
    FirewallPlanner planner = new FirewallPlanner(policies, builtIn, flows, proxy, before);
    while (true) {
      CompiledRules compiled = planner.compile(Set.of());
      Map<String, PolicyProblem> refused = planner.refused(compiled, unsupported);
      if (refused.isEmpty()) {
        return planner.result(compiled, planner.audit(unsupported), builtIn.isPresent());
      }
      // Each policy can be refused twice at most, so this ends.
      refused.forEach((name, problem) -> planner.refuse(planner.candidates.get(name), problem));
    }
  }

  /**
   * The rows of what is tried, those of mode Audit left out.
   *
   * @param unchanged policies of which the rules in force are meant instead, if there are any
   */
  private CompiledRules compile(Set<String> unchanged) {
    return compile(
        candidates.entrySet().stream()
            .flatMap(
                entry ->
                    (unchanged.contains(entry.getKey())
                            ? earlier(entry.getKey())
                            : entry.getValue().tried)
                        .stream())
            .map(GoodPolicy::group)
            .filter(group -> group.mode() != Mode.AUDIT));
  }

  private CompiledRules compile(Stream<RuleGroup> policies) {
    return RuleCompiler.compile(Stream.concat(policies, builtIn.stream()).toList());
  }

  /**
   * All rows, those of policies that are only tried among them; no rows if there is no such policy.
   * What would refuse such a policy is noted.
   */
  private CompiledRules audit(Function<FilterRow, Optional<String>> unsupported) {
    List<RuleGroup> groups =
        candidates.values().stream()
            .flatMap(candidate -> candidate.tried.stream())
            .map(GoodPolicy::group)
            .toList();
    Set<Origin> tried =
        groups.stream()
            .filter(group -> group.mode() == Mode.AUDIT)
            .map(RuleGroup::origin)
            .collect(Collectors.toSet());
    if (tried.isEmpty()) {
      return new CompiledRules(List.of(), Set.of(), List.of());
    }
    CompiledRules compiled = compile(groups.stream());
    for (RuleProblem problem : compiled.problems()) {
      if (tried.contains(problem.origin())) {
        Candidate candidate = candidates.get(problem.origin().name());
        candidate.warnings.add(PolicyProblem.of(problem));
        if (problem.reason().refuses() && candidate.isCurrent()) {
          candidate.refusal = Optional.of(PolicyProblem.of(problem));
          candidate.tried = Optional.empty();
        }
      }
    }
    for (FilterRow row : compiled.rows()) {
      if (tried.contains(row.origin())) {
        unsupported
            .apply(row)
            .map(why -> notSupported(row, why))
            .ifPresent(problem -> candidates.get(row.origin().name()).note(problem));
      }
    }
    lockouts(compiled).stream()
        .filter(problem -> tried.contains(problem.origin()))
        .forEach(
            problem -> candidates.get(problem.origin().name()).note(PolicyProblem.of(problem)));
    return compiled;
  }

  private Map<String, PolicyProblem> refused(
      CompiledRules compiled, Function<FilterRow, Optional<String>> unsupported) {
    Map<String, PolicyProblem> refused = new LinkedHashMap<>();
    for (RuleProblem problem : compiled.problems()) {
      if (problem.reason().refuses() && isPolicy(problem.origin())) {
        refused.putIfAbsent(problem.origin().name(), PolicyProblem.of(problem));
      }
    }
    for (FilterRow row : compiled.rows()) {
      if (isPolicy(row.origin()) && !refused.containsKey(row.origin().name())) {
        unsupported
            .apply(row)
            .ifPresent(why -> refused.put(row.origin().name(), notSupported(row, why)));
      }
    }
    return refused.isEmpty() ? lockingOut(compiled) : refused;
  }

  /** Changes that would lock out; where there are none, what would by now is noted. */
  private Map<String, PolicyProblem> lockingOut(CompiledRules compiled) {
    Set<RuleProblem> problems = lockouts(compiled);
    Set<String> changed = new TreeSet<>(candidates.keySet());
    changed.removeIf(name -> candidates.get(name).tried.isEmpty() || isInForce(name));
    List<RuleProblem> caused = caused(problems, changed);
    Map<String, PolicyProblem> refused = new LinkedHashMap<>();
    for (RuleProblem problem : caused) {
      if (changed.contains(problem.origin().name())) {
        refused.putIfAbsent(problem.origin().name(), PolicyProblem.of(problem));
      }
    }
    if (refused.isEmpty()) {
      changesBehind(caused, changed)
          .forEach((name, problem) -> refused.put(name, PolicyProblem.behind(problem)));
    }
    if (refused.isEmpty()) {
      problems.forEach(
          problem ->
              candidates.get(problem.origin().name()).byNow.add(PolicyProblem.byNow(problem)));
    }
    return refused;
  }

  /**
   * Those that changes bring about: a rule that is as it was, and would lock out the same in what
   * is in force, must not keep another rule of its policy from following its nodes.
   */
  private List<RuleProblem> caused(Set<RuleProblem> problems, Set<String> changed) {
    List<RuleProblem> caused = new ArrayList<>(problems);
    if (!caused.isEmpty() && !changed.isEmpty()) {
      Set<RuleProblem> already = lockouts(compile(changed));
      caused.removeIf(problem -> already.contains(problem) && isAsItWas(problem));
    }
    return caused;
  }

  private boolean isAsItWas(RuleProblem problem) {
    String policy = problem.origin().name();
    return rule(candidates.get(policy).tried, problem.rule())
        .equals(rule(earlier(policy), problem.rule()));
  }

  private static Optional<FirewallRule> rule(Optional<GoodPolicy> policy, String name) {
    return policy.stream()
        .flatMap(good -> good.group().rules().stream())
        .filter(rule -> rule.name().equals(name))
        .findFirst();
  }

  /**
   * Changed policies that make rules in force lock out, such as one that does not allow any more
   * what another denies after it; each with one problem that would not be without the change. Those
   * that no single change explains are laid to all changes.
   */
  private Map<String, RuleProblem> changesBehind(List<RuleProblem> caused, Set<String> changed) {
    Map<String, RuleProblem> behind = new TreeMap<>();
    for (String name : caused.isEmpty() ? Set.<String>of() : changed) {
      Set<RuleProblem> without = lockouts(compile(Set.of(name)));
      caused.stream()
          .filter(problem -> !without.contains(problem))
          .findFirst()
          .ifPresent(problem -> behind.put(name, problem));
    }
    if (behind.isEmpty() && !caused.isEmpty()) {
      changed.forEach(name -> behind.put(name, caused.getFirst()));
    }
    return behind;
  }

  private Set<RuleProblem> lockouts(CompiledRules compiled) {
    return LockoutGuard.check(compiled.rows(), flows, this::mayCut);
  }

  private Optional<GoodPolicy> earlier(String name) {
    return Optional.ofNullable(before.get(name));
  }

  /** Whether the rules that are tried are those it has now. */
  private boolean isInForce(String name) {
    return earlier(name).filter(e -> isSame(candidates.get(name).tried, e)).isPresent();
  }

  private boolean mayCut(Origin origin, ProtectedService service) {
    return !isPolicy(origin)
        || candidates
            .get(origin.name())
            .tried
            .filter(tried -> tried.allowLockout().contains(service))
            .isPresent();
  }

  private void refuse(Candidate candidate, PolicyProblem problem) {
    boolean first = candidate.isCurrent();
    if (first) {
      candidate.refusal = Optional.of(problem);
    }
    candidate.tried =
        first
            ? earlier(candidate.policy.name()).filter(e -> !isSame(candidate.tried, e))
            : Optional.empty();
  }

  private static boolean isSame(Optional<GoodPolicy> tried, GoodPolicy earlier) {
    return tried
        .filter(t -> t.group().equals(earlier.group()))
        .filter(t -> t.allowLockout().equals(earlier.allowLockout()))
        .isPresent();
  }

  private PlannedRules result(CompiledRules compiled, CompiledRules audit, boolean routed) {
    for (RuleProblem problem : compiled.problems()) {
      Optional.ofNullable(candidates.get(problem.origin().name()))
          .filter(candidate -> isPolicy(problem.origin()))
          .ifPresent(candidate -> candidate.warnings.add(PolicyProblem.of(problem)));
    }
    NodePortEvaluator nodePorts = new NodePortEvaluator(compiled.rows(), routed, proxy);
    Map<String, GoodPolicy> good = new HashMap<>();
    List<PolicyVerdict> verdicts = new ArrayList<>();
    candidates.forEach(
        (name, candidate) -> {
          candidate.tried.ifPresent(
              tried -> {
                good.put(name, tried);
                if (tried.group().mode() != Mode.AUDIT) {
                  candidate.warnings.addAll(nodePorts.evaluate(tried.group()));
                }
              });
          verdicts.add(verdict(candidate));
        });
    return new PlannedRules(compiled.rows(), audit.rows(), verdicts, good);
  }

  private static PolicyVerdict verdict(Candidate candidate) {
    MappedPolicy policy = candidate.policy;
    Optional<PolicyProblem> remark =
        candidate.refusal.map(refusal -> withWhatStays(refusal, candidate.tried));
    if (candidate.isCurrent()) {
      List<PolicyProblem> warnings = new ArrayList<>(candidate.byNow);
      warnings.addAll(policy.problems());
      warnings.addAll(candidate.warnings);
      remark = together(warnings);
    }
    return new PolicyVerdict(
        policy.name(), policy.uid(), policy.generation(), candidate.isCurrent(), remark);
  }

  private static PolicyProblem withWhatStays(PolicyProblem refusal, Optional<GoodPolicy> instead) {
    return new PolicyProblem(
        refusal.reason(),
        refusal.text()
            + instead
                .map(good -> ". Until then the rules of generation " + good.generation() + " stay")
                .orElse(". None of its rules is in force"));
  }

  /** As many as a report has room for, by the reason of the first. */
  private static Optional<PolicyProblem> together(List<PolicyProblem> problems) {
    if (problems.isEmpty()) {
      return Optional.empty();
    }
    PolicyProblem first = problems.getFirst();
    StringBuilder text = new StringBuilder(first.text());
    for (int i = 1; i < problems.size(); i++) {
      PolicyProblem next = problems.get(i);
      String also =
          ". %s%s"
              .formatted(next.reason() == first.reason() ? "" : next.reason() + ": ", next.text());
      if (text.length() + also.length() > ROOM) {
        text.append(" (and ").append(problems.size() - i).append(" more)");
        break;
      }
      text.append(also);
    }
    return Optional.of(new PolicyProblem(first.reason(), text.toString()));
  }

  private static PolicyProblem notSupported(FilterRow row, String why) {
    return PolicyProblem.inRule(
        PolicyReason.NotSupportedHere,
        row.rule(),
        RowText.of(row),
        why,
        "write the rule in another way, or select other nodes");
  }

  private static boolean isPolicy(Origin origin) {
    return origin.kind() == Origin.Kind.POLICY;
  }
}
