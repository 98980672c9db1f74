package dev.tweed.operator.cluster;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tweed.crds.Condition;
import dev.tweed.crds.Limits;
import dev.tweed.crds.NodeReport;
import dev.tweed.operator.policy.ReportDigest;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.time.Clock;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * Writes into a NodeReport that its daemon is silent. It is the one thing the operator writes
 * there; the daemon writes over it when it is back.
 */
final class SilentReportWriter {
  private static final JsonMapper JSON = JsonMapper.builder().build();

  /** That every report has. */
  private static final Set<String> ALWAYS = Set.of("Ready", "Programmed", "Reachable");

  /**
   * Others that answer a question. The rest are findings, which are not known to hold, and which
   * the daemon could not take back: of a condition that two have written, its apply leaves what the
   * other wrote.
   */
  private static final Set<String> ANSWERS = Set.of("Connected");

  /** Reason of a daemon's own finding that the API server refuses its Lease. */
  private static final String LEASE_REFUSED = "LeaseNotRenewed";

  private final KubernetesClient client;
  private final Clock clock;

  SilentReportWriter(KubernetesClient client, Clock clock) {
    this.client = client;
    this.clock = clock;
  }

  /**
   * Makes the conditions of a node's report Unknown, unless they are or the report has changed
   * meanwhile.
   *
   * @return whether it did
   * @throws KubernetesClientException when the API server refuses or does not answer
   */
  boolean tell(String node, String message) {
    NodeReport report = client.resources(NodeReport.class).withName(node).get();
    if (report == null) {
      return false;
    }
    List<Condition> before =
        report.getStatus() == null ? List.of() : report.getStatus().conditions();
    if (!before.isEmpty() && before.stream().allMatch(SilentReportWriter::isTold)) {
      return false;
    }
    try {
      Patches.status(
          client,
          report,
          PatchType.JSON_MERGE,
          patch(report.getMetadata().getResourceVersion(), before, withRefusal(message, report)));
      return true;
    } catch (KubernetesClientException e) {
      return switch (ApiFailure.of(e)) {
        case GONE, CONFLICT -> false;
        case REFUSED, UNKNOWN -> throw e;
      };
    }
  }

  /** A daemon that is refused its Lease lives, and everything else that it says stays. */
  private static String withRefusal(String message, NodeReport report) {
    return report.getStatus() != null
            && report.getStatus().findings().stream()
                .anyMatch(f -> LEASE_REFUSED.equals(f.reason()))
        ? "the daemon said "
            + LEASE_REFUSED
            + " (status.findings), so it may run all the same; "
            + message
        : message;
  }

  private static boolean isTold(Condition condition) {
    return ReportDigest.DAEMON_SILENT.equals(condition.reason());
  }

  private String patch(String version, List<Condition> before, String message) {
    ObjectNode patch = JSON.createObjectNode();
    patch.putObject("metadata").put("resourceVersion", version);
    ArrayNode conditions = patch.putObject("status").putArray("conditions");
    Set<String> types = new TreeSet<>(ALWAYS);
    before.stream().map(Condition::type).filter(ANSWERS::contains).forEach(types::add);
    String now = clock.instant().truncatedTo(ChronoUnit.SECONDS).toString();
    for (String type : types) {
      String since =
          before.stream()
              .filter(c -> c.type().equals(type) && c.status().equals("Unknown"))
              .map(Condition::lastTransitionTime)
              .findFirst()
              .orElse(now);
      conditions
          .addObject()
          .put("type", type)
          .put("status", "Unknown")
          .put("reason", ReportDigest.DAEMON_SILENT)
          .put("message", message.substring(0, Math.min(message.length(), Limits.MESSAGE)))
          .put("lastTransitionTime", since);
    }
    return patch.toString();
  }
}
