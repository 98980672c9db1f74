package dev.tweed.agent.cluster;

import dev.tweed.agent.api.ApiRequest;
import dev.tweed.agent.api.ListWatch.Source;
import dev.tweed.crds.TweedApi;

/** Where the kinds are that a daemon watches. */
final class WatchedKinds {

  /** Before the plural of each of Tweed's kinds. */
  static final String TWEED = "/apis/" + TweedApi.GROUP + "/" + TweedApi.VERSION + "/";

  static final Source NETWORKS = new Source(TWEED + "podnetworks", "");
  static final Source SUBNETS = new Source(TWEED + "nodesubnets", "");
  static final Source POLICIES = new Source(TWEED + "firewallpolicies", "");

  /** The EndpointSlice of namespace default in which each API server puts itself. */
  static final String API_SERVER = "kubernetes";

  static final Source ENDPOINTS =
      new Source("/apis/discovery.k8s.io/v1/namespaces/default/endpointslices", named(API_SERVER));

  private WatchedKinds() {}

  /** One Node only: the others' heartbeats are no concern of a daemon. */
  static Source node(String name) {
    return new Source("/api/v1/nodes", named(name));
  }

  private static String named(String name) {
    return "fieldSelector=" + ApiRequest.encode("metadata.name=" + name);
  }
}
