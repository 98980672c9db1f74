package dev.tweed.agent.cluster;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tweed.agent.api.ApiJson;
import dev.tweed.agent.api.ApiRefusedException;
import dev.tweed.agent.api.ApiRequest;
import dev.tweed.agent.api.ApiRequests;
import dev.tweed.agent.api.HttpAnswer;
import dev.tweed.crds.NodeReportStatus;
import dev.tweed.crds.NodeSubnetStatus;
import dev.tweed.crds.TweedApi;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.HttpURLConnection;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes by server-side apply to the status subresource, as field manager tweed-node.
 *
 * <p>Each write says which version of the object it is to follow. So one that had no answer, and is
 * carried out when a later one has been, is refused instead of bringing back what is over: the
 * daemon would never learn of it. Used by one thread.
 */
public final class ServerSideStatusApi implements StatusApi {

  private static final Logger LOG = LoggerFactory.getLogger(ServerSideStatusApi.class);

  private static final Duration LIMIT = Duration.ofSeconds(15);
  private static final String REPORTS = "nodereports";

  private final ApiRequests requests;
  private final String nodeName;

  /** Versions of the objects as they were last seen, by target. */
  private final Map<String, String> versions = new HashMap<>();

  /**
   * @param requests of this alone
   * @param nodeName name of this node and so of its report
   */
  public ServerSideStatusApi(ApiRequests requests, String nodeName) {
    this.requests = requests;
    this.nodeName = nodeName;
  }

  @Override
  public boolean applySubnetStatus(String name, NodeSubnetStatus status) {
    return apply("nodesubnets", "NodeSubnet", name, status);
  }

  @Override
  public boolean applyReportStatus(NodeReportStatus status) {
    return apply(REPORTS, "NodeReport", nodeName, status);
  }

  @Override
  public Optional<NodeReportStatus> report() {
    String what = what("NodeReport", nodeName);
    try {
      Optional<JsonNode> status =
          look(target(REPORTS, nodeName)).map(o -> o.path("status")).filter(JsonNode::isObject);
      return status.isPresent()
          ? Optional.of(ApiJson.mapper().treeToValue(status.get(), NodeReportStatus.class))
          : Optional.empty();
    } catch (ApiRefusedException e) {
      throw new StatusRefusedException(what, e);
    } catch (JsonProcessingException e) {
      // As another version wrote it. It is replaced, since nobody else ever would.
      LOG.warn("the status of {} cannot be read: {}", what, e.getOriginalMessage());
      return Optional.empty();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public boolean reportWasWritten() {
    String target = target(REPORTS, nodeName);
    // Version 0: from the API server's cache, however old.
    try (HttpAnswer answer = send(ApiRequest.metadata(target + "?resourceVersion=0"))) {
      return !version(object(answer)).equals(versions.get(target));
    } catch (ApiRefusedException e) {
      if (e.isNotFound()) {
        return versions.containsKey(target);
      }
      throw new StatusRefusedException(what("NodeReport", nodeName), e);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private boolean apply(String kinds, String kind, String name, Object status) {
    String target = target(kinds, name);
    ObjectNode object = ApiJson.mapper().createObjectNode();
    object.put("apiVersion", TweedApi.GROUP + "/" + TweedApi.VERSION);
    object.put("kind", kind);
    ObjectNode metadata = object.putObject("metadata").put("name", name);
    object.set("status", ApiJson.mapper().valueToTree(status));
    try {
      if (!versions.containsKey(target) && look(target).isEmpty()) {
        return false;
      }
      try {
        apply(target, object, metadata);
      } catch (ApiRefusedException e) {
        if (e.code() != HttpURLConnection.HTTP_CONFLICT) {
          throw e;
        }
        // Somebody has written it, maybe this daemon by a request that had no answer.
        if (look(target).isEmpty()) {
          return false;
        }
        apply(target, object, metadata);
      }
      return true;
    } catch (ApiRefusedException e) {
      if (e.isNotFound()) {
        versions.remove(target);
        return false;
      }
      throw new StatusRefusedException(what(kind, name), e);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void apply(String target, ObjectNode object, ObjectNode metadata) throws IOException {
    metadata.put("resourceVersion", versions.get(target));
    byte[] body = ApiJson.mapper().writeValueAsBytes(object);
    exchange(target, ApiRequest.apply(target + "/status?fieldManager=tweed-node&force=true", body));
  }

  /** The object as it is; empty if there is none. */
  private Optional<JsonNode> look(String target) throws IOException {
    try {
      return Optional.of(exchange(target, ApiRequest.get(target)));
    } catch (ApiRefusedException e) {
      if (e.isNotFound()) {
        versions.remove(target);
        return Optional.empty();
      }
      throw e;
    }
  }

  /** Sends a request and keeps the version of the object that came. */
  private JsonNode exchange(String target, ApiRequest request) throws IOException {
    try (HttpAnswer answer = send(request)) {
      JsonNode object = object(answer);
      versions.put(target, version(object));
      return object;
    }
  }

  private HttpAnswer send(ApiRequest request) throws IOException {
    return ApiRefusedException.require(requests.send(request, LIMIT));
  }

  /** The object of an answer; what answers with anything else has not understood the request. */
  private static JsonNode object(HttpAnswer answer) throws IOException {
    JsonNode object;
    try {
      object = ApiJson.mapper().readTree(ApiJson.mapper().getFactory().createParser(answer.body()));
    } catch (JsonProcessingException e) {
      throw new IOException("what came is no object: " + e.getOriginalMessage());
    }
    if (object == null || version(object).isEmpty()) {
      throw new IOException("what came is no object");
    }
    answer.finish();
    return object;
  }

  private static String version(JsonNode object) {
    return object.at("/metadata/resourceVersion").asText("");
  }

  private static String what(String kind, String name) {
    return kind + "/" + name;
  }

  private static String target(String kinds, String name) {
    return WatchedKinds.TWEED + kinds + "/" + ApiRequest.encode(name);
  }
}
