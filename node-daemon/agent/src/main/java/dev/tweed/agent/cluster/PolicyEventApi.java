package dev.tweed.agent.cluster;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tweed.agent.api.ApiChannel;
import dev.tweed.agent.api.ApiClient;
import dev.tweed.agent.api.ApiJson;
import dev.tweed.agent.api.ApiRefusedException;
import dev.tweed.agent.api.ApiRequest;
import dev.tweed.agent.api.HttpAnswer;
import dev.tweed.crds.TweedApi;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.UUID;

/**
 * Writes Events about FirewallPolicies by server-side apply, as field manager tweed-node: one
 * object for each policy and node, which says something else the next time. By a connection that is
 * there only meanwhile.
 */
public final class PolicyEventApi {

  private static final Duration LIMIT = Duration.ofSeconds(15);

  /** Where Events about objects without a namespace are. */
  private static final String EVENTS = "/api/v1/namespaces/default/events/";

  private static final String COMPONENT = "tweed.dev/node";

  private final ApiClient client;
  private final String nodeName;

  PolicyEventApi(ApiClient client, String nodeName) {
    this.client = client;
    this.nodeName = nodeName;
  }

  /**
   * Makes the Event, or changes the one that is there.
   *
   * @throws ApiRefusedException if the API server does not want it
   * @throws IOException if there is no whole answer
   */
  public void apply(PolicyEvent event) throws IOException {
    String name = name(event);
    ApiRequest request =
        ApiRequest.apply(
            EVENTS + name + "?fieldManager=tweed-node&force=true",
            ApiJson.mapper().writeValueAsBytes(object(event, name)));
    ApiChannel channel = client.channel();
    try (HttpAnswer answer = ApiRefusedException.require(channel.send(request, LIMIT))) {
      answer.finish();
    } finally {
      client.release(channel);
    }
  }

  /** Neither of both names need fit into that of an Event. */
  private String name(PolicyEvent event) {
    byte[] whose = (nodeName + "/" + event.uid()).getBytes(StandardCharsets.UTF_8);
    return "tweed-packets-" + UUID.nameUUIDFromBytes(whose);
  }

  private ObjectNode object(PolicyEvent event, String name) {
    ObjectNode object = ApiJson.mapper().createObjectNode();
    object.put("apiVersion", "v1").put("kind", "Event");
    object.putObject("metadata").put("name", name);
    object
        .putObject("involvedObject")
        .put("apiVersion", TweedApi.GROUP + "/" + TweedApi.VERSION)
        .put("kind", "FirewallPolicy")
        .put("name", event.policy())
        .put("uid", event.uid());
    object.put("type", "Normal").put("reason", event.reason()).put("message", event.message());
    object.put("firstTimestamp", time(event.first())).put("lastTimestamp", time(event.last()));
    object.put("count", event.count());
    object.putObject("source").put("component", COMPONENT).put("host", nodeName);
    // The admission policy goes by it.
    object.put("reportingComponent", COMPONENT).put("reportingInstance", nodeName);
    return object;
  }

  /** As metav1.Time is written. */
  private static String time(Instant instant) {
    return instant.truncatedTo(ChronoUnit.SECONDS).toString();
  }
}
