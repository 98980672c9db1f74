package dev.tweed.agent.status;

import dev.tweed.agent.finding.NodeFinding;
import dev.tweed.crds.NodeReportStatus.Firewall;
import dev.tweed.crds.NodeReportStatus.PolicyState;
import java.util.List;

/**
 * What is known of the host's firewall.
 *
 * @param firewall what was found, and where rows of ours are
 * @param policies those that select this node, by name
 * @param findings what is wrong or notable
 */
public record FirewallStatus(
    Firewall firewall, List<PolicyState> policies, List<NodeFinding> findings) {
  public FirewallStatus {
    policies = List.copyOf(policies);
    findings = List.copyOf(findings);
  }
}
