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
import java.util.stream.Stream;

/** From a plan and what came of it to what is wrong or notable about the host's firewall. Pure. */
record FirewallFindingMapper(
    FirewallPlan plan,
    HostFirewall now,
    NetworkState network,
    Placement placement,
    BackendOutcome guarded,
    Set<BackendKind> stranded,
    List<PolicyState> policies) {

  /** Maps. */
  List<NodeFinding> map() {
    List<NodeFinding> findings = new ArrayList<>();
    notWritten().ifPresent(findings::add);
    for (RowPlacer.Failure failure : placement.failures()) {
      findings.add(
          finding(
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
          finding(
              AgentReason.FirewallNotWritten,
              "tweed-guard",
              refused.reason()
                  + ": NodePorts that policies close, and the tunnel to strangers, may be"
                  + " open: "
                  + refused.message(),
              refused.remedy()));
    }
    left().ifPresent(findings::add);
    // What no policy can do anything about is told once, above.
    if (placement.outcome().orElse(null) instanceof Applied) {
      policies.stream()
          .filter(p -> !p.applied())
          .map(FirewallFindingMapper::failed)
          .forEach(findings::add);
    } else {
      Set<String> refused =
          plan.planned().verdicts().stream()
              .filter(verdict -> !verdict.accepted())
              .map(PolicyVerdict::name)
              .collect(Collectors.toSet());
      policies.stream()
          .filter(policy -> refused.contains(policy.name()))
          .map(FirewallFindingMapper::failed)
          .forEach(findings::add);
    }
    if (network instanceof NetworkState.Member member && member.managed()) {
      placement.outcome().stream()
          .filter(Applied.class::isInstance)
          .flatMap(applied -> ((Applied) applied).displaced().stream())
          .filter(d -> d.contradicts() && d.row().origin().kind() == Origin.Kind.NETWORK)
          .map(FirewallFindingMapper::contradiction)
          .forEach(findings::add);
      Stream.concat(
              StrictForwardPorts.judge(now).stream(),
              FirewallAdvicePlanner.plan(now, member.needs()).stream())
          .map(this::blocked)
          .forEach(findings::add);
    }
    return findings;
  }

  private Optional<NodeFinding> notWritten() {
    BackendOutcome outcome = placement.outcome().orElse(null);
    if (outcome instanceof Refused refused) {
      return Optional.of(
          finding(
              AgentReason.FirewallNotWritten,
              plan.choice().kind().map(BackendKind::text).orElse("none"),
              refused.reason() + ": " + refused.message() + ". What was in force stays",
              refused.remedy()));
    }
    return outcome == null && !plan.planned().verdicts().isEmpty()
        ? Optional.of(
            finding(
                AgentReason.FirewallNotWritten,
                now.manager().text(),
                "FirewallPolicies cannot be put in force: " + plan.choice().reason(),
                plan.choice().obstacle().equals(Optional.of(BackendPlanner.HOST_TOOLS_NEEDED))
                    ? "helm upgrade ... --reset-then-reuse-values --set firewall.hostTools=true"
                    : "see whether this works on the node: nft list ruleset"))
        : Optional.empty();
  }

  /** Rows that an earlier daemon put where this one cannot reach. */
  private Optional<NodeFinding> left() {
    return stranded.stream()
        .sorted()
        .findFirst()
        .map(
            kind ->
                finding(
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
    return finding(
        AgentReason.FirewallPolicyFailed,
        "FirewallPolicy/" + policy.name(),
        policy.reason() + ": " + policy.message(),
        "");
  }

  private static NodeFinding contradiction(Displaced displaced) {
    return finding(
        AgentReason.HostFirewallBlocks,
        "ufw",
        "a rule somebody typed decides against what the network needs, and is left in force: "
            + displaced.theirs(),
        "find its number with 'ufw status numbered' and type: ufw delete NUMBER");
  }

  private NodeFinding blocked(FirewallBlockage blockage) {
    return NodeFinding.of(
        AgentReason.HostFirewallBlocks,
        blockage.amongPods(),
        now.manager().text(),
        blockage.message(),
        blockage.commands().isEmpty()
            ? ""
            : "type as root on the node:\n" + String.join("\n", blockage.commands()));
  }

  private static NodeFinding finding(
      AgentReason reason, String object, String message, String remedy) {
    return NodeFinding.of(reason, object, message, remedy);
  }
}
