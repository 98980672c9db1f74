package dev.tweed.agent.firewall;

import dev.tweed.agent.firewall.RowPlacer.Placement;
import dev.tweed.agent.status.FirewallStatus;
import dev.tweed.crds.NodeReportStatus.Firewall;
import dev.tweed.crds.NodeReportStatus.PolicyState;
import dev.tweed.dataplane.ProbeAddress;
import dev.tweed.firewall.ForwardEvaluator;
import dev.tweed.firewall.HostFirewall;
import dev.tweed.firewall.HostFirewall.Manager;
import dev.tweed.firewall.backend.BackendChoice;
import dev.tweed.firewall.backend.BackendKind;
import dev.tweed.firewall.backend.BackendOutcome;
import dev.tweed.firewall.backend.BackendOutcome.Applied;
import dev.tweed.firewall.backend.BackendOutcome.Displaced;
import dev.tweed.firewall.backend.BackendOutcome.Refused;
import dev.tweed.firewall.backend.BackendPlanner;
import dev.tweed.firewall.rules.FilterRow;
import dev.tweed.firewall.rules.GoodPolicy;
import dev.tweed.firewall.rules.NodePortEvaluator;
import dev.tweed.firewall.rules.Origin;
import dev.tweed.firewall.rules.PolicyProblem;
import dev.tweed.firewall.rules.PolicyVerdict;
import dev.tweed.firewall.rules.RowText;
import dev.tweed.firewall.ruleset.Chain;
import dev.tweed.firewall.ruleset.Packet;
import dev.tweed.firewall.ruleset.Ruleset;
import dev.tweed.ip.AddressFamily;
import dev.tweed.ip.IpPrefix;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** From a plan and what came of it to what is told. Pure. */
final class FirewallStatusMapper {

  private static final String DISPLACED = "DisplacedByHand";
  private static final String NO_IPV6 = "IPv6NotManaged";
  private static final String DROPPED = "DroppedElsewhere";
  private static final String PANIC = "PanicMode";

  private final FirewallPlan plan;
  private final HostFirewall now;
  private final Placement placement;
  private final BackendOutcome guarded;
  private final Map<String, GoodPolicy> before;

  /** Base chains that hold no rows of ours. */
  private final Ruleset others;

  private FirewallStatusMapper(
      FirewallPlan plan,
      HostFirewall now,
      Placement placement,
      BackendOutcome guarded,
      Map<String, GoodPolicy> before) {
    this.plan = plan;
    this.now = now;
    this.placement = placement;
    this.guarded = guarded;
    this.before = before;
    this.others = now.rules().withoutBases(this::isOpened);
  }

  /**
   * Maps.
   *
   * @param now the host's firewall after the rows were placed
   * @param guarded what became of the table beside the firewall
   * @param before rules that were in force before
   * @param stranded kinds that hold rows of ours and cannot be reached
   */
  static FirewallStatus map(
      FirewallPlan plan,
      HostFirewall now,
      NetworkState network,
      Placement placement,
      BackendOutcome guarded,
      Map<String, GoodPolicy> before,
      Set<BackendKind> stranded) {
    FirewallStatusMapper mapper = new FirewallStatusMapper(plan, now, placement, guarded, before);
    List<PolicyState> policies = plan.planned().verdicts().stream().map(mapper::policy).toList();
    return new FirewallStatus(
        mapper.firewall(forward(now, network)),
        policies,
        new FirewallFindingMapper(plan, now, network, placement, guarded, stranded, policies)
            .map());
  }

