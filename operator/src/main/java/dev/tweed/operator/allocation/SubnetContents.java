package dev.tweed.operator.allocation;

import dev.tweed.crds.NodeSubnetSpec;
import dev.tweed.operator.allocation.HeldBlocks.Held;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/** What NodeSubnets tell of their nodes. */
final class SubnetContents {

  private final Collection<String> mirroredLabels;
  private final VtepMacs macs = new VtepMacs();
  private final Map<String, SortedSet<String>> keys = new HashMap<>();

  /**
   * @param mirroredLabels keys of Node labels that every network mirrors
   * @param standing whose hardware addresses stay, oldest first
   */
  SubnetContents(Collection<String> mirroredLabels, List<Held> standing) {
    this.mirroredLabels = mirroredLabels;
    standing.forEach(h -> macs.keep(h.network(), h.node(), h.facts().spec().vtepMAC()));
  }

  NodeSubnetSpec spec(
      CandidateNetwork network,
      NodeFacts node,
      String cidr,
      List<String> addresses,
      Optional<Integer> mtu) {
    return new NodeSubnetSpec(
        network.name(),
        node.name(),
        node.uid(),
        cidr,
        addresses,
        macs.of(network.name(), node.name()),
        mtu.orElse(null));
  }

  /** Labels of the node that its NodeSubnets carry. */
  Map<String, String> labels(CandidateNetwork network, NodeFacts node) {
    Map<String, String> labels = new TreeMap<>();
    for (String key : labelKeys(network)) {
      String value = node.labels().get(key);
      if (value != null) {
        labels.put(key, value);
      }
    }
    return labels;
  }

  /** Whether a NodeSubnet carries just {@link #labels}. */
  boolean hasLabels(SubnetFacts subnet, CandidateNetwork network, NodeFacts node) {
    for (String key : labelKeys(network)) {
      if (!Objects.equals(node.labels().get(key), subnet.labels().get(key))) {
        return false;
      }
    }
    return true;
  }

  /** Keys of all labels that may be on NodeSubnets of the network. */
  SortedSet<String> labelKeys(CandidateNetwork network) {
    return keys.computeIfAbsent(
        network.name(),
        name -> {
          SortedSet<String> all = new TreeSet<>(mirroredLabels);
          all.addAll(network.facts().spec().mirroredNodeLabels());
          return all;
        });
  }
}
