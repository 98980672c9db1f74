package dev.tweed.crds.testing;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** What an API server was asked for, by whom, and how that ended: its audit log. */
public final class AuditLog {

  /** Of those whose rights are tested, each request and nothing of what is in it. */
  static final String POLICY =
      """
      apiVersion: audit.k8s.io/v1
      kind: Policy
      omitStages: [RequestReceived]
      rules:
      - level: Metadata
        userGroups: ["system:serviceaccounts:tweed-system"]
      - level: None
      """;

  private static final JsonMapper JSON = JsonMapper.builder().build();

  private final Path file;
  private final int from;

  private AuditLog(Path file, int from) {
    this.file = file;
    this.from = from;
  }

  static AuditLog fromNow(Path file) {
    return new AuditLog(file, read(file).length);
  }

  /**
   * A request for a resource.
   *
   * @param resource with its subresource, as RBAC has it
   * @param name empty for a list of all
   * @param code of the answer
   */
  public record Request(
      String verb, String group, String resource, String namespace, String name, int code) {

    /** Whether RBAC or an admission policy said no. */
    public boolean isRefused() {
      return code == 401 || code == 403;
    }

    /** Whether it made the object, which an apply does the first time. */
    public boolean created() {
      return code == 201;
    }
  }

  /** The requests of a ServiceAccount so far; watches from their beginning. */
  public List<Request> of(String serviceAccount) {
    String user = "system:serviceaccount:tweed-system:" + serviceAccount;
    byte[] all = read(file);
    String text = new String(Arrays.copyOfRange(all, from, all.length), StandardCharsets.UTF_8);
    List<Request> requests = new ArrayList<>();
    // A last line without an end is being written.
    for (String line : text.substring(0, text.lastIndexOf('\n') + 1).split("\n")) {
      if (!line.isEmpty()) {
        JsonNode event = parse(line);
        if (user.equals(event.at("/user/username").asText()) && event.has("objectRef")) {
          requests.add(request(event));
        }
      }
    }
    return requests;
  }

  private static Request request(JsonNode event) {
    JsonNode object = event.get("objectRef");
    String subresource = object.path("subresource").asText("");
    return new Request(
        event.path("verb").asText(),
        object.path("apiGroup").asText(""),
        object.path("resource").asText() + (subresource.isEmpty() ? "" : "/" + subresource),
        object.path("namespace").asText(""),
        object.path("name").asText(""),
        event.at("/responseStatus/code").asInt());
  }

  private static JsonNode parse(String line) {
    try {
      return JSON.readTree(line);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static byte[] read(Path file) {
    try {
      return Files.exists(file) ? Files.readAllBytes(file) : new byte[0];
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
