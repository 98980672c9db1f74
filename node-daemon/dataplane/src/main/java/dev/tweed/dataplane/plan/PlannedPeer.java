package dev.tweed.dataplane.plan;

import dev.tweed.netlink.IpAddress;
import dev.tweed.netlink.IpPrefix;
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
    byte[] bytes = block.address().toBytes();
    long number = 0;
    // Only the network part counts: what distinguishes the blocks are its last bits.
    for (byte b : bytes) {
      number = number << 8 | b & 0xff;
    }
    int hostBits = block.family().bits() - block.length();
    long network =
        switch (block.family()) {
          case IPV4 -> number >>> hostBits;
          case IPV6 -> hostBits < 64 ? number >>> hostBits : high(bytes) >>> hostBits - 64;
        };
    return 1024 + (network & 0xff_ffff);
  }

  private static long high(byte[] bytes) {
    long number = 0;
    for (int i = 0; i < 8; i++) {
      number = number << 8 | bytes[i] & 0xff;
    }
    return number;
  }
}
