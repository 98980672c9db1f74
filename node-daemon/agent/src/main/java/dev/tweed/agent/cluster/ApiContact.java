package dev.tweed.agent.cluster;

import dev.tweed.agent.finding.NodeFinding;
import java.util.List;

/**
 * How the daemon and the API server stand.
 *
 * @param connected whether what changes is learned
 * @param findings what is wrong or notable of the connections
 */
public record ApiContact(Connected connected, List<NodeFinding> findings) {

  /** Before there was any. */
  public static final ApiContact NOT_YET = new ApiContact(Connected.NOT_YET, List.of());

  public ApiContact {
    findings = List.copyOf(findings);
  }
}
