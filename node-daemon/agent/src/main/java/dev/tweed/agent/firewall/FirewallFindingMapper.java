package dev.tweed.agent.firewall;

import dev.tweed.agent.finding.AgentReason;
import dev.tweed.agent.finding.NodeFinding;
import dev.tweed.agent.firewall.RowPlacer.Placement;
import dev.tweed.crds.NodeReportStatus.PolicyState;
import dev.tweed.firewall.FirewallAdvicePlanner;
import dev.tweed.firewall.FirewallBlockage;
import dev.tweed.firewall.HostFirewall;
import dev.tweed.firewall.StrictForwardPorts;
import dev.tweed.firewall.backend.BackendKind;
import dev.tweed.firewall.backend.BackendOutcome;
import dev.tweed.firewall.backend.BackendOutcome.Applied;
import dev.tweed.firewall.backend.BackendOutcome.Displaced;
import dev.tweed.firewall.backend.BackendOutcome.Refused;
import dev.tweed.firewall.backend.BackendPlanner;
import dev.tweed.firewall.rules.Origin;
import dev.tweed.firewall.rules.PolicyVerdict;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * From a plan and what came of it to what is wrong or notable about the host's firewall; parameters
 * as in {@link FirewallStatusMapper#map}. Pure.
 */
record FirewallFindingMapper(
    FirewallPlan plan,
    HostFirewall now,
    NetworkState network,
    Placement placement,
    BackendOutcome guarded,
    Set<BackendKind> stranded,
    List<PolicyState> policies) {

  private static final String GIVE_TOOLS =
      "helm upgrade ... --reset-then-reuse-values --set firewall.hostTools=true";

  /** Maps. */
  List<NodeFinding> map() {
    List<NodeFinding> findings = new ArrayList<>();
    notWritten().ifPresent(findings::add);
    for (RowPlacer.Failure failure : placement.failures()) {
      findings.add(
          NodeFinding.of(
              AgentReason.FirewallNotWritten,
              failure.kind().text(),
              (failure.standby()
                      ? "rules cannot be kept ready for the day it is switched on: "
                      : "rules of Tweed's that are not needed there any more cannot be removed: ")
                  + failure.refused().message(),
              failure.refused().remedy()));
    }
    if (guarded instanceof BackendOutcome.Refused refused) {
      findings.add(
          NodeFinding.of(
              AgentReason.FirewallNotWritten,
              "tweed-guard",
              refused.reason()
                  + ": NodePorts that policies close may be open: "
                  + refused.message(),
              refused.remedy()));
    }
    left().ifPresent(findings::add);
    boolean inForce = placement.outcome().orElse(null) instanceof Applied;
    Set<String> accepted =
        plan.planned().verdicts().stream()
            .filter(PolicyVerdict::accepted)
            .map(PolicyVerdict::name)
            .collect(Collectors.toSet());
    policies.stream()
        .filter(policy -> !policy.applied())
        // What no policy can do anything about is told once, above.
        .filter(policy -> inForce ? !isUnreached(policy) : !accepted.contains(policy.name()))
        .map(FirewallFindingMapper::failed)
        .forEach(findings::add);
    if (network instanceof NetworkState.Member member && member.managed()) {
      placement.outcome().stream()
          .filter(Applied.class::isInstance)
          .flatMap(applied -> ((Applied) applied).displaced().stream())
          .filter(d -> d.contradicts() && d.row().origin().kind() == Origin.Kind.NETWORK)
          .map(FirewallFindingMapper::contradiction)
          .forEach(findings::add);
      StrictForwardPorts.evaluate(now).stream()
          .map(blockage -> blocked(blockage, typed(blockage)))
          .forEach(findings::add);
      FirewallAdvicePlanner.plan(now, member.needs()).stream()
          .map(blockage -> blocked(blockage, remedy(blockage)))
          .forEach(findings::add);
    }
    return findings;
  }

  private Optional<NodeFinding> notWritten() {
    if (placement.refusal().isPresent()) {
      Refused refused = placement.refusal().get().refused();
      return Optional.of(
          NodeFinding.of(
              AgentReason.FirewallNotWritten,
              placement.refusal().get().kind().text(),
              refused.reason() + ": " + refused.message() + ". What was in force stays",
              refused.remedy()));
    }
    if (placement.outcomes().isEmpty()) {
      return plan.planned().verdicts().isEmpty()
          ? Optional.empty()
          : Optional.of(
              NodeFinding.of(
                  AgentReason.FirewallNotWritten,
                  now.manager().text(),
                  "FirewallPolicies cannot be put in force: " + plan.choice().reason(),
                  "see whether this works on the node: nft list ruleset"));
    }
    return policies.stream()
        .filter(FirewallFindingMapper::isUnreached)
        .findFirst()
        .map(
            policy ->
                NodeFinding.of(
                    AgentReason.FirewallNotWritten,
                    plan.choice().unreachable().iterator().next().text(),
                    "FirewallPolicies cannot let packets through: %s, for one: %s"
                        .formatted(policy.name(), policy.message()),
                    GIVE_TOOLS));
  }

  private static boolean isUnreached(PolicyState policy) {
    return BackendPlanner.HOST_TOOLS_NEEDED.equals(policy.reason());
  }

  /** Rows that an earlier daemon put where this one cannot reach. */
  private Optional<NodeFinding> left() {
    return stranded.stream()
        .sorted()
        .findFirst()
        .map(
            kind ->
                NodeFinding.of(
                    AgentReason.FirewallRulesLeft,
                    kind.text(),
                    "rules of Tweed's are in it, and the daemon has no access to the host's files"
                        + " and programs any more to change or remove them",
                    "set the chart value firewall.hostTools again; or remove by hand "
                        + marked(kind)));
  }

  /** How a person knows what is ours. */
  private static String marked(BackendKind kind) {
    return switch (kind) {
      case UFW -> "rules whose comments begin with 'tweed:', shown by: ufw status numbered";
      case FIREWALLD ->
          "policies and zones whose names begin with 'tweed', shown by: firewall-cmd"
              + " --list-all-policies, firewall-cmd --list-all-zones";
      case IPTABLES -> "chains whose names begin with 'TWEED-', shown by: iptables-save";
      case NFTABLES -> "the table tweed-filter: nft delete table inet tweed-filter";
    };
  }

  private static NodeFinding failed(PolicyState policy) {
    return NodeFinding.of(
        AgentReason.FirewallPolicyFailed,
        "FirewallPolicy/" + policy.name(),
        policy.reason() + ": " + policy.message(),
        "");
  }

  private static NodeFinding contradiction(Displaced displaced) {
    return NodeFinding.of(
        AgentReason.HostFirewallBlocks,
        "ufw",
        "a rule somebody typed decides against what the network needs, and is left in force: "
            + displaced.theirs(),
        "find its number with 'ufw status numbered' and type: ufw delete NUMBER");
  }

  private static NodeFinding blocked(FirewallBlockage blockage, String remedy) {
    return NodeFinding.of(
        AgentReason.HostFirewallBlocks,
        blockage.amongPods(),
        blockage.manager().text(),
        blockage.message(),
        remedy);
  }

  /** One command for all nodes, where that is all a firewall waits for. */
  private String remedy(FirewallBlockage blockage) {
    boolean waits =
        plan.choice().unreachable().stream()
            .anyMatch(kind -> kind.name().equals(blockage.manager().name()));
    return waits ? GIVE_TOOLS + "; or " + typed(blockage) : typed(blockage);
  }

  private static String typed(FirewallBlockage blockage) {
    return blockage.commands().isEmpty()
        ? ""
        : "type as root on the node:\n" + String.join("\n", blockage.commands());
  }
}
