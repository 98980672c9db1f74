package dev.tweed.operator.cluster;

import dev.tweed.crds.NodeReport;
import dev.tweed.operator.policy.ReportDigest;
import dev.tweed.operator.policy.ReportDigester;
import io.fabric8.kubernetes.api.model.OwnerReference;
import io.fabric8.kubernetes.client.informers.cache.ItemStore;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.stream.Stream;

/**
 * Cache of NodeReports that keeps a digest of each. The informer compares names and versions only,
 * so it gets reports with nothing else.
 */
final class ReportStore implements ItemStore<NodeReport> {
  private record Kept(String version, ReportDigest digest) {}

  private final ReportDigester digester = new ReportDigester();
  private final ConcurrentMap<String, Kept> reports = new ConcurrentHashMap<>();
  private final Runnable onDataPathChange;
  private final Runnable onChange;

  /**
   * @param onDataPathChange called when what a node says of its data path changed; must return at
   *     once
   * @param onChange the same for a digest as a whole
   */
  ReportStore(Runnable onDataPathChange, Runnable onChange) {
    this.onDataPathChange = onDataPathChange;
    this.onChange = onChange;
  }

  /** All digests, by name of the Node. */
  Map<String, ReportDigest> digests() {
    Map<String, ReportDigest> digests = new HashMap<>();
    reports.forEach((name, kept) -> digests.put(name, kept.digest()));
    return digests;
  }

  @Override
  public String getKey(NodeReport report) {
    return report.getMetadata().getName();
  }

  // The informer holds a lock around this.
  @Override
  public NodeReport put(String key, NodeReport report) {
    ReportDigest digest = digester.digest(owner(report), Optional.ofNullable(report.getStatus()));
    Kept old = reports.put(key, new Kept(report.getMetadata().getResourceVersion(), digest));
    if (old == null || !old.digest().equals(digest)) {
      onChange.run();
    }
    if (old != null && !isSameWord(old.digest(), digest)) {
      onDataPathChange.run();
    }
    return stub(key, old);
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

  @Override
  public NodeReport remove(String key) {
    return stub(key, reports.remove(key));
  }

  @Override
  public Stream<String> keySet() {
    return reports.keySet().stream();
  }

  @Override
  public Stream<NodeReport> values() {
    return reports.entrySet().stream().map(e -> stub(e.getKey(), e.getValue()));
  }

  @Override
  public int size() {
    return reports.size();
  }

  @Override
  public NodeReport get(String key) {
    return stub(key, reports.get(key));
  }

  // The interface asks for null where there is nothing.
  private static NodeReport stub(String key, Kept kept) {
    if (kept == null) {
      return null;
    }
    NodeReport report = new NodeReport();
    report.getMetadata().setName(key);
    report.getMetadata().setResourceVersion(kept.version());
    return report;
  }
}
