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
import dev.tweed.crds.TweedApi;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.HttpURLConnection;
import java.time.Duration;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes by server-side apply to the status subresource, as field manager tweed-node.
 *
 * <p>Each write says which version of the report it is to follow. So one that had no answer, and is
 * carried out when a later one has been, is refused instead of bringing back what is over: the
 * daemon would never learn of it. Used by one thread.
 */
public final class ServerSideStatusApi implements StatusApi {

  private static final Logger LOG = LoggerFactory.getLogger(ServerSideStatusApi.class);

  private static final Duration LIMIT = Duration.ofSeconds(15);

  private final ApiRequests requests;
  private final String nodeName;
  private final String target;

  /** Version of the report as it was last seen. */
  private Optional<String> seen = Optional.empty();

  /**
   * @param requests of this alone
   * @param nodeName name of this node and so of its report
   */
  public ServerSideStatusApi(ApiRequests requests, String nodeName) {
    this.requests = requests;
    this.nodeName = nodeName;
    this.target = WatchedKinds.TWEED + "nodereports/" + ApiRequest.encode(nodeName);
  }

  @Override
  public Optional<NodeReportStatus> report() {
    try {
      Optional<JsonNode> status = look().map(o -> o.path("status")).filter(JsonNode::isObject);
      return status.isPresent()
          ? Optional.of(ApiJson.mapper().treeToValue(status.get(), NodeReportStatus.class))
          : Optional.empty();
    } catch (ApiRefusedException e) {
      throw refused(e);
    } catch (JsonProcessingException e) {
      // As another version wrote it. It is replaced, since nobody else ever would.
      LOG.warn("the status of {} cannot be read: {}", what(), e.getOriginalMessage());
      return Optional.empty();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public boolean reportWasWritten() {
    // Version 0: from the API server's cache, however old.
    try (HttpAnswer answer = send(ApiRequest.metadata(target + "?resourceVersion=0"))) {
      return !Optional.of(version(object(answer))).equals(seen);
    } catch (ApiRefusedException e) {
      if (e.isNotFound()) {
        return seen.isPresent();
      }
      throw refused(e);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public boolean applyReportStatus(NodeReportStatus status) {
    ObjectNode object = ApiJson.mapper().createObjectNode();
    object.put("apiVersion", TweedApi.GROUP + "/" + TweedApi.VERSION);
    object.put("kind", "NodeReport");
    ObjectNode metadata = object.putObject("metadata").put("name", nodeName);
    object.set("status", ApiJson.mapper().valueToTree(status));
    try {
      if (seen.isEmpty() && look().isEmpty()) {
        return false;
      }
      try {
        apply(object, metadata);
      } catch (ApiRefusedException e) {
        if (e.code() != HttpURLConnection.HTTP_CONFLICT) {
          throw e;
        }
        // Somebody has written it, maybe this daemon by a request that had no answer.
        if (look().isEmpty()) {
          return false;
        }
        apply(object, metadata);
      }
      return true;
    } catch (ApiRefusedException e) {
      if (e.isNotFound()) {
        seen = Optional.empty();
        return false;
      }
      throw refused(e);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void apply(ObjectNode object, ObjectNode metadata) throws IOException {
    metadata.put("resourceVersion", seen.orElseThrow());
    byte[] body = ApiJson.mapper().writeValueAsBytes(object);
    exchange(ApiRequest.apply(target + "/status?fieldManager=tweed-node&force=true", body));
  }

  /** The report as it is; empty if there is none. */
  private Optional<JsonNode> look() throws IOException {
    try {
      return Optional.of(exchange(ApiRequest.get(target)));
    } catch (ApiRefusedException e) {
      if (e.isNotFound()) {
        seen = Optional.empty();
        return Optional.empty();
      }
      throw e;
    }
  }

  /** Sends a request and keeps the version of the report that came. */
  private JsonNode exchange(ApiRequest request) throws IOException {
    try (HttpAnswer answer = send(request)) {
      JsonNode object = object(answer);
      seen = Optional.of(version(object));
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

  private StatusRefusedException refused(ApiRefusedException e) {
    return new StatusRefusedException(what(), e);
  }

  private String what() {
    return "NodeReport/" + nodeName;
  }
}
