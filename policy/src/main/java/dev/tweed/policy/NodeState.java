package dev.tweed.policy;

import dev.tweed.ip.IpAddress;
import dev.tweed.ip.IpPrefix;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Everything one node enforces by.
 *
 * @param blocks of this node: an address in them is a pod of this node
 * @param ownAddresses of the node itself, inside its blocks and outside
 * @param space what is known of the rest of the cluster
 * @param pods those that were let in; a pod that no policy can select has an entry without programs
 * @param programs by name
 * @param sets by name; only those that are known as a whole
 */
public record NodeState(
    List<IpPrefix> blocks,
    Set<IpAddress> ownAddresses,
    AddressSpace space,
    List<PodEntry> pods,
    Map<String, Program> programs,
    Map<String, PeerSet> sets) {
  public NodeState {
    blocks = List.copyOf(blocks);
    ownAddresses = Set.copyOf(ownAddresses);
    pods = List.copyOf(pods);
    programs = Map.copyOf(programs);
    sets = Map.copyOf(sets);
  }

  /** Whether an address is a pod's of this node, known or not. */
  public boolean isLocalPod(IpAddress address) {
    return !ownAddresses.contains(address) && blocks.stream().anyMatch(b -> b.contains(address));
  }
}
