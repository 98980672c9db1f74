package dev.tweed.operator.cluster;

import dev.tweed.crds.NodeReport;
import dev.tweed.operator.policy.ReportDigest;
import dev.tweed.operator.policy.ReportDigester;
import io.fabric8.kubernetes.api.model.OwnerReference;
import java.util.Optional;

/** Cache of NodeReports that keeps a digest of each. */
final class ReportStore extends FactStore<NodeReport, ReportDigest> {
  private final Runnable onDataPathChange;

  /**
   * @param onDataPathChange called when what a node says of its data path changed; must return at
   *     once
   * @param onChange the same for a digest as a whole
   */
  ReportStore(Runnable onDataPathChange, Runnable onChange) {
    this(new ReportDigester(), onDataPathChange, onChange);
  }

  private ReportStore(ReportDigester digester, Runnable onDataPathChange, Runnable onChange) {
    super(
        NodeReport::new,
        report -> digester.digest(owner(report), Optional.ofNullable(report.getStatus())),
        onChange);
    this.onDataPathChange = onDataPathChange;
  }

  // The informer holds a lock around this.
  @Override
  public NodeReport put(String key, NodeReport report) {
    Optional<ReportDigest> before = factsOf(key);
    NodeReport old = super.put(key, report);
    if (before.isPresent() && !isSameWord(before.get(), factsOf(key).orElseThrow())) {
      onDataPathChange.run();
    }
    return old;
  }

  private static boolean isSameWord(ReportDigest a, ReportDigest b) {
    return a.owner().equals(b.owner()) && a.dataPath().equals(b.dataPath());
  }

  static String owner(NodeReport report) {
    return report.getMetadata().getOwnerReferences().stream()
        .filter(o -> "Node".equals(o.getKind()))
        .map(OwnerReference::getUid)
        .findFirst()
        .orElse("");
  }
}
