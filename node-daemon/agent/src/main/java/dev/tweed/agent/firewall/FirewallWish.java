package dev.tweed.agent.firewall;

import dev.tweed.agent.cluster.ClusterView;
import java.util.List;

/**
 * All that the cluster asks of this node's firewall; equal ones ask for the same.
 *
 * @param nodeKnown whether there is a Node object; without one nobody knows which policies select
 *     it, and those in force stay
 * @param policies those that select it, by name
 */
public record FirewallWish(boolean nodeKnown, List<MappedPolicy> policies, NetworkState network) {
  public FirewallWish {
    policies = List.copyOf(policies);
  }

  /** What a complete view asks for. */
  public static FirewallWish of(ClusterView view, NetworkState network) {
    return new FirewallWish(view.node().isPresent(), PolicyMapper.map(view), network);
  }
}
