package dev.tweed.agent.cluster;

import com.fasterxml.jackson.core.JsonParser;
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
import java.time.Duration;
import java.util.Optional;

/** Writes by server-side apply to the status subresource, as field manager tweed-node. */
public final class ServerSideStatusApi implements StatusApi {

  private static final Duration LIMIT = Duration.ofSeconds(15);
  private static final String REPORTS = "nodereports";

  private final ApiRequests requests;
  private final String nodeName;

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
    return get(ApiRequest.get(target(REPORTS, nodeName)))
        .map(report -> report.path("status"))
        .filter(JsonNode::isObject)
        .map(ServerSideStatusApi::status);
  }

  @Override
  public Optional<String> reportVersion() {
    // Version 0: from the API server's cache, however old.
    return get(ApiRequest.metadata(target(REPORTS, nodeName) + "?resourceVersion=0"))
        .map(report -> report.path("metadata").path("resourceVersion").asText());
  }

  private static NodeReportStatus status(JsonNode json) {
    try {
      return ApiJson.mapper().treeToValue(json, NodeReportStatus.class);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private Optional<JsonNode> get(ApiRequest request) {
    try (HttpAnswer answer = send(request)) {
      JsonParser json = ApiJson.mapper().getFactory().createParser(answer.body());
      JsonNode object = ApiJson.mapper().readTree(json);
      answer.finish();
      return Optional.of(object);
    } catch (ApiRefusedException e) {
      if (e.isNotFound()) {
        return Optional.empty();
      }
      throw new UncheckedIOException(e);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private boolean apply(String kinds, String kind, String name, Object status) {
    ObjectNode object = ApiJson.mapper().createObjectNode();
    object.put("apiVersion", TweedApi.GROUP + "/" + TweedApi.VERSION);
    object.put("kind", kind);
    object.putObject("metadata").put("name", name);
    object.set("status", ApiJson.mapper().valueToTree(status));
    String target = target(kinds, name) + "/status?fieldManager=tweed-node&force=true";
    try (HttpAnswer answer =
        send(ApiRequest.apply(target, ApiJson.mapper().writeValueAsBytes(object)))) {
      answer.finish();
      return true;
    } catch (ApiRefusedException e) {
      if (e.isNotFound()) {
        return false;
      }
      throw new UncheckedIOException(e);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private HttpAnswer send(ApiRequest request) throws IOException {
    return ApiRefusedException.require(requests.send(request, LIMIT));
  }

  private static String target(String kinds, String name) {
    return WatchedKinds.TWEED + kinds + "/" + ApiRequest.encode(name);
  }
}
