package dev.tweed.agent.cluster;

import com.fasterxml.jackson.core.JsonParser;
import dev.tweed.agent.api.ApiJson;
import dev.tweed.agent.api.ObjectMeta;
import dev.tweed.agent.api.ObjectReader;
import java.io.IOException;
import java.util.Map;
import java.util.OptionalInt;

/** Reads Node objects, of which there is little to keep. What is not as it should be is absent. */
final class NodeReader implements ObjectReader<NodeRecord> {

  /** A condition of the CRI's RuntimeStatus, as pkg/kubelet/container/runtime.go writes it. */
  private static final String NETWORK_NOT_READY = "NetworkReady=false";

  /** Whose machines have no metadata service: distributions, and machines of one's own. */
  private static final String NO_CLOUD = "(kind|k3s|rke2|metal3|vsphere)://.*";

  private static final int PORT_MAX = 65_535;

  @Override
  public Fields<NodeRecord> begin() {
    return new Node();
  }

  private static final class Node implements Fields<NodeRecord> {
    private OptionalInt kubeletPort = OptionalInt.empty();
    private boolean cloud;
    private boolean withoutNetwork;

    @Override
    public void field(String name, JsonParser value) throws IOException {
      switch (name) {
        case "status" ->
            ApiJson.fields(
                value,
                (field, in) -> {
                  switch (field) {
                    case "daemonEndpoints" ->
                        ApiJson.field(
                            in, "kubeletEndpoint", at -> ApiJson.field(at, "Port", this::port));
                    case "conditions" -> ApiJson.elements(in, this::condition);
                    default -> in.skipChildren();
                  }
                });
        case "spec" -> ApiJson.field(value, "providerID", this::provider);
        default -> value.skipChildren();
      }
    }

    @Override
    public NodeRecord of(ObjectMeta meta) {
      return new NodeRecord(
          meta.name(), meta.uid(), meta.labels(), kubeletPort, cloud, withoutNetwork);
    }

    private void provider(JsonParser value) throws IOException {
      String id = ApiJson.text(value);
      cloud = id != null && !id.isEmpty() && !id.matches(NO_CLOUD);
    }

    private void port(JsonParser value) throws IOException {
      int port = ApiJson.integer(value);
      kubeletPort = port > 0 && port <= PORT_MAX ? OptionalInt.of(port) : OptionalInt.empty();
    }

    private void condition(JsonParser value) throws IOException {
      Map<String, String> condition = ApiJson.texts(value);
      withoutNetwork |=
          "Ready".equals(condition.get("type"))
              && "False".equals(condition.get("status"))
              && condition.getOrDefault("message", "").contains(NETWORK_NOT_READY);
    }
  }
}
