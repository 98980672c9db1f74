package dev.tweed.operator.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.crds.NodeReport;
import dev.tweed.crds.testing.ApiServer;
import dev.tweed.crds.testing.ApiServerExtension;
import dev.tweed.operator.allocation.NodeFacts;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.http.BasicBuilder;
import io.fabric8.kubernetes.client.http.HttpRequest;
import io.fabric8.kubernetes.client.http.Interceptor;
import java.time.Clock;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** A Node that is made anew under its name, and the NodeReport of the one before. */
@Tag("api-server")
@ExtendWith(ApiServerExtension.class)
class NodeWriterTest {
  private KubernetesClient admin;
  private KubernetesClient client;
  private TestCluster cluster;
  private NodeFacts node;
  private volatile Runnable beforeDeletion = () -> {};

  @BeforeEach
  void start(ApiServer server) {
    admin = server.admin();
    cluster = new TestCluster(admin);
    cluster.clear();
    client = TestCluster.client(server, new Meanwhile());
    NodeFacts before = Facts.of(cluster.node(1));
    admin.resource(NodeWriter.reportOf(before)).create();
    admin.nodes().withName(before.name()).delete();
    node = Facts.of(cluster.node(1));
  }

  @AfterEach
  void stop() {
    client.close();
  }

  /** Does something before the operator deletes something. */
  private final class Meanwhile implements Interceptor {
    @Override
    public void before(BasicBuilder builder, HttpRequest request, RequestTags tags) {
      if (request.method().equals("DELETE")) {
        beforeDeletion.run();
      }
    }
  }

  private List<String> deleteForeignReport() {
    try (BoundedCalls calls = TestCluster.calls(1)) {
      return new NodeWriter(client, calls, Clock.systemUTC())
          .deleteForeign(
              new NodeChores(List.of(), List.of(node), List.of(), List.of(), List.of(), List.of()))
          .failures();
    }
  }

  private List<String> owners() {
    return admin.resources(NodeReport.class).list().getItems().stream()
        .map(ReportStore::owner)
        .toList();
  }

  private void replaceReport() {
    admin.resources(NodeReport.class).withName(node.name()).delete();
    admin.resource(NodeWriter.reportOf(node)).create();
  }

  @Test
  void theReportOfTheNodeBeforeGoes() {
    assertThat(deleteForeignReport()).isEmpty();

    assertThat(owners()).isEmpty();
  }

  @Test
  void aReportThatIsOfTheNodeByNowStays() {
    replaceReport();

    assertThat(deleteForeignReport()).isEmpty();

    assertThat(owners()).containsExactly(node.uid());
  }

  @Test
  void aReportThatIsMadeWhileTheOneBeforeIsDeletedStays() {
    beforeDeletion = this::replaceReport;

    assertThat(deleteForeignReport()).isEmpty();

    assertThat(owners()).containsExactly(node.uid());
  }
}