  /** What becomes of packets of pods, where nothing can ask but the rules; null elsewhere. */
  private static String forward(HostFirewall now, NetworkState network) {
    if (!(network instanceof NetworkState.Member member)) {
      return null;
    }
    Set<AddressFamily> probed =
        member.ownBlocks().stream()
            .filter(block -> ProbeAddress.of(block).isPresent())
            .map(IpPrefix::family)
            .collect(Collectors.toSet());
    List<IpPrefix> others =
        member.ownBlocks().stream().filter(block -> !probed.contains(block.family())).toList();
    if (others.isEmpty()) {
      return null;
    }
    return ForwardEvaluator.evaluate(now, member.needs(), others)
        .map(drops -> drops.isEmpty() ? Firewall.FORWARD_PASSES : String.join("; ", drops))
        .orElse(Firewall.FORWARD_UNKNOWN);
  }

  private Firewall firewall(String forward) {
    BackendChoice choice = plan.choice();
    int rules =
        placement.outcome().orElse(null) instanceof Applied applied
                && applied.live()
                && !now.isPanicking()
            ? (int) plan.rows().stream().filter(applied::holds).count() - applied.displaced().size()
            : 0;
    boolean inUfw = choice.kinds().contains(BackendKind.UFW) && rules > 0;
    return new Firewall(
        now.manager().text(),
        now.state().text(),
        now.reason() + (inUfw ? "; %d of them are Tweed's".formatted(rules) : ""),
        choice.text(),
        choice.reason(),
        rules,
        forward);
  }

  private PolicyState policy(PolicyVerdict verdict) {
    if (!verdict.accepted()) {
      PolicyProblem why = verdict.remark().orElseThrow();
      return state(verdict, false, why.reason().name(), why.text());
    }
    if (placement.outcome().isEmpty()) {
      return state(
          verdict,
          false,
          plan.choice().isKnown() ? "NoBackend" : BackendPlanner.FIREWALL_UNKNOWN,
          plan.choice().reason());
    }
    return switch (placement.outcome().get()) {
      case Refused refused ->
          state(
              verdict,
              refused.reason().equals(BackendOutcome.LOCKED) && isAsBefore(verdict.name()),
              refused.reason(),
              refused.message() + "; " + refused.remedy() + ". What was in force stays");
      case Applied applied when !applied.live() ->
          state(
              verdict,
              false,
              "FirewallInactive",
              "the firewall was switched off meanwhile, or nothing leads to its rules any more; if that"
                  + " stays, load it again (ufw reload)");
      case Applied applied when now.isPanicking() -> state(verdict, false, PANIC, now.reason());
      case Applied applied ->
          closed(verdict)
              .or(() -> withoutIpv6(verdict, applied))
              .or(() -> unreached(verdict))
              .orElseGet(() -> applied(verdict, applied));
    };
  }

  /** A policy that closes NodePorts is not in force where they stay open. */
  private Optional<PolicyState> closed(PolicyVerdict verdict) {
    return guarded instanceof BackendOutcome.Refused refused && mayCloseNodePorts(verdict)
        ? Optional.of(
            state(
                verdict,
                false,
                refused.reason(),
                "its rules are in force, but NodePorts that they deny, reject or limit may be open: "
                    + refused.message()
                    + "; "
                    + refused.remedy()))
        : Optional.empty();
  }

  private boolean mayCloseNodePorts(PolicyVerdict verdict) {
    return rows(verdict).anyMatch(NodePortEvaluator::mayClose);
  }

  private Stream<FilterRow> rows(PolicyVerdict verdict) {
    return plan.planned().rows().stream().filter(row -> row.origin().equals(origin(verdict)));
  }

  /** A policy of which the firewall has no row at all. */
  private Optional<PolicyState> withoutIpv6(PolicyVerdict verdict, Applied applied) {
    return rows(verdict).findAny().isPresent() && rows(verdict).noneMatch(applied::holds)
        ? Optional.of(state(verdict, false, NO_IPV6, leavesOutIpv6("all its rules are for IPv6")))
        : Optional.empty();
  }

  private static String leavesOutIpv6(String what) {
    return what
        + ", which ufw does not manage here and drops (IPV6=no in /etc/default/ufw); to have them,"
        + " set IPV6=yes there and type: ufw reload";
  }

