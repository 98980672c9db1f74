package dev.tweed.firewall.rules;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.ip.IpPrefix;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;

class FirewallPlannerPropertiesTest {

  private static final List<ProtectedFlow> FLOWS =
      Stream.concat(
              Stream.of(
                  Flows.each(ProtectedService.SSH, Direction.IN, 22, "192.0.2.7", "10.0.0.1")),
              Flows.inForSomebody(ProtectedService.KUBELET, 10250).stream())
          .toList();

  /** Rows with this note are what the node's firewall cannot say. */
  private static final Function<FilterRow, Optional<String>> UNSUPPORTED =
      row -> row.note().equals("odd") ? Optional.of("no such thing") : Optional.empty();

  private static final Optional<RuleGroup> BUILT_IN =
      Optional.of(
          new RuleGroup(
              new Origin(Origin.Kind.NETWORK, "default"),
              0,
              List.of(FirewallRule.allow("tunnel", Direction.IN).withInterfaceIn("tweed.1"))));

  @Property(tries = 300)
  void theOrderOfObjectsNeverMatters(
      @ForAll("policies") List<MappedPolicy> policies,
      @ForAll("policies") List<MappedPolicy> earlier,
      @ForAll long seed) {
    List<MappedPolicy> shuffled = new ArrayList<>(policies);
    Collections.shuffle(shuffled, new Random(seed));

    assertThat(plan(shuffled, before(earlier))).isEqualTo(plan(policies, before(earlier)));
  }

  @Property(tries = 300)
  void aPolicyIsHadAsAWholeOrNotAtAll(
      @ForAll("policies") List<MappedPolicy> policies,
      @ForAll("policies") List<MappedPolicy> earlier) {
    PlannedRules planned = plan(policies, before(earlier));

    Set<FilterRow.RowMatch> matches =
        planned.rows().stream().map(FilterRow::match).collect(Collectors.toSet());
    for (MappedPolicy policy : policies) {
      List<FilterRow> rows =
          planned.rows().stream()
              .filter(row -> row.origin().equals(origin(policy.name())))
              .toList();
      Optional<GoodPolicy> good = Optional.ofNullable(planned.good().get(policy.name()));
      if (good.isEmpty()) {
        assertThat(rows).isEmpty();
      } else {
        List<FilterRow> all = RuleCompiler.compile(List.of(good.get().group())).rows();
        assertThat(all).containsAll(rows);
        assertThat(all).allMatch(row -> matches.contains(row.match()));
      }
    }
  }

  @Property(tries = 300)
  void whatIsAcceptedLocksNobodyOutAndCanBeSaid(@ForAll("policies") List<MappedPolicy> policies) {
    PlannedRules planned = plan(policies, Map.of());

    assertThat(lockouts(planned.rows(), planned.good())).isEmpty();
    assertThat(planned.rows()).allMatch(row -> UNSUPPORTED.apply(row).isEmpty());
    assertThat(planned.rows()).anyMatch(row -> row.origin().name().equals("default"));
  }

  @Property(tries = 1000)
  void noChangeLocksAnybodyOutWhomRulesInForceDoNot(
      @ForAll("policies") List<MappedPolicy> policies,
      @ForAll("policies") List<MappedPolicy> earlier,
      @ForAll @IntRange(max = 31) int same) {
    Map<String, GoodPolicy> before = before(earlier);
    before.putAll(before(policies.stream().filter(p -> (same >> place(p) & 1) == 1).toList()));
    PlannedRules planned = plan(policies, before);

    Map<String, GoodPolicy> unchanged = new HashMap<>();
    planned
        .good()
        .forEach(
            (name, good) ->
                Optional.ofNullable(before.get(name)).ifPresent(e -> unchanged.put(name, e)));
    List<RuleGroup> groups = new ArrayList<>();
    unchanged.values().forEach(good -> groups.add(good.group()));
    BUILT_IN.ifPresent(groups::add);

    assertThat(lockouts(RuleCompiler.compile(groups).rows(), unchanged))
        .containsAll(lockouts(planned.rows(), planned.good()));
  }

  private static int place(MappedPolicy policy) {
    return Integer.parseInt(policy.name().substring(1));
  }

