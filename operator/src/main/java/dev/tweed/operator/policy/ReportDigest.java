package dev.tweed.operator.policy;

import dev.tweed.crds.Limits;
import dev.tweed.crds.NodeReportStatus.LinkAddress;
import java.util.List;
import java.util.Optional;

/**
 * What the operator keeps of a NodeReport.
 *
 * @param owner UID of the Node it belongs to; empty if it names none
 * @param blocks what it says the node serves
 * @param dataPath what it says of its data path
 * @param verdicts by name of the policy, in order
 * @param firewallRepairs how often the node mended its firewall
 * @param reach what it says of the way to other nodes
 * @param bootID boot of the node that it is about; empty if it does not tell
 * @param addresses those of its links that its PodNetwork names
 */
public record ReportDigest(
    String owner,
    List<String> blocks,
    DataPathDigest dataPath,
    List<PolicyVerdict> verdicts,
    long firewallRepairs,
    ReachDigest reach,
    String bootID,
    List<LinkAddress> addresses) {
  public ReportDigest {
    blocks = List.copyOf(blocks);
    verdicts = List.copyOf(verdicts);
    addresses = List.copyOf(addresses);
  }

  /** Reason of the conditions of a report whose daemon is silent. */
  public static final String DAEMON_SILENT = "DaemonSilent";

  /** Whether an operator wrote into it that the daemon is silent, and the daemon nothing since. */
  public boolean isSilent() {
    return DAEMON_SILENT.equals(reach.reason());
  }

  /** What the node says of a policy. */
  public Optional<PolicyVerdict> verdict(String policy) {
    int index = indexOf(policy);
    return index < 0 ? Optional.empty() : Optional.of(verdicts.get(index));
  }

  /** Whether there may be more that it has no room for. */
  boolean isFull() {
    return verdicts.size() >= Limits.POLICIES;
  }

  /** Where among the verdicts that of a policy is; negative if nowhere. */
  int indexOf(String policy) {
    int low = 0;
    int high = verdicts.size() - 1;
    while (low <= high) {
      int middle = (low + high) >>> 1;
      int order = verdicts.get(middle).policy().compareTo(policy);
      if (order == 0) {
        return middle;
      }
      if (order < 0) {
        low = middle + 1;
      } else {
        high = middle - 1;
      }
    }
    return -1;
  }
}
