package dev.tweed.agent.cluster;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tweed.agent.api.ApiJson;
import dev.tweed.agent.api.ApiRefusedException;
import dev.tweed.agent.api.ApiRequest;
import dev.tweed.agent.api.ApiRequests;
import dev.tweed.agent.api.HttpAnswer;
import dev.tweed.crds.NodePolicyStatus;
import dev.tweed.crds.TweedApi;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;

/**
 * Writes the status of this node's NodePolicy by server-side apply, as field manager tweed-node.
 * Used by one thread.
 */
public final class NodePolicyStatusApi {

  private static final Duration LIMIT = Duration.ofSeconds(15);

  private final ApiRequests requests;
  private final String nodeName;
  private final String target;

  NodePolicyStatusApi(ApiRequests requests, String nodeName) {
    this.requests = requests;
    this.nodeName = nodeName;
    this.target =
        WatchedKinds.TWEED
            + "nodepolicies/"
            + ApiRequest.encode(nodeName)
            + "/status?fieldManager=tweed-node&force=true";
  }

  /**
   * Applies the status; false if there is no NodePolicy.
   *
   * @throws StatusRefusedException if the API server does not want it
   * @throws UncheckedIOException if there is no whole answer
   */
  public boolean apply(NodePolicyStatus status) {
    ObjectNode object = ApiJson.mapper().createObjectNode();
    object.put("apiVersion", TweedApi.GROUP + "/" + TweedApi.VERSION);
    object.put("kind", "NodePolicy");
    object.putObject("metadata").put("name", nodeName);
    object.set("status", ApiJson.mapper().valueToTree(status));
    try (HttpAnswer answer =
        ApiRefusedException.require(
            requests.send(
                ApiRequest.apply(target, ApiJson.mapper().writeValueAsBytes(object)), LIMIT))) {
      answer.body().skip(Long.MAX_VALUE);
      answer.finish();
      return true;
    } catch (ApiRefusedException e) {
      if (e.isNotFound()) {
        return false;
      }
      throw new StatusRefusedException("NodePolicy/" + nodeName, e);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
