package dev.tweed.agent.cluster;

import dev.tweed.crds.NodeReportStatus;
import dev.tweed.crds.NodeSubnetStatus;
import java.util.Optional;

/** The daemon's writes: the status of its own NodeSubnets and of its own NodeReport, no more. */
public interface StatusApi {

  /**
   * Applies the status of a NodeSubnet; false if there is no such object (any more).
   *
   * @throws RuntimeException when the API server is away or refuses
   */
  boolean applySubnetStatus(String name, NodeSubnetStatus status);

  /** Applies the status of this node's NodeReport; false if the operator has not made it yet. */
  boolean applyReportStatus(NodeReportStatus status);

  /** This node's report as it stands, if there is one with a status. */
  Optional<NodeReportStatus> report();

  /**
   * The version of this node's report, maybe a moment old; empty if there is none. Costs the API
   * server little.
   */
  Optional<String> reportVersion();
}
