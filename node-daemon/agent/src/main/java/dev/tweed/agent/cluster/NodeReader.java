package dev.tweed.agent.cluster;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import dev.tweed.agent.api.ApiJson;
import dev.tweed.agent.api.ObjectMeta;
import dev.tweed.agent.api.ObjectReader;
import java.io.IOException;
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
      if (name.equals("status") && value.currentToken() == JsonToken.START_OBJECT) {
        while (value.nextToken() != JsonToken.END_OBJECT) {
          String field = value.currentName();
          value.nextToken();
          switch (field) {
            case "daemonEndpoints" -> port(value, "kubeletEndpoint");
            case "conditions" -> conditions(value);
            default -> value.skipChildren();
          }
        }
      } else if (name.equals("spec") && value.currentToken() == JsonToken.START_OBJECT) {
        while (value.nextToken() != JsonToken.END_OBJECT) {
          boolean provider = value.currentName().equals("providerID");
          value.nextToken();
          if (provider) {
            String id = ApiJson.text(value);
            cloud = id != null && !id.isEmpty() && !id.matches(NO_CLOUD);
          } else {
            value.skipChildren();
          }
        }
      } else {
        value.skipChildren();
      }
    }

    @Override
    public NodeRecord of(ObjectMeta meta) {
      return new NodeRecord(
          meta.name(), meta.uid(), meta.labels(), kubeletPort, cloud, withoutNetwork);
    }

    /** {@code {"kubeletEndpoint": {"Port": 10250}}}. */
    private void port(JsonParser value, String wanted) throws IOException {
      if (value.currentToken() != JsonToken.START_OBJECT) {
        value.skipChildren();
        return;
      }
      while (value.nextToken() != JsonToken.END_OBJECT) {
        boolean found = value.currentName().equals(wanted);
        value.nextToken();
        if (!found) {
          value.skipChildren();
        } else if (wanted.equals("Port")) {
          int port = ApiJson.integer(value);
          kubeletPort = port > 0 && port <= PORT_MAX ? OptionalInt.of(port) : OptionalInt.empty();
        } else {
          port(value, "Port");
        }
      }
    }

    private void conditions(JsonParser value) throws IOException {
      if (value.currentToken() != JsonToken.START_ARRAY) {
        value.skipChildren();
        return;
      }
      while (value.nextToken() != JsonToken.END_ARRAY) {
        if (value.currentToken() == JsonToken.START_OBJECT) {
          withoutNetwork |= isNetworkNotReady(value);
        } else {
          value.skipChildren();
        }
      }
    }

    private static boolean isNetworkNotReady(JsonParser value) throws IOException {
      String type = null;
      String status = null;
      String message = null;
      while (value.nextToken() != JsonToken.END_OBJECT) {
        String field = value.currentName();
        value.nextToken();
        switch (field) {
          case "type" -> type = ApiJson.text(value);
          case "status" -> status = ApiJson.text(value);
          case "message" -> message = ApiJson.text(value);
          default -> value.skipChildren();
        }
      }
      return "Ready".equals(type)
          && "False".equals(status)
          && message != null
          && message.contains(NETWORK_NOT_READY);
    }
  }
}