  /** What a policy lets through has to be let through by a firewall that cannot be reached, too. */
  private Optional<PolicyState> unreached(PolicyVerdict verdict) {
    return dropped(verdict, others::closedTo)
        .filter(dropped -> plan.choice().unreachable().contains(kind(dropped.chain())))
        .map(
            dropped ->
                state(
                    verdict,
                    false,
                    BackendPlanner.HOST_TOOLS_NEEDED,
                    text(dropped)
                        + ". What the policy denies is denied; to let packets through set the chart"
                        + " value firewall.hostTools"));
  }

  /** A row, and a chain without rows of ours that drops what it lets through. */
  private record Dropped(FilterRow row, Chain chain) {}

  private Optional<Dropped> dropped(PolicyVerdict verdict, Function<Packet, List<Chain>> blockers) {
    return rows(verdict)
        .filter(row -> !row.action().refuses())
        .flatMap(row -> blockers.apply(row.packet()).stream().map(chain -> new Dropped(row, chain)))
        .findFirst();
  }

  /** Whether rows of ours are in the firewall of a base chain, and let through what it drops. */
  private boolean isOpened(Chain base) {
    return now.managerOf(base) != Manager.NFTABLES // a table of ours is not that of somebody else
        && plan.choice().kinds().contains(kind(base))
        && !now.isShut(base);
  }

  private BackendKind kind(Chain chain) {
    return BackendKind.valueOf(now.managerOf(chain).name());
  }

  private String text(Dropped dropped) {
    return "rule %s: chain %s of table %s %s, of %s, drops '%s'"
        .formatted(
            dropped.row().rule(),
            dropped.chain().name(),
            dropped.chain().family(),
            dropped.chain().table(),
            now.managerOf(dropped.chain()).text(),
            RowText.of(dropped.row()));
  }

  private static Origin origin(PolicyVerdict verdict) {
    return new Origin(Origin.Kind.POLICY, verdict.name());
  }

  private PolicyState applied(PolicyVerdict verdict, Applied applied) {
    List<Displaced> ofPolicy =
        applied.displaced().stream()
            .filter(displaced -> displaced.row().origin().equals(origin(verdict)))
            .toList();
    Optional<Displaced> contradicted = ofPolicy.stream().filter(Displaced::contradicts).findFirst();
    if (contradicted.isPresent()) {
      return state(verdict, false, DISPLACED, text(contradicted.get()));
    }
    if (verdict.remark().isPresent()) {
      PolicyProblem remark = verdict.remark().get();
      return state(verdict, true, remark.reason().name(), remark.text());
    }
    if (!ofPolicy.isEmpty()) {
      return state(verdict, true, DISPLACED, text(ofPolicy.getFirst()));
    }
    if (!rows(verdict).allMatch(applied::holds)) {
      return state(verdict, true, NO_IPV6, leavesOutIpv6("some of its rules are for IPv6 too"));
    }
    return dropped(verdict, others::blockersOf)
        .map(
            dropped ->
                state(
                    verdict, true, DROPPED, text(dropped) + "; a rule there has to let it through"))
        .orElseGet(() -> state(verdict, true, null, null));
  }

  private static String text(Displaced displaced) {
    return "rule %s: a rule somebody typed stands in for '%s' and decides %s: %s; delete it to have ours"
        .formatted(
            displaced.row().rule(),
            RowText.of(displaced.row()),
            displaced.contradicts() ? "otherwise" : "alike",
            displaced.theirs());
  }

  private boolean isAsBefore(String policy) {
    return plan.planned().good().containsKey(policy)
        && plan.planned().good().get(policy).equals(before.get(policy));
  }

  private static PolicyState state(
      PolicyVerdict verdict, boolean applied, String reason, String message) {
    return new PolicyState(
        verdict.name(), verdict.uid(), verdict.generation(), applied, reason, message);
  }
}
