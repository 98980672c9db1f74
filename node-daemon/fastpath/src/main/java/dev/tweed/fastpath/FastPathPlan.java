package dev.tweed.fastpath;

import dev.tweed.ip.IpAddress;
import dev.tweed.ip.IpPrefix;
import dev.tweed.ip.Ipv4Address;
import dev.tweed.netlink.MacAddress;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/** What the kernel should hold for the fast path. */
public sealed interface FastPathPlan {

  /**
   * Nothing.
   *
   * @param why not
   */
  record Off(FastPathOff.OfNode why) implements FastPathPlan {
    /** Refuses nulls. */
    public Off {
      Objects.requireNonNull(why, "why");
    }
  }

  /**
   * Programs and entries.
   *
   * @param tunnel the tunnel device, if there is one
   * @param encapsulation where the programs encapsulate themselves
   * @param wire where packets go to peers that a plain route leads to, if there are such
   * @param peers what the programs know of other nodes, by block
   * @param pods what they know of own pods, by address
   * @param peersOff peers the ordinary path is for, by name
   * @param podsOff pods the ordinary path is for, by index of the device
   */
  record On(
      Optional<NodeView.Tunnel> tunnel,
      Optional<NodeView.Encapsulation> encapsulation,
      Optional<NodeView.Wire> wire,
      Map<IpPrefix, PeerEntry> peers,
      Map<IpAddress, PodEntry> pods,
      Map<String, FastPathOff.OfPeer> peersOff,
      Map<Integer, FastPathOff.OfPod> podsOff)
      implements FastPathPlan {
    /** Copies the maps. */
    public On {
      Objects.requireNonNull(tunnel, "tunnel");
      Objects.requireNonNull(encapsulation, "encapsulation");
      Objects.requireNonNull(wire, "wire");
      peers = Map.copyOf(peers);
      pods = Map.copyOf(pods);
      peersOff = Map.copyOf(peersOff);
      podsOff = Map.copyOf(podsOff);
    }
  }

  /** A block of another node. */
  sealed interface PeerEntry {
    /** The longest packet, bytes. */
    int mtu();
  }

  /**
   * One that the tunnel leads to.
   *
   * @param destination inner hardware address to write
   * @param source inner hardware address to write
   * @param mtu the longest packet, bytes
   * @param underlay address of its node, if packets to it may be encapsulated here
   */
  record Tunnelled(
      MacAddress destination, MacAddress source, int mtu, Optional<Ipv4Address> underlay)
      implements PeerEntry {
    /** Refuses nulls. */
    public Tunnelled {
      Objects.requireNonNull(destination, "destination");
      Objects.requireNonNull(source, "source");
      Objects.requireNonNull(underlay, "underlay");
    }
  }

  /**
   * One that a plain route leads to.
   *
   * @param device index of the underlay device
   * @param mtu the longest packet, bytes
   */
  record Routed(int device, int mtu) implements PeerEntry {}

  /**
   * An address of an own pod.
   *
   * @param device index of the host-side veth
   * @param mac hardware address of the pod's end
   * @param gateway hardware address of the bridge
   * @param tapped whether its packets pass the host-side veth, for somebody who listens there
   */
  record PodEntry(int device, MacAddress mac, MacAddress gateway, boolean tapped) {
    /** Refuses nulls. */
    public PodEntry {
      Objects.requireNonNull(mac, "mac");
      Objects.requireNonNull(gateway, "gateway");
    }
  }
}
