package dev.tweed.agent.cluster;

import dev.tweed.crds.NodeReportStatus;
import java.util.Optional;

/**
 * The daemon's only write but for its Lease: the status of its own NodeReport.
 *
 * <p>Each throws a {@link StatusRefusedException} when the API server does not want it, and another
 * RuntimeException when there is no whole answer; the write may have been carried out then.
 */
public interface StatusApi {

  /** Applies the status of this node's NodeReport; false if the operator has not made it yet. */
  boolean applyReportStatus(NodeReportStatus status);

  /** This node's report as it stands, if there is one with a status that can be read. */
  Optional<NodeReportStatus> report();

  /**
   * Whether this node's report is, or was a moment ago, another than {@link #report} or {@link
   * #applyReportStatus} left it. Costs the API server little.
   */
  boolean reportWasWritten();
}
