package dev.tweed.fastpath;

import dev.tweed.ip.IpAddress;
import dev.tweed.ip.IpPrefix;
import dev.tweed.ip.Ipv4Address;
import dev.tweed.netlink.MacAddress;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;

/**
 * All the planner looks at.
 *
 * @param wanted whether {@code spec.fastPath} is Auto
 * @param kernelRelease as {@code uname -r}
 * @param capabilities effective ones of this process, by number (linux/capability.h)
 * @param tcpBeLiberal whether {@code nf_conntrack_tcp_be_liberal} is 1
 * @param tunnel the tunnel device; empty where all peers are reached by plain routes
 * @param occupied a device that fast packets skip, the tunnel or the pods' bridge, on which
 *     somebody else has a program of tc or XDP or a queue discipline
 * @param encapsulation on which IPv4 underlay device packets are encapsulated here; empty: the
 *     tunnel device always does it
 * @param wire over which devices packets go that no tunnel carries; empty: they stay ordinary
 * @param peers other nodes
 * @param pods of this node
 */
public record NodeView(
    boolean wanted,
    String kernelRelease,
    Set<Integer> capabilities,
    boolean tcpBeLiberal,
    Optional<Tunnel> tunnel,
    Optional<String> occupied,
    Optional<Encapsulation> encapsulation,
    Optional<Wire> wire,
    List<Peer> peers,
    List<Pod> pods) {

  /** Copies the collections. */
  public NodeView {
    Objects.requireNonNull(kernelRelease, "kernelRelease");
    Objects.requireNonNull(tunnel, "tunnel");
    Objects.requireNonNull(occupied, "occupied");
    Objects.requireNonNull(encapsulation, "encapsulation");
    Objects.requireNonNull(wire, "wire");
    capabilities = Set.copyOf(capabilities);
    peers = List.copyOf(peers);
    pods = List.copyOf(pods);
  }

  /** The same where the tunnel device has to see every packet that it carries. */
  public NodeView withoutEncapsulation() {
    return new NodeView(
        wanted,
        kernelRelease,
        capabilities,
        tcpBeLiberal,
        tunnel,
        occupied,
        Optional.empty(),
        wire,
        peers,
        pods);
  }

  /**
   * A VXLAN device of this node.
   *
   * @param device index
   * @param name device name
   * @param mac hardware address
   * @param vni network identifier
   * @param port UDP port
   * @param lower index of the device it is bound to, 0 if none
   * @param plain whether it is nothing but RFC 7348: no learning, collect_md, group policy
   */
  public record Tunnel(
      int device, String name, MacAddress mac, int vni, int port, int lower, boolean plain) {
    /** Refuses nulls. */
    public Tunnel {
      Objects.requireNonNull(name, "name");
      Objects.requireNonNull(mac, "mac");
    }
  }

  /**
   * Where packets leave and arrive that are encapsulated by the programs themselves.
   *
   * @param device index of the underlay device
   * @param local address of this node on it
   */
  public record Encapsulation(int device, Ipv4Address local) {
    /** Refuses nulls. */
    public Encapsulation {
      Objects.requireNonNull(local, "local");
    }
  }

  /**
   * Between which devices packets are forwarded that go to a peer by a plain route.
   *
   * @param device index of the underlay device
   * @param bridge index of the bridge that pods hang on
   */
  public record Wire(int device, int bridge) {}

  /** How packets get to a peer. */
  public sealed interface Way {
    /**
     * By the tunnel.
     *
     * @param mac hardware address of the peer's tunnel device
     * @param underlay the peer's address
     */
    record Tunnelled(MacAddress mac, IpAddress underlay) implements Way {
      /** Refuses nulls. */
      public Tunnelled {
        Objects.requireNonNull(mac, "mac");
        Objects.requireNonNull(underlay, "underlay");
      }
    }

    /** By a plain route over the underlay device. */
    record Plain() implements Way {}

    /** Otherwise. */
    record Other() implements Way {}
  }

  /**
   * Another node.
   *
   * @param name of the node
   * @param blocks its pods' addresses
   * @param mtu the longest packet to its pods, in bytes
   * @param way how packets get there
   */
  public record Peer(String name, List<IpPrefix> blocks, int mtu, Way way) {
    /** Copies the list. */
    public Peer {
      Objects.requireNonNull(name, "name");
      Objects.requireNonNull(way, "way");
      blocks = List.copyOf(blocks);
    }
  }

  /**
   * A pod of this node.
   *
   * @param device index of its host-side veth
   * @param mac hardware address of its own end
   * @param gateway hardware address of the bridge it is a port of
   * @param addresses its own
   * @param qdisc root queue discipline of the host-side veth, such as {@code noqueue}
   * @param foreignProgram whether somebody else has a tc program on that device
   * @param tapped whether somebody listens on that device, or the pod has a program of XDP behind
   *     it
   */
  public record Pod(
      int device,
      MacAddress mac,
      MacAddress gateway,
      List<IpAddress> addresses,
      String qdisc,
      boolean foreignProgram,
      boolean tapped) {
    /** Copies the list. */
    public Pod {
      Objects.requireNonNull(mac, "mac");
      Objects.requireNonNull(gateway, "gateway");
      Objects.requireNonNull(qdisc, "qdisc");
      addresses = List.copyOf(addresses);
    }
  }
}
