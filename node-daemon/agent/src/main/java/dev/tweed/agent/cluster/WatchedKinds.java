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

  private WatchedKinds() {}

  /** One Node only: the others' heartbeats are no concern of a daemon. */
  static Source node(String name) {
    return new Source(
        "/api/v1/nodes", "fieldSelector=" + ApiRequest.encode("metadata.name=" + name));
  }
}
