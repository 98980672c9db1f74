package dev.tweed.agent.cluster;

import dev.tweed.crds.NodeReport;
import dev.tweed.crds.NodeReportStatus;
import dev.tweed.crds.NodeSubnet;
import dev.tweed.crds.NodeSubnetStatus;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.net.HttpURLConnection;
import java.util.Optional;
import java.util.function.Supplier;

/** Writes by server-side apply to the status subresource, as field manager tweed-node. */
public final class ServerSideStatusApi implements StatusApi {

  private static final PatchContext APPLY =
      new PatchContext.Builder()
          .withPatchType(PatchType.SERVER_SIDE_APPLY)
          .withFieldManager("tweed-node")
          .withForce(true)
          .build();

  private final Supplier<KubernetesClient> client;
  private final String nodeName;

  /**
   * @param client asked for each write; stays the caller's to close
   * @param nodeName name of this node and so of its report
   */
  public ServerSideStatusApi(Supplier<KubernetesClient> client, String nodeName) {
    this.client = client;
    this.nodeName = nodeName;
  }

  @Override
  public boolean applySubnetStatus(String name, NodeSubnetStatus status) {
    NodeSubnet subnet = new NodeSubnet();
    subnet.setMetadata(new ObjectMetaBuilder().withName(name).build());
    subnet.setStatus(status);
    return found(
        () ->
            client
                .get()
                .resources(NodeSubnet.class)
                .withName(name)
                .subresource("status")
                .patch(APPLY, subnet));
  }

  @Override
  public boolean applyReportStatus(NodeReportStatus status) {
    NodeReport report = new NodeReport();
    report.setMetadata(new ObjectMetaBuilder().withName(nodeName).build());
    report.setStatus(status);
    return found(
        () ->
            client
                .get()
                .resources(NodeReport.class)
                .withName(nodeName)
                .subresource("status")
                .patch(APPLY, report));
  }

  @Override
  public Optional<NodeReportStatus> report() {
    return Optional.ofNullable(client.get().resources(NodeReport.class).withName(nodeName).get())
        .map(NodeReport::getStatus);
  }

  private static boolean found(Runnable write) {
    try {
      write.run();
      return true;
    } catch (KubernetesClientException e) {
      if (e.getCode() == HttpURLConnection.HTTP_NOT_FOUND) {
        return false;
      }
      throw e;
    }
  }
}
