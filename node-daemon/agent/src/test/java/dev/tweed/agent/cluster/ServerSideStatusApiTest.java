package dev.tweed.agent.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tweed.agent.api.ApiAccess;
import dev.tweed.agent.api.ApiChannel;
import dev.tweed.agent.api.ApiClient;
import dev.tweed.agent.api.ApiRequest;
import dev.tweed.agent.api.HttpAnswer;
import dev.tweed.crds.Condition;
import dev.tweed.crds.NodeSubnet;
import dev.tweed.crds.NodeSubnetSpec;
import dev.tweed.crds.NodeSubnetStatus;
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

  private static final String NAME = "10-244-77-0-24";

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
    api = new ServerSideStatusApi(client.channel(), "status-test");
    NodeSubnet subnet = named();
    subnet.setSpec(
        new NodeSubnetSpec(
            "status-test",
            "status-test",
            "u",
            "10.244.77.0/24",
            List.of("192.0.2.77"),
            "02:00:00:00:00:77"));
    server.admin().resource(subnet).create();
  }

  @AfterEach
  void close() {
    client.close();
    server.admin().resources(NodeSubnet.class).withName(NAME).delete();
  }

  @Test
  void whatSomebodyElseWroteIsTakenOver() {
    // Given a field that another manager wrote, and so owns
    NodeSubnet theirs = named();
    theirs.setStatus(new NodeSubnetStatus(null, null, 9000, null));
    server
        .admin()
        .resources(NodeSubnet.class)
        .withName(NAME)
        .subresource("status")
        .patch(
            new PatchContext.Builder()
                .withPatchType(PatchType.SERVER_SIDE_APPLY)
                .withFieldManager("kubectl")
                .build(),
            theirs);

    assertThat(api.applySubnetStatus(NAME, status(1450, "tweed.1"))).isTrue();
    assertThat(stored()).isEqualTo(status(1450, "tweed.1"));

    // And what is not told any more is gone
    assertThat(api.applySubnetStatus(NAME, new NodeSubnetStatus(1L, null, 1400, null))).isTrue();
    assertThat(stored().conditions()).isEmpty();
    assertThat(stored().mtu()).isEqualTo(1400);
  }

  @Test
  void whatIsNotThereIsNoFailureAndWhatIsRefusedIs() {
    assertThat(api.applySubnetStatus("10-244-78-0-24", status(1450, "tweed.1"))).isFalse();
    assertThat(api.report()).isEmpty();
    assertThat(api.reportWasWritten()).isFalse();
    assertThatThrownBy(() -> api.applySubnetStatus(NAME, status(-7, "tweed.1")))
        .hasMessageContaining("422")
        .hasMessageContaining("status.mtu");
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
            "status-test");
    assertThat(recorded.applySubnetStatus(NAME, status(1450, "tweed.1"))).isTrue();
    ApiRequest older = sent.getLast();
    assertThat(recorded.applySubnetStatus(NAME, status(1400, "tweed.1"))).isTrue();

    // When the first comes again
    try (HttpAnswer answer = channel.send(older, Duration.ofSeconds(20))) {
      assertThat(answer.status()).isEqualTo(409);
    }
    assertThat(stored().mtu()).isEqualTo(1400);

    // What somebody else changes is no obstacle
    server
        .admin()
        .resources(NodeSubnet.class)
        .withName(NAME)
        .edit(
            subnet -> {
              subnet.getMetadata().setLabels(Map.of("theirs", "yes"));
              return subnet;
            });
    assertThat(recorded.applySubnetStatus(NAME, status(1300, "tweed.1"))).isTrue();
    assertThat(stored().mtu()).isEqualTo(1300);
  }

  private NodeSubnetStatus stored() {
    return server.admin().resources(NodeSubnet.class).withName(NAME).get().getStatus();
  }

  private static NodeSubnet named() {
    NodeSubnet subnet = new NodeSubnet();
    subnet.setMetadata(new ObjectMetaBuilder().withName(NAME).build());
    return subnet;
  }

  private static NodeSubnetStatus status(int mtu, String device) {
    return new NodeSubnetStatus(
        1L,
        List.of(new Condition("Ready", "True", "Programmed", "", "2026-01-01T00:00:00Z", 1L)),
        mtu,
        device);
  }
}
