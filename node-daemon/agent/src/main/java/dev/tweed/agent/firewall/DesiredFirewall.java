package dev.tweed.agent.firewall;

import dev.tweed.agent.cluster.ClusterView;
import dev.tweed.agent.cluster.NodeRecord;
import dev.tweed.agent.cluster.SubnetRecord;
import dev.tweed.firewall.rules.MappedPolicy;
import dev.tweed.ip.IpAddress;
import java.util.List;
import java.util.OptionalInt;
import java.util.stream.Stream;

/**
 * All that the cluster asks of this node's firewall; equal ones ask for the same.
 *
 * @param nodeKnown whether there is a Node object, and policies have been listed; otherwise nobody
 *     knows which policies select it, and those in force stay
 * @param policies those that select it, by name
 * @param controlPlanes addresses of the nodes where API servers run
 * @param kubeletPort where the Node says that its kubelet serves
 * @param cloud whether the Node says that it is a cloud's
 */
public record DesiredFirewall(
    boolean nodeKnown,
    List<MappedPolicy> policies,
    NetworkState network,
    List<IpAddress> controlPlanes,
    OptionalInt kubeletPort,
    boolean cloud) {

  /** Mirrored onto every NodeSubnet. */
  private static final String CONTROL_PLANE = "node-role.kubernetes.io/control-plane";

  public DesiredFirewall {
    policies = List.copyOf(policies);
    controlPlanes = List.copyOf(controlPlanes);
  }

  /** What a complete view asks for. */
  public static DesiredFirewall of(ClusterView view, NetworkState network) {
    return new DesiredFirewall(
        view.policiesKnown(),
        PolicyMapper.map(view),
        network,
        controlPlanes(view),
        view.node().map(NodeRecord::kubeletPort).orElse(OptionalInt.empty()),
        view.node().map(NodeRecord::cloud).orElse(false));
  }

  /** That what was in force stays so. */
  static DesiredFirewall nothingNew() {
    return new DesiredFirewall(
        false, List.of(), new NetworkState.Waiting(), List.of(), OptionalInt.empty(), false);
  }

  /** The same, with another state of the network. */
  DesiredFirewall with(NetworkState other) {
    return new DesiredFirewall(nodeKnown, policies, other, controlPlanes, kubeletPort, cloud);
  }

  private static List<IpAddress> controlPlanes(ClusterView view) {
    return view.subnets().stream()
        .filter(subnet -> subnet.labels().containsKey(CONTROL_PLANE))
        .map(SubnetRecord::block)
        .flatMap(
            block ->
                block instanceof SubnetRecord.Block.Valid(var peer)
                    ? peer.nodeIps().stream()
                    : Stream.empty())
        .distinct()
        .sorted()
        .toList();
  }
}
