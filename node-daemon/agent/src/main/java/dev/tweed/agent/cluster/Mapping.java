package dev.tweed.agent.cluster;

import dev.tweed.agent.finding.NodeFinding;
import dev.tweed.dataplane.ClusterSnapshot;
import java.util.List;

/** What the cluster asks of this node. */
public sealed interface Mapping {

  /** What is wrong or notable about the objects themselves. */
  List<NodeFinding> findings();

  /** No PodNetwork selects this node: it is ready with nothing to do. */
  record Nothing(String why) implements Mapping {
    @Override
    public List<NodeFinding> findings() {
      return List.of();
    }
  }

  /** Something this node needs is missing; what is programmed stays as it is. */
  record Waiting(String why, List<NodeFinding> findings) implements Mapping {
    public Waiting {
      findings = List.copyOf(findings);
    }
  }

  /**
   * The network this node belongs to, and its peers.
   *
   * @param own the NodeSubnets of this node that are in use
   * @param hostFirewallManaged whether the network wants the host's firewall opened for it
   */
  record Program(
      ClusterSnapshot snapshot,
      List<SubnetRecord> own,
      boolean hostFirewallManaged,
      List<NodeFinding> findings)
      implements Mapping {
    public Program {
      own = List.copyOf(own);
      findings = List.copyOf(findings);
    }
  }
}
