package dev.tweed.agent.cluster;

import dev.tweed.agent.api.ApiRequest;
import dev.tweed.agent.api.ListWatch.Source;
import dev.tweed.crds.TweedApi;
import java.util.Set;
import java.util.TreeSet;

/** Where the kinds are that a daemon watches. */
final class WatchedKinds {

  /** Before the plural of each of Tweed's kinds. */
  static final String TWEED = "/apis/" + TweedApi.GROUP + "/" + TweedApi.VERSION + "/";

  /** More make a request longer than proxies take. */
  static final int MAX_VALUES = 300;

  static final Source NETWORKS = new Source(TWEED + "podnetworks", "");
  static final Source SUBNETS = new Source(TWEED + "nodesubnets", "");
  static final Source POLICIES = new Source(TWEED + "firewallpolicies", "");

  /** The EndpointSlice of namespace default in which each API server puts itself. */
  static final String API_SERVER = "kubernetes";

  static final Source ENDPOINTS =
      new Source("/apis/discovery.k8s.io/v1/namespaces/default/endpointslices", named(API_SERVER));

  private static final String PROGRAMS = TWEED + "policyprograms";
  private static final String SLICES = TWEED + "peerslices";

  private WatchedKinds() {}

  /** What policies there are for pods of one node. */
  static Source nodePolicy(String node) {
    return new Source(TWEED + "nodepolicies", named(node));
  }

  /** These PolicyPrograms. */
  static Source programs(Set<String> names) {
    return new Source(PROGRAMS, labelled(TweedApi.PROGRAM_LABEL, names));
  }

  /** The PeerSlices of these sets. */
  static Source slices(Set<String> sets) {
    return new Source(SLICES, labelled(TweedApi.PEERS_LABEL, sets));
  }

  private static String labelled(String label, Set<String> values) {
    return values.size() > MAX_VALUES
        ? ""
        : "labelSelector="
            + ApiRequest.encode(label + " in (" + String.join(",", new TreeSet<>(values)) + ")");
  }

  /** One Node only: the others' heartbeats are no concern of a daemon. */
  static Source node(String name) {
    return new Source("/api/v1/nodes", named(name));
  }

  private static String named(String name) {
    return "fieldSelector=" + ApiRequest.encode("metadata.name=" + name);
  }
}
