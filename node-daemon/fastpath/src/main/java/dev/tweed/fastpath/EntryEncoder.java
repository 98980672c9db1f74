package dev.tweed.fastpath;

import dev.tweed.fastpath.FastPathPlan.PeerEntry;
import dev.tweed.fastpath.FastPathPlan.PodEntry;
import dev.tweed.fastpath.FastPathPlan.Routed;
import dev.tweed.fastpath.FastPathPlan.Tunnelled;
import dev.tweed.ip.AddressFamily;
import dev.tweed.ip.IpAddress;
import dev.tweed.ip.IpPrefix;
import dev.tweed.ip.Ipv4Address;
import dev.tweed.netlink.MacAddress;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Optional;

/** Keys and values of the maps, in the layout of fastpath.bpf.c. Pure functions. */
final class EntryEncoder {
  static final int ADDRESS = 16;
  static final int SETTINGS = 40;
  static final int PEER_KEY = 4 + ADDRESS;
  static final int PEER = 24;
  static final int POD = 20;
  static final int FLOW = 2 * ADDRESS + 8;
  static final int PROOF = 48;

  private static final int IPV4_IN_IPV6 = 96;

  private EntryEncoder() {}

  /** struct address: IPv4 as ::ffff:a.b.c.d. */
  static byte[] address(IpAddress address) {
    byte[] bytes = address.toBytes();
    if (bytes.length == ADDRESS) {
      return bytes;
    }
    return allocate(ADDRESS).putShort(10, (short) 0xffff).put(12, bytes).array();
  }

  /** struct peer_key. */
  static byte[] peerKey(IpPrefix block) {
    int length = block.length() + (block.family() == AddressFamily.IPV4 ? IPV4_IN_IPV6 : 0);
    return allocate(PEER_KEY).putInt(length).put(address(block.address())).array();
  }

  /** struct peer. */
  static byte[] peer(PeerEntry entry) {
    return switch (entry) {
      case Tunnelled(
              MacAddress destination,
              MacAddress source,
              int mtu,
              Optional<Ipv4Address> underlay) ->
          allocate(PEER)
              .put(destination.toBytes())
              .put(source.toBytes())
              .putInt(mtu)
              .put(underlay.map(Ipv4Address::toBytes).orElse(new byte[4]))
              .array();
      case Routed(int device, int mtu) -> allocate(PEER).putInt(12, mtu).putInt(20, device).array();
    };
  }

  /** struct pod. */
  static byte[] pod(PodEntry entry) {
    return allocate(POD)
        .putInt(entry.device())
        .put(entry.mac().toBytes())
        .put(entry.gateway().toBytes())
        .putInt(entry.tapped() ? 1 : 0)
        .array();
  }

  /**
   * struct settings.
   *
   * @param generation of proofs
   * @param ports range of source ports of the outer header
   */
  static byte[] settings(
      FastPathPlan.On plan, int generation, long renewalNanos, SourcePorts ports) {
    Optional<NodeView.Tunnel> tunnel = plan.tunnel();
    int port = tunnel.map(NodeView.Tunnel::port).orElse(0);
    return allocate(SETTINGS)
        .putInt(generation)
        .putInt(tunnel.map(NodeView.Tunnel::device).orElse(0))
        .putLong(renewalNanos)
        .put(
            plan.encapsulation()
                .map(encapsulation -> encapsulation.local().toBytes())
                .orElse(new byte[4]))
        .put(networkOrder(tunnel.map(NodeView.Tunnel::vni).orElse(0) << 8))
        .putInt(tunnel.map(NodeView.Tunnel::lower).orElse(0))
        .putInt(plan.wire().map(NodeView.Wire::bridge).orElse(0))
        .put((byte) (port >> 8))
        .put((byte) port)
        .putShort((short) ports.low())
        .putShort((short) ports.count())
        .array();
  }

  private static byte[] networkOrder(int value) {
    return ByteBuffer.allocate(4).putInt(value).array();
  }

  private static ByteBuffer allocate(int size) {
    return ByteBuffer.allocate(size).order(ByteOrder.nativeOrder());
  }
}
