package dev.tweed.agent.cluster;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import dev.tweed.agent.api.ApiJson;
import dev.tweed.agent.api.LearnedAddresses;
import dev.tweed.agent.api.ObjectMeta;
import dev.tweed.agent.api.ObjectReader;
import dev.tweed.agent.api.ServerEndpoint;
import java.io.IOException;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Reads EndpointSlices (discovery.k8s.io/v1) of the API server. What is not as it should be is left
 * out.
 */
final class EndpointReader implements ObjectReader<EndpointRecord> {

  /** Before what is too many is left out; addresses may be refused yet. */
  private static final int READ_MAX = 10 * LearnedAddresses.ENDPOINTS_MAX;

  @Override
  public Fields<EndpointRecord> begin() {
    return new Slice();
  }

  private static final class Slice implements Fields<EndpointRecord> {
    private final Set<String> addresses = new LinkedHashSet<>();
    private int anyPort;
    private int https;

    @Override
    public void field(String name, JsonParser value) throws IOException {
      switch (name) {
        case "endpoints" -> each(value, this::endpoint);
        case "ports" -> each(value, this::port);
        default -> value.skipChildren();
      }
    }

    @Override
    public EndpointRecord of(ObjectMeta meta) {
      int port = https != 0 ? https : anyPort;
      List<ServerEndpoint> endpoints =
          addresses.stream()
              .map(address -> ServerEndpoint.of(address, port))
              .flatMap(Optional::stream)
              .distinct()
              .limit(LearnedAddresses.ENDPOINTS_MAX)
              .toList();
      return new EndpointRecord(meta.name(), endpoints);
    }

    private interface Element {
      /** At the element's first token, which begins an object; leaves it at its last. */
      void read(JsonParser json) throws IOException;
    }

    private static void each(JsonParser json, Element element) throws IOException {
      if (json.currentToken() != JsonToken.START_ARRAY) {
        json.skipChildren();
        return;
      }
      while (json.nextToken() != JsonToken.END_ARRAY) {
        if (json.currentToken() == JsonToken.START_OBJECT) {
          element.read(json);
        } else {
          json.skipChildren();
        }
      }
    }

    private void endpoint(JsonParser json) throws IOException {
      while (json.nextToken() != JsonToken.END_OBJECT) {
        boolean wanted = json.currentName().equals("addresses");
        json.nextToken();
        if (!wanted || json.currentToken() != JsonToken.START_ARRAY) {
          json.skipChildren();
          continue;
        }
        while (json.nextToken() != JsonToken.END_ARRAY) {
          String address = ApiJson.text(json);
          if (address != null && addresses.size() < READ_MAX) {
            addresses.add(address);
          }
        }
      }
    }

    private void port(JsonParser json) throws IOException {
      String name = null;
      String protocol = null;
      int port = 0;
      while (json.nextToken() != JsonToken.END_OBJECT) {
        String field = json.currentName();
        json.nextToken();
        switch (field) {
          case "name" -> name = ApiJson.text(json);
          case "protocol" -> protocol = ApiJson.text(json);
          case "port" -> port = ApiJson.integer(json);
          default -> json.skipChildren();
        }
      }
      if (protocol != null && !protocol.equals("TCP")) {
        return;
      }
      if ("https".equals(name) && https == 0) {
        https = port;
      } else if (anyPort == 0) {
        anyPort = port;
      }
    }
  }
}
