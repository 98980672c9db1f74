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
    try (HttpAnswer answer = send(ApiRequest.get(target(REPORTS, nodeName)))) {
      JsonParser json = ApiJson.mapper().getFactory().createParser(answer.body());
      JsonNode status = ApiJson.mapper().<JsonNode>readTree(json).path("status");
      answer.finish();
      return status.isObject()
          ? Optional.of(ApiJson.mapper().treeToValue(status, NodeReportStatus.class))
          : Optional.empty();
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
