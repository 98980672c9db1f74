/**
 * The host's firewall: from FirewallPolicies and what the network needs to rows in force, in a
 * thread of its own that the data path never waits for.
 *
 * <p>The way from YAML to ufw's {@code user.rules}, each step a value that the next one takes:
 *
 * <ol>
 *   <li>{@link dev.tweed.agent.cluster.ClusterView} has the policies and nodes the API server told
 *       of. {@link dev.tweed.agent.firewall.FirewallSync} takes it, and what the data path says of
 *       the network ({@link dev.tweed.agent.firewall.NetworkState}).
 *   <li>{@link dev.tweed.agent.firewall.DesiredFirewall} is what they ask of this node: {@link
 *       dev.tweed.agent.firewall.PolicyMapper} picks the policies that select it and has {@link
 *       dev.tweed.agent.firewall.PeerResolver} find addresses for names. What comes out knows no
 *       Kubernetes any more: a {@link dev.tweed.firewall.rules.MappedPolicy} of {@link
 *       dev.tweed.firewall.rules.FirewallRule}s.
 *   <li>{@link dev.tweed.agent.firewall.FirewallPlanFactory} looks at the node: which firewall it
 *       has, which one is to hold rows ({@link dev.tweed.firewall.backend.BackendPlanner}), what
 *       must stay in reach ({@link dev.tweed.firewall.rules.ProtectedFlowsPlanner}).
 *   <li>{@link dev.tweed.firewall.rules.FirewallPlanner} decides, pure: {@link
 *       dev.tweed.firewall.rules.RuleCompiler} checks rules and multiplies them to {@link
 *       dev.tweed.firewall.rules.FilterRow}s, {@link dev.tweed.firewall.rules.LockoutGuard} says
 *       which would lock out; a policy that is refused keeps the rules it had.
 *   <li>{@link dev.tweed.agent.firewall.RowPlacer} gives the rows to the {@link
 *       dev.tweed.firewall.backend.FirewallBackend} that was chosen, and no rows to all others.
 *   <li>{@link dev.tweed.firewall.ufw.UfwBackend}, for one, writes them: a row becomes a line that
 *       ufw reads back ({@link dev.tweed.firewall.ufw.UfwTuple}) and lines for iptables-restore;
 *       the file is replaced as a whole ({@link dev.tweed.host.AtomicFile}), then the chains in the
 *       kernel by iptables itself ({@link dev.tweed.firewall.iptables.IptablesPrograms}).
 * </ol>
 *
 * <p>Then {@link dev.tweed.agent.firewall.FirewallFiles} remembers what is in force, and what came
 * of it is told ({@link dev.tweed.agent.status.FirewallStatus}).
 */
package dev.tweed.agent.firewall;
