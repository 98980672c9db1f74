package dev.tweed.operator.cluster;

import dev.tweed.crds.NodeSubnet;
import dev.tweed.crds.NodeSubnetSpec;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;
import java.util.Set;
import java.util.function.UnaryOperator;

/**
 * Cache of NodeSubnets that remembers those that went, so that a node whose NodeSubnet was deleted
 * can have the same block again. Of blocks that somebody holds again it remembers nothing.
 */
final class SubnetStore extends PrunedStore<NodeSubnet> {
  private final SequencedMap<String, NodeSubnetSpec> gone = new LinkedHashMap<>();

  SubnetStore() {
    super(UnaryOperator.identity());
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
    NodeSubnet old = get(key);
    if (old != null && old.getSpec() != null) {
      synchronized (gone) {
        // Before it is out of the cache: whoever does not find it there finds it here.
        gone.putLast(key, old.getSpec());
      }
    }
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