  private static Set<RuleProblem> lockouts(List<FilterRow> rows, Map<String, GoodPolicy> good) {
    return LockoutGuard.check(
        rows,
        FLOWS,
        (origin, service) ->
            Optional.ofNullable(good.get(origin.name()))
                .map(policy -> policy.allowLockout().contains(service))
                .orElse(true));
  }

  @Property(tries = 300)
  void eachPolicyGetsAVerdictAndARefusedOneAReason(
      @ForAll("policies") List<MappedPolicy> policies,
      @ForAll("policies") List<MappedPolicy> earlier) {
    PlannedRules planned = plan(policies, before(earlier));

    assertThat(planned.verdicts())
        .extracting(PolicyVerdict::name)
        .containsExactlyElementsOf(policies.stream().map(MappedPolicy::name).toList());
    for (PolicyVerdict verdict : planned.verdicts()) {
      GoodPolicy good = planned.good().get(verdict.name());
      if (verdict.accepted()) {
        assertThat(good.generation()).isEqualTo(verdict.generation());
      } else {
        assertThat(verdict.remark().orElseThrow().reason().refuses()).isTrue();
        assertThat(good == null || good.generation() < verdict.generation()).isTrue();
      }
    }
  }

  private static PlannedRules plan(List<MappedPolicy> policies, Map<String, GoodPolicy> before) {
    return FirewallPlanner.plan(
        policies, BUILT_IN, FLOWS, UNSUPPORTED, () -> ServiceProxy.NETFILTER, before);
  }

  /** Other rules of the same names, one generation ago. */
  private static Map<String, GoodPolicy> before(List<MappedPolicy> earlier) {
    Map<String, GoodPolicy> before = new HashMap<>();
    earlier.forEach(
        policy ->
            policy
                .group()
                .ifPresent(
                    group ->
                        before.put(
                            policy.name(),
                            new GoodPolicy(
                                policy.generation() - 1, policy.allowLockout(), group))));
    return before;
  }

  private static Origin origin(String name) {
    return new Origin(Origin.Kind.POLICY, name);
  }

  @Provide
  Arbitrary<List<MappedPolicy>> policies() {
    return Combinators.combine(
            Arbitraries.integers().between(0, 2),
            Arbitraries.of(ProtectedService.SSH, ProtectedService.KUBELET).set().ofMaxSize(1),
            rule().list().ofMinSize(1).ofMaxSize(3),
            Arbitraries.of(true, true, true, false))
        .as(
            (priority, allowLockout, rules, readable) ->
                new MappedPolicy(
                    "p",
                    "uid-p",
                    2,
                    allowLockout,
                    readable
                        ? Optional.of(new RuleGroup(origin("p"), priority, named(rules)))
                        : Optional.empty(),
                    readable
                        ? List.of()
                        : List.of(new PolicyProblem(PolicyReason.InvalidRule, "unreadable"))))
        .list()
        .ofMaxSize(5)
        .map(
            list ->
                IntStream.range(0, list.size())
                    .mapToObj(i -> called("p" + i, list.get(i)))
                    .toList());
  }

  private static MappedPolicy called(String name, MappedPolicy policy) {
    return new MappedPolicy(
        name,
        policy.uid(),
        policy.generation(),
        policy.allowLockout(),
        policy.group().map(g -> new RuleGroup(origin(name), g.priority(), g.rules())),
        policy.problems());
  }

  private static List<FirewallRule> named(List<FirewallRule> rules) {
    return IntStream.range(0, rules.size()).mapToObj(i -> rules.get(i).withName("r" + i)).toList();
  }

  private static Arbitrary<FirewallRule> rule() {
    return Combinators.combine(
            Arbitraries.of(Direction.class),
            Arbitraries.of(Action.class),
            Arbitraries.of(22, 80, 10250, 0),
            Arbitraries.of("", "192.0.2.0/24", "10.0.0.0/8", "10.0.0.1/8"),
            Arbitraries.of("", "", "", "odd"))
        .as(
            (direction, action, port, from, note) -> {
              FirewallRule rule =
                  FirewallRule.allow("r", direction).withAction(action).withComment(note);
              if (port > 0) {
                rule = rule.withPorts(Protocol.TCP, PortRange.of(port));
              }
              return from.isEmpty() ? rule : rule.withFrom(Peer.of(IpPrefix.parse(from)));
            });
  }
}
