package dev.tweed.agent.cluster;

import dev.tweed.agent.finding.NodeFinding;
import dev.tweed.dataplane.ClusterSnapshot;
import java.util.List;
import java.util.Optional;

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
   * @param leaving why the node gets no new pods of it any more; empty if it stays
   */
  record Program(
      ClusterSnapshot snapshot,
      List<SubnetRecord> own,
      boolean hostFirewallManaged,
      Optional<String> leaving,
      List<NodeFinding> findings)
      implements Mapping {
    public Program {
      own = List.copyOf(own);
      findings = List.copyOf(findings);
    }

    /** The same by another snapshot, with other findings. */
    public Program with(ClusterSnapshot other, List<NodeFinding> otherFindings) {
      return new Program(other, own, hostFirewallManaged, leaving, otherFindings);
    }
  }
}
