/**
 * Network policies on this node: what is known of them, brought to the kernel and told.
 *
 * <p>One run of {@link dev.tweed.agent.policy.PolicySync}, each step a value that the next one
 * takes:
 *
 * <ol>
 *   <li>{@link dev.tweed.agent.policy.NodeSpace} is which addresses are pods', and {@link
 *       dev.tweed.agent.policy.NodePolicies} what the operator has compiled for this node, as far
 *       as it has come.
 *   <li>{@link dev.tweed.agent.policy.PolicyPlanner} decides, pure, whether that is enough to go
 *       by, and what happens to the table while it is not.
 *   <li>{@link dev.tweed.agent.policy.GateDetector} says whether the runtime tells of pods before
 *       they run; {@link dev.tweed.agent.policy.UnrecordedPods} which it has forgotten.
 *   <li>{@link dev.tweed.agent.policy.PolicyReading} is what is to be enforced for which pods:
 *       those that nobody has said anything of wait, closed.
 *   <li>{@link dev.tweed.agent.policy.PolicyTableSync} compiles that to a table, writes the
 *       difference, and reads back what somebody has changed.
 *   <li>{@link dev.tweed.agent.policy.EnforcedPolicies} is what was read back. {@link
 *       dev.tweed.agent.policy.PolicyStatusPublisher} tells it; what is wrong is told by {@link
 *       dev.tweed.agent.policy.PolicyFindingMapper}.
 * </ol>
 */
package dev.tweed.agent.policy;
