package dev.tweed.agent.status;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.agent.api.ApiAccess;
import dev.tweed.agent.api.ApiClient;
import dev.tweed.agent.cluster.ServerSideStatusApi;
import dev.tweed.crds.Condition;
import dev.tweed.crds.NodeReport;
import dev.tweed.crds.NodeReportSpec;
import dev.tweed.crds.NodeReportStatus;
import dev.tweed.crds.testing.ApiServer;
import dev.tweed.crds.testing.ApiServerExtension;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** What server-side apply and the schema make of one report after another. */
@Tag("api-server")
@ExtendWith(ApiServerExtension.class)
class ReportOnApiServerTest {

  private static final String NODE = "report-test";

  private KubernetesClient client;
  private ApiClient daemon;
  private NodeReport report;

  @BeforeEach
  void create(ApiServer server) {
    client = server.admin();
    daemon =
        ApiClient.open(
            new ApiAccess(Optional.of(server.kubeconfig()), Optional.empty(), Path.of("/none")),
            Map.of(),
            "test");
    NodeReport empty = new NodeReport();
    empty.setMetadata(new ObjectMetaBuilder().withName(NODE).build());
    empty.setSpec(new NodeReportSpec());
    report = client.resource(empty).create();
  }

  @AfterEach
  void delete() {
    daemon.close();
    client.resource(report).delete();
  }

  @Test
  void aNodeThatHasNothingToTellAnyMoreSaysSo() {
    // Given a node that told everything
    ServerSideStatusApi api = new ServerSideStatusApi(daemon.channel(), NODE);
    StatusMapper mapper = new StatusMapper(Clock.systemUTC(), Optional.empty());
    api.applyReportStatus(
        mapper
            .reportStatus(Statuses.ready(Statuses.notable()), List.of(), Optional.empty())
            .orElseThrow());
    Optional<NodeReportStatus> full = api.report();
    assertThat(full).map(NodeReportStatus::repairs).get().asList().isNotEmpty();

    // And somebody wrote it since
    assertThat(api.reportWasWritten()).isFalse();
    client
        .resources(NodeReport.class)
        .withName(NODE)
        .edit(
            report -> {
              report.getMetadata().setAnnotations(Map.of("example.com/seen", "yes"));
              return report;
            });
    assertThat(api.reportWasWritten()).isTrue();

    // When it was rebooted, and no PodNetwork selects it
    api.applyReportStatus(mapper.reportStatus(Statuses.idle(), List.of(), full).orElseThrow());

    // Then nothing is left of what it told before
    NodeReportStatus bare = api.report().orElseThrow();
    assertThat(bare.conditions())
        .extracting(Condition::reason)
        .containsOnly("NothingToDo", "APIAnswers");
    assertThat(bare)
        .usingRecursiveComparison()
        .ignoringFields("conditions")
        .isEqualTo(
            new NodeReportStatus(
                null, null, null, null, null, null, null, null, null, null, null, null, null, null,
                null));
  }
}
