package dev.tweed.dataplane;

/** How packets travel from node to node. */
public sealed interface Backend {

  /** Whether peers may be reached by plain routes, which depends on the node's own routes. */
  default boolean routesPlainly() {
    return switch (this) {
      case HostGateway host -> true;
      case Vxlan vxlan -> vxlan.directRouting();
    };
  }

  /**
   * VXLAN (RFC 7348) between all nodes.
   *
   * @param vni network identifier, 1..16777215
   * @param port UDP destination port, 1..65535; all nodes must agree on both
   * @param directRouting whether peers on the same link are reached by a plain route instead
   */
  record Vxlan(int vni, int port, boolean directRouting) implements Backend {
    /** Refuses numbers the protocol has no room for. */
    public Vxlan {
      if (vni < 1 || vni > 0xffffff) {
        throw new IllegalArgumentException("backend.vxlan.vni is 1..16777215, not " + vni);
      }
      if (port < 1 || port > 0xffff) {
        throw new IllegalArgumentException("backend.vxlan.port is 1..65535, not " + port);
      }
    }
  }

  /** Plain routes by way of the nodes' own addresses; all nodes must share one link. */
  record HostGateway() implements Backend {}
}
