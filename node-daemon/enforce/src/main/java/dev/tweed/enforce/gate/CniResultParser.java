package dev.tweed.enforce.gate;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import dev.tweed.ip.IpAddress;
import dev.tweed.ip.IpPrefix;
import dev.tweed.netlink.MacAddress;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Reads a file of libcni's cache ({@code kind: cniCacheV1}, {@code cachedInfo} of libcni/api.go):
 * the container, the pod's UID, namespace and name, its addresses, the devices on the host's side,
 * and the ports asked for. All annotations of the pod are in there, too; they are skipped, and
 * neither kept nor logged.
 */
final class CniResultParser {

  private static final JsonFactory JSON =
      JsonFactory.builder().disable(JsonFactory.Feature.CANONICALIZE_FIELD_NAMES).build();

  private final Map<String, String> arguments = new HashMap<>();
  private final Set<IpAddress> addresses = new HashSet<>();
  private final List<CniResult.HostInterface> interfaces = new ArrayList<>();
  private final List<String> podMacs = new ArrayList<>();
  private final List<CniResult.PortMapping> portMappings = new ArrayList<>();
  private String container = "";

  private CniResultParser() {}

  /** The result; empty if it has no address, or is cut off. */
  static Optional<CniResult> parse(byte[] file) {
    CniResultParser parser = new CniResultParser();
    try (JsonParser json = JSON.createParser(file)) {
      if (json.nextToken() != JsonToken.START_OBJECT) {
        return Optional.empty();
      }
      while (next(json, JsonToken.END_OBJECT)) {
        String field = json.currentName();
        json.nextToken();
        switch (field) {
          case "cniArgs" -> parser.arguments(json);
          case "result" -> parser.result(json);
          case "containerId" -> parser.container = text(json).orElse("");
          case "capabilityArgs" -> parser.capabilities(json);
          default -> json.skipChildren();
        }
      }
    } catch (IOException | IllegalArgumentException e) {
      return Optional.empty();
    }
    return parser.result();
  }

  private Optional<CniResult> result() {
    return addresses.isEmpty()
        ? Optional.empty()
        : Optional.of(
            new CniResult(
                container,
                arguments.getOrDefault("K8S_POD_UID", ""),
                arguments.getOrDefault("K8S_POD_NAMESPACE", ""),
                arguments.getOrDefault("K8S_POD_NAME", ""),
                addresses,
                interfaces,
                mac(),
                portMappings));
  }

  private Optional<MacAddress> mac() {
    return podMacs.size() == 1 ? MacAddress.tryParse(podMacs.getFirst()) : Optional.empty();
  }

  /** Goes to the next token; whether that is before the end. A file that is cut off has no end. */
  private static boolean next(JsonParser json, JsonToken end) throws IOException {
    JsonToken token = json.nextToken();
    if (token == null) {
      throw new IOException("it is cut off");
    }
    return token != end;
  }

  private static boolean isNone(JsonParser json, JsonToken begin) throws IOException {
    if (json.currentToken() == begin) {
      return false;
    }
    json.skipChildren();
    return true;
  }

  /** A list of pairs. */
  private void arguments(JsonParser json) throws IOException {
    if (isNone(json, JsonToken.START_ARRAY)) {
      return;
    }
    while (next(json, JsonToken.END_ARRAY)) {
      if (isNone(json, JsonToken.START_ARRAY)) {
        continue;
      }
      List<String> pair = new ArrayList<>();
      while (next(json, JsonToken.END_ARRAY)) {
        text(json).ifPresent(pair::add);
      }
      if (pair.size() == 2 && pair.getFirst().startsWith("K8S_POD_")) {
        arguments.put(pair.get(0), pair.get(1));
      }
    }
  }

  private void result(JsonParser json) throws IOException {
    if (isNone(json, JsonToken.START_OBJECT)) {
      return;
    }
    while (next(json, JsonToken.END_OBJECT)) {
      String field = json.currentName();
      json.nextToken();
      switch (field) {
        case "interfaces" -> objects(json, this::device);
        case "ips" -> objects(json, this::address);
        default -> json.skipChildren();
      }
    }
  }

  private void capabilities(JsonParser json) throws IOException {
    if (isNone(json, JsonToken.START_OBJECT)) {
      return;
    }
    while (next(json, JsonToken.END_OBJECT)) {
      boolean ports = json.currentName().equals("portMappings");
      json.nextToken();
      if (ports) {
        objects(json, this::portMapping);
      } else {
        json.skipChildren();
      }
    }
  }

  private interface Fields {
    void take(Map<String, String> fields);
  }

  /** A list of objects, of each the members that are text or numbers. */
  private static void objects(JsonParser json, Fields each) throws IOException {
    if (isNone(json, JsonToken.START_ARRAY)) {
      return;
    }
    while (next(json, JsonToken.END_ARRAY)) {
      if (isNone(json, JsonToken.START_OBJECT)) {
        continue;
      }
      Map<String, String> fields = new HashMap<>();
      while (next(json, JsonToken.END_OBJECT)) {
        String field = json.currentName();
        json.nextToken();
        text(json).ifPresent(value -> fields.put(field, value));
      }
      each.take(fields);
    }
  }

  private void device(Map<String, String> fields) {
    if (!fields.getOrDefault("sandbox", "").isEmpty()) {
      podMacs.add(fields.getOrDefault("mac", ""));
    } else if (fields.containsKey("name") && fields.containsKey("mac")) {
      interfaces.add(
          new CniResult.HostInterface(
              fields.get("name"), fields.get("mac").toLowerCase(Locale.ROOT)));
    }
  }

  private void portMapping(Map<String, String> fields) {
    portMappings.add(
        new CniResult.PortMapping(
            fields.getOrDefault("hostPort", ""),
            fields.getOrDefault("containerPort", ""),
            fields.getOrDefault("protocol", ""),
            fields.getOrDefault("hostIP", "")));
  }

  private void address(Map<String, String> fields) {
    IpPrefix.tryParse(fields.getOrDefault("address", ""))
        .map(IpPrefix::address)
        .ifPresent(addresses::add);
  }

  private static Optional<String> text(JsonParser json) throws IOException {
    if (json.currentToken() == JsonToken.VALUE_STRING
        || json.currentToken() == JsonToken.VALUE_NUMBER_INT) {
      return Optional.of(json.getText());
    }
    json.skipChildren();
    return Optional.empty();
  }
}
