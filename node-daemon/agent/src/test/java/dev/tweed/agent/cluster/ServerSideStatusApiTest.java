package dev.tweed.agent.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tweed.agent.api.ApiAccess;
import dev.tweed.agent.api.ApiChannel;
import dev.tweed.agent.api.ApiClient;
import dev.tweed.agent.api.ApiRequest;
import dev.tweed.agent.api.HttpAnswer;
import dev.tweed.crds.Condition;
import dev.tweed.crds.NodeReport;
import dev.tweed.crds.NodeReportSpec;
import dev.tweed.crds.NodeReportStatus;
import dev.tweed.crds.NodeReportStatus.DataPath;
import dev.tweed.crds.testing.ApiServer;
import dev.tweed.crds.testing.ApiServerExtension;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Server-side apply as a real API server does it. */
@Tag("api-server")
@ExtendWith(ApiServerExtension.class)
class ServerSideStatusApiTest {

  private static final String NAME = "status-test";

  private ApiServer server;
  private ApiClient client;
  private ServerSideStatusApi api;

  @BeforeEach
  void open(ApiServer server) {
    this.server = server;
    client =
        ApiClient.open(
            new ApiAccess(Optional.of(server.kubeconfig()), Optional.empty(), Path.of("/none")),
            Map.of(),
            "test");
    api = new ServerSideStatusApi(client.channel(), NAME);
    NodeReport report = named();
    report.setSpec(new NodeReportSpec());
    server.admin().resource(report).create();
  }

  @AfterEach
  void close() {
    client.close();
    server.admin().resources(NodeReport.class).withName(NAME).delete();
  }

  @Test
  void whatSomebodyElseWroteIsTakenOver() {
    // Given a field that another manager wrote, and so owns
    NodeReport theirs = named();
    theirs.setStatus(bare(9000));
    server
        .admin()
        .resources(NodeReport.class)
        .withName(NAME)
        .subresource("status")
        .patch(
            new PatchContext.Builder()
                .withPatchType(PatchType.SERVER_SIDE_APPLY)
                .withFieldManager("kubectl")
                .build(),
            theirs);

    assertThat(api.applyReportStatus(status(1450, "tweed.1"))).isTrue();
    assertThat(stored()).isEqualTo(status(1450, "tweed.1"));

    // And what is not told any more is gone
    assertThat(api.applyReportStatus(bare(1400))).isTrue();
    assertThat(stored().conditions()).isEmpty();
    assertThat(stored().dataPath().mtu()).isEqualTo(1400);
  }

  @Test
  void whatIsNotThereIsNoFailureAndWhatIsRefusedIs() {
    StatusApi none = new ServerSideStatusApi(client.channel(), "another");
    assertThat(none.applyReportStatus(status(1450, "tweed.1"))).isFalse();
    assertThat(none.report()).isEmpty();
    assertThat(none.reportWasWritten()).isFalse();
    assertThatThrownBy(() -> api.applyReportStatus(status(-7, "tweed.1")))
        .hasMessageContaining("422")
        .hasMessageContaining("status.dataPath.mtu");
  }

  @Test
  void aWriteThatIsCarriedOutLateIsRefused() throws IOException {
    // Given two writes, one after the other
    List<ApiRequest> sent = new ArrayList<>();
    ApiChannel channel = client.channel();
    StatusApi recorded =
        new ServerSideStatusApi(
            (request, limit) -> {
              sent.add(request);
              return channel.send(request, limit);
            },
            NAME);
    assertThat(recorded.applyReportStatus(status(1450, "tweed.1"))).isTrue();
    ApiRequest older = sent.getLast();
    assertThat(recorded.applyReportStatus(status(1400, "tweed.1"))).isTrue();

    // When the first comes again
    try (HttpAnswer answer = channel.send(older, Duration.ofSeconds(20))) {
      assertThat(answer.status()).isEqualTo(409);
    }
    assertThat(stored().dataPath().mtu()).isEqualTo(1400);

    // What somebody else changes is no obstacle
    server
        .admin()
        .resources(NodeReport.class)
        .withName(NAME)
        .edit(
            report -> {
              report.getMetadata().setLabels(Map.of("theirs", "yes"));
              return report;
            });
    assertThat(recorded.applyReportStatus(status(1300, "tweed.1"))).isTrue();
    assertThat(stored().dataPath().mtu()).isEqualTo(1300);
  }

  private NodeReportStatus stored() {
    return server.admin().resources(NodeReport.class).withName(NAME).get().getStatus();
  }

  private static NodeReport named() {
    NodeReport report = new NodeReport();
    report.setMetadata(new ObjectMetaBuilder().withName(NAME).build());
    return report;
  }

  private static NodeReportStatus status(int mtu, String device) {
    return report(
        mtu,
        device,
        new Condition("Ready", "True", "Programmed", "", "2026-01-01T00:00:00Z", null));
  }

  private static NodeReportStatus bare(int mtu) {
    return report(mtu, null);
  }

  private static NodeReportStatus report(int mtu, String device, Condition... conditions) {
    return new NodeReportStatus(
        List.of(conditions),
        null,
        null,
        null,
        null,
        new DataPath(device, mtu, null, null, null, null),
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
}
