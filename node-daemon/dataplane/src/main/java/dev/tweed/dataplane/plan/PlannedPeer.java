package dev.tweed.dataplane.plan;

import dev.tweed.netlink.IpAddress;
import dev.tweed.netlink.IpPrefix;
import dev.tweed.netlink.Ipv4Address;
import dev.tweed.netlink.Ipv6Address;
import dev.tweed.netlink.MacAddress;
import java.util.Objects;

/**
 * A block of another node and how to reach it.
 *
 * @param node name of the Node
 * @param block its pods' addresses
 * @param path how packets get there
 */
public record PlannedPeer(String node, IpPrefix block, Path path) {
  /** Refuses nulls. */
  public PlannedPeer {
    Objects.requireNonNull(node, "node");
    Objects.requireNonNull(block, "block");
    Objects.requireNonNull(path, "path");
  }

  /** How packets get to a peer. */
  public sealed interface Path {
    /** Device they leave by. */
    String device();

    /**
     * Through a tunnel device: an FDB entry, a permanent neighbour and a route.
     *
     * @param device the tunnel device
     * @param vtep the peer's underlay address
     * @param mac the peer's tunnel device's address
     */
    record Tunnelled(String device, IpAddress vtep, MacAddress mac) implements Path {}

    /**
     * By a plain route.
     *
     * @param device the link both nodes are on
     * @param gateway the peer's underlay address
     */
    record Direct(String device, IpAddress gateway) implements Path {}
  }

  /**
   * The route to the block. In the tunnel the gateway is the block's network address: no host has
   * it, so it can stand for the peer's VTEP.
   */
  public PlannedRoute route() {
    return switch (path) {
      case Path.Tunnelled tunnel ->
          new PlannedRoute(block, block.address(), tunnel.device(), metric(block), true);
      case Path.Direct direct ->
          new PlannedRoute(block, direct.gateway(), direct.device(), metric(block), false);
    };
  }

  /**
   * A metric that differs between the blocks of a pool. The kernel keeps what IPv4 routes have in
   * common in a table hashed by device and metric but not by gateway (fib_info_hashfn() in
   * net/ipv4/fib_semantics.c), so routes with one metric through one device all fall into one chain
   * and 5,000 of them take seven times as long to insert.
   */
  static long metric(IpPrefix block) {
    int hostBits = block.family().bits() - block.length();
    // Only the network part counts, and of it the last bits: those differ between blocks.
    long network =
        switch (block.address()) {
          case Ipv4Address v4 -> (v4.value() & 0xffff_ffffL) >>> hostBits;
          case Ipv6Address v6 when hostBits < 64 -> v6.low() >>> hostBits;
          case Ipv6Address v6 -> hostBits == 128 ? 0 : v6.high() >>> hostBits - 64;
        };
    return 1024 + (network & 0xff_ffff);
  }
}
