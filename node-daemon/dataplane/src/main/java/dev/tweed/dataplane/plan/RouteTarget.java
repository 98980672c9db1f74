package dev.tweed.dataplane.plan;

import dev.tweed.ip.AddressFamily;
import dev.tweed.ip.IpPrefix;
import java.util.Objects;

/** What packets of the pod network are sent to, so that the kernel is asked which way they take. */
public sealed interface RouteTarget {

  /** Every address it has lies in this. */
  IpPrefix prefix();

  /** The family of its addresses. */
  default AddressFamily family() {
    return prefix().family();
  }

  /**
   * The pods of another node.
   *
   * @param node name of the Node
   * @param route the way planned
   */
  record PeerBlock(String node, PlannedRoute route) implements RouteTarget {
    /** Refuses nulls. */
    public PeerBlock {
      Objects.requireNonNull(node, "node");
      Objects.requireNonNull(route, "route");
    }

    @Override
    public IpPrefix prefix() {
      return route.destination();
    }

    // By hand as that of addresses: there are thousands in a set.
    @Override
    public int hashCode() {
      return route.destination().hashCode();
    }
  }

  /**
   * The pods of this node.
   *
   * @param gateway the bridge's address, with the length of the block
   * @param bridge device they are on
   */
  record OwnBlock(IpPrefix gateway, String bridge) implements RouteTarget {
    /** Refuses nulls. */
    public OwnBlock {
      Objects.requireNonNull(gateway, "gateway");
      Objects.requireNonNull(bridge, "bridge");
    }

    @Override
    public IpPrefix prefix() {
      return gateway.network();
    }
  }

  /** What lies beyond the cluster, by way of one address of it. */
  record Outside(AddressFamily family) implements RouteTarget {
    /** Refuses null. */
    public Outside {
      Objects.requireNonNull(family, "family");
    }

    @Override
    public IpPrefix prefix() {
      return IpPrefix.any(family);
    }
  }
}
