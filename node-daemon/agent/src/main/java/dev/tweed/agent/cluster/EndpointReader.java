package dev.tweed.agent.cluster;

import com.fasterxml.jackson.core.JsonParser;
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
        case "endpoints" -> ApiJson.elements(value, this::endpoint);
        case "ports" -> ApiJson.elements(value, this::port);
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

    private void endpoint(JsonParser json) throws IOException {
      ApiJson.field(json, "addresses", all -> ApiJson.elements(all, this::address));
    }

    private void address(JsonParser json) throws IOException {
      String address = ApiJson.text(json);
      if (address != null && addresses.size() < READ_MAX) {
        addresses.add(address);
      }
    }

    private void port(JsonParser json) throws IOException {
      Port port = new Port();
      ApiJson.fields(json, port);
      if (port.protocol != null && !port.protocol.equals("TCP")) {
        return;
      }
      if ("https".equals(port.name) && https == 0) {
        https = port.number;
      } else if (anyPort == 0) {
        anyPort = port.number;
      }
    }
  }

  private static final class Port implements ApiJson.FieldTaker {
    private String name;
    private String protocol;
    private int number;

    @Override
    public void take(String field, JsonParser value) throws IOException {
      switch (field) {
        case "name" -> name = ApiJson.text(value);
        case "protocol" -> protocol = ApiJson.text(value);
        case "port" -> number = ApiJson.integer(value);
        default -> value.skipChildren();
      }
    }
  }
}
