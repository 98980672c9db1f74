package dev.tweed.operator.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.crds.NodeReport;
import dev.tweed.crds.NodeReportStatus;
import dev.tweed.operator.policy.Policies;
import io.fabric8.kubernetes.api.model.OwnerReferenceBuilder;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ReportStoreTest {

  private int changes;
  private int dataPathChanges;
  private final ReportStore store = new ReportStore(() -> dataPathChanges++, () -> changes++);

  @Test
  void onlyWhatMattersToPoliciesIsAChange() {
    store.put("n1", report("1", "uid-1", Policies.report(0, Policies.applied("web", 1))));
    store.put("n1", report("2", "uid-1", Policies.report(0, Policies.applied("web", 1))));
    assertThat(changes).isEqualTo(1);

    store.put("n1", report("3", "uid-1", Policies.report(1, Policies.applied("web", 1))));
    store.put("n1", report("4", "uid-1", Policies.report(1, Policies.applied("web", 2))));
    assertThat(changes).isEqualTo(3);
    assertThat(store.get("n1").getMetadata().getResourceVersion()).isEqualTo("4");
  }

  @Test
  void whatANodeSaysOfItsDataPathIsAChangeForTheOperatorAsAWhole() {
    store.put("n1", report("1", "uid-1", Policies.report(0)));
    store.put("n1", report("2", "uid-1", Policies.report(1, Policies.applied("web", 1))));
    assertThat(dataPathChanges).isZero();

    store.put("n1", report("3", "uid-1", Reports.programmed("10-244-1-0-24", "uid", 1)));
    store.put("n1", report("4", "uid-1", Reports.programmed("10-244-1-0-24", "uid", 2)));
    store.put("n1", report("5", "uid-2", Reports.programmed("10-244-1-0-24", "uid", 2)));
    assertThat(dataPathChanges).isEqualTo(3);
  }

  @Test
  void aReportOfAnEarlierNodeOfTheNameIsNone() {
    store.put("n1", report("1", "uid-1", Policies.report(0, Policies.applied("web", 1))));

    assertThat(nodeHasReport("uid-1")).isTrue();
    assertThat(nodeHasReport("uid-2")).isFalse();
  }

  private boolean nodeHasReport(String uid) {
    return PolicyInputReader.read(
            new ClusterView(
                List.of(),
                List.of(TestCluster.facts("n1", uid)),
                Map.of(),
                List.of(),
                List.of(),
                store.byName(),
                List.of(),
                Map.of()))
        .nodes()
        .getFirst()
        .report()
        .isPresent();
  }

  private static NodeReport report(String version, String owner, NodeReportStatus status) {
    NodeReport report = new NodeReport();
    report.getMetadata().setName("n1");
    report.getMetadata().setResourceVersion(version);
    report
        .getMetadata()
        .setOwnerReferences(
            List.of(new OwnerReferenceBuilder().withKind("Node").withUid(owner).build()));
    report.setStatus(status);
    return report;
  }
}
