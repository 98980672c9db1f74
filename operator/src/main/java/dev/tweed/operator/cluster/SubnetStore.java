package dev.tweed.operator.cluster;

import dev.tweed.crds.NodeSubnet;
import dev.tweed.crds.NodeSubnetSpec;
import dev.tweed.operator.allocation.SubnetFacts;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;
import java.util.Set;
import java.util.function.Function;

/**
 * Cache of NodeSubnets that remembers those that went, so that a node whose NodeSubnet was deleted
 * can have the same block again. Of blocks that somebody holds again it remembers nothing.
 */
final class SubnetStore extends FactStore<NodeSubnet, SubnetFacts> {
  private final SequencedMap<String, NodeSubnetSpec> gone = new LinkedHashMap<>();

  /**
   * @param onChange called with each event; must return at once
   */
  SubnetStore(Function<NodeSubnet, SubnetFacts> read, Runnable onChange) {
    super(NodeSubnet::new, read, SubnetFacts.OLDEST_FIRST, onChange);
  }

  @Override
  public NodeSubnet put(String key, NodeSubnet subnet) {
    NodeSubnet old = super.put(key, subnet);
    synchronized (gone) {
      gone.remove(key);
    }
    return old;
  }

  @Override
  public NodeSubnet remove(String key) {
    factsOf(key)
        .ifPresent(
            facts -> {
              synchronized (gone) {
                // Before it is out of the cache: whoever does not find it there finds it here.
                gone.putLast(key, facts.spec());
              }
            });
    return super.remove(key);
  }

  /**
   * Those of the given nodes that went, in the order they did. Forgets those of all other nodes.
   */
  List<NodeSubnetSpec> gone(Set<String> nodes) {
    synchronized (gone) {
      gone.values().removeIf(spec -> !nodes.contains(spec.nodeName()));
      return new ArrayList<>(gone.values());
    }
  }
}
