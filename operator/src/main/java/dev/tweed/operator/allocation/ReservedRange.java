package dev.tweed.operator.allocation;

/**
 * Addresses that pods must not have.
 *
 * @param cidr canonical; of one address where it is a node's
 * @param name of the Node or ServiceCIDR
 */
public record ReservedRange(Kind kind, String cidr, String name) {
  /** Whose they are. */
  public enum Kind {
    /** An InternalIP of a Node. */
    NODE_ADDRESS,
    /** A range that Services get their addresses from. */
    SERVICE_CIDR
  }
}
