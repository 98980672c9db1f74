package dev.tweed.operator.cluster;

import dev.tweed.crds.Condition;
import dev.tweed.crds.NodeReportStatus;
import dev.tweed.crds.NodeReportStatus.ObservedSubnet;
import java.util.List;

/** What daemons write into NodeReports, for tests. */
final class Reports {
  private Reports() {}

  /** The data path works, for one NodeSubnet. */
  static NodeReportStatus programmed(String name, String uid, long generation) {
    return dataPath(
        List.of(new ObservedSubnet(name, uid, generation)),
        1450,
        condition("Ready", "True", "Programmed"),
        condition("Programmed", "True", "Programmed"));
  }

  static NodeReportStatus dataPath(List<ObservedSubnet> about, int mtu, Condition... conditions) {
    return new NodeReportStatus(
        List.of(conditions),
        "default",
        null,
        about,
        null,
        new NodeReportStatus.DataPath("tweed.1", mtu, null, null, 1, 1),
        null,
        null,
        null,
        null,
        null,
        null,
        null,
        null,
        null);
  }

  static Condition condition(String type, String status, String reason) {
    return new Condition(type, status, reason, "", "2026-01-01T00:00:00Z", null);
  }
}
