package dev.tweed.agent.policy;

import dev.tweed.agent.cluster.ClusterView;
import dev.tweed.agent.cluster.NetworkParser;
import dev.tweed.agent.cluster.NetworkRecord;
import dev.tweed.agent.cluster.SubnetRecord;
import dev.tweed.dataplane.Peer;
import dev.tweed.dataplane.ProbeAddress;
import dev.tweed.enforce.gate.LocalPod;
import dev.tweed.ip.IpAddress;
import dev.tweed.ip.IpPrefix;
import dev.tweed.policy.AddressSpace;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Addresses as policies see them. Pure.
 *
 * @param blocks of this node
 * @param own addresses of this node, inside its blocks and outside
 * @param space of the cluster
 * @param bridges names of those that pods may be on
 */
public record NodeSpace(
    List<IpPrefix> blocks, Set<IpAddress> own, AddressSpace space, Set<String> bridges) {
  public NodeSpace {
    blocks = List.copyOf(blocks);
    own = Set.copyOf(own);
    bridges = Set.copyOf(bridges);
  }

  /** What PodNetworks and NodeSubnets say; without blocks while this node has none. */
  public static NodeSpace of(ClusterView view, String nodeName) {
    // Pods run there whatever else of a network is wrong, or of a version that knows better.
    List<NetworkRecord> networks =
        Stream.concat(view.networks().stream(), view.gaps().unreadable().stream()).toList();
    List<IpPrefix> pools =
        networks.stream()
            .flatMap(network -> network.spec().pools().stream())
            .flatMap(pool -> IpPrefix.tryParseNetwork(pool.cidr()).stream())
            .toList();
    Set<String> bridges = new HashSet<>();
    for (NetworkRecord network : networks) {
      if (NetworkParser.parse(network) instanceof NetworkParser.Result.Good good) {
        bridges.add(good.parameters().bridgeName());
      }
    }
    List<IpPrefix> blocks = new ArrayList<>();
    Set<IpAddress> own = new HashSet<>();
    Map<IpAddress, List<IpAddress>> nodes = new HashMap<>();
    for (SubnetRecord subnet : view.subnets()) {
      if (subnet.block() instanceof SubnetRecord.Block.Valid(Peer peer)) {
        List<IpAddress> inside = inside(peer.block());
        inside.forEach(a -> nodes.put(a, peer.nodeIps()));
        if (subnet.node().equals(nodeName)) {
          blocks.add(peer.block());
          own.addAll(inside);
          own.addAll(peer.nodeIps());
        }
      }
    }
    blocks.sort(null);
    return new NodeSpace(blocks, own, new AddressSpace(pools, nodes), bridges);
  }

  /**
   * The same with the pods that run here on addresses of blocks that the node has no more: those
   * stay served until their last pod ends, and policies are in force for it.
   */
  NodeSpace with(List<LocalPod> pods) {
    List<IpPrefix> more =
        Stream.concat(
                blocks.stream(),
                pods.stream()
                    .flatMap(p -> p.addresses().stream())
                    .filter(a -> blocks.stream().noneMatch(b -> b.contains(a)) && space.isPod(a))
                    .map(IpPrefix::host))
            .distinct()
            .sorted()
            .toList();
    return new NodeSpace(more, own, space, bridges);
  }

  /** Of a tunnel, of a bridge, and for probes. */
  private static List<IpAddress> inside(IpPrefix block) {
    List<IpAddress> inside = new ArrayList<>();
    inside.add(block.address());
    inside.add(ProbeAddress.gateway(block));
    ProbeAddress.of(block).ifPresent(inside::add);
    return inside;
  }
}
