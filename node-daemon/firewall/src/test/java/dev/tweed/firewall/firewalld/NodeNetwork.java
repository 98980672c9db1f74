package dev.tweed.firewall.firewalld;

import dev.tweed.netlink.testing.Netns;

/**
 * A node between a peer and a pod, three network namespaces: the peer behind {@code eth0}
 * (192.0.2.2) and behind {@code tweed.1} (10.244.9.2), the pod on {@code tweed-br0} (10.244.1.2).
 * {@code tweed.1} is a veth pair here: the firewall sees a device, not what it carries.
 */
record NodeNetwork(Netns node, Netns peer, Netns pod) implements AutoCloseable {

  /** One with addresses and routes, and no firewall. */
  static NodeNetwork open() {
    NodeNetwork network = new NodeNetwork(Netns.open(), Netns.open(), Netns.open());
    try {
      network.cable();
      return network;
    } catch (RuntimeException | Error e) {
      network.close();
      throw e;
    }
  }

  private void cable() {
    node.sh(
        """
        ip link add tweed-br0 type bridge
        ip addr add 10.244.1.1/24 dev tweed-br0
        ip link set dev tweed-br0 up
        echo 1 > /proc/sys/net/ipv4/ip_forward
        """);
    connect(pod, "pod0", "10.244.1.2/24");
    connect(peer, "tweed.1", "10.244.9.2/24");
    connect(peer, "eth0", "192.0.2.2/24");
    node.sh(
        """
        ip link set dev pod0 master tweed-br0
        ip addr add 10.244.9.1/24 dev tweed.1
        ip addr add 192.0.2.1/24 dev eth0
        ip -6 addr add 2001:db8::1/64 dev eth0 nodad
        """);
    pod.sh("ip route add default via 10.244.1.1");
    peer.sh(
        "ip route add 10.244.1.0/24 via 10.244.9.1; ip -6 addr add 2001:db8::2/64 dev eth0 nodad");
  }

  private void connect(Netns other, String device, String address) {
    node.sh(
        "ip link add name %1$s type veth peer name x-%1$s; ip link set dev x-%1$s netns %2$s"
            .formatted(device, other.path()));
    node.sh("ip link set dev %s up".formatted(device));
    other.sh(
        "ip link set dev x-%1$s name %1$s; ip addr add %2$s dev %1$s; ip link set dev %1$s up"
            .formatted(device, address));
  }

  boolean podReachesPeer() {
    return answers(pod, "10.244.9.2", 81);
  }

  boolean peerReachesPod() {
    return answers(peer, "10.244.1.2", 81);
  }

  boolean podReachesOutside() {
    // The peer answers by the tunnel; the packet before leaves by eth0.
    return answers(pod, "192.0.2.2", 81);
  }

  boolean podReachesNode() {
    return answers(pod, "10.244.1.1", 81);
  }

  boolean peerReachesNode(int port) {
    return answers(peer, "192.0.2.1", port);
  }

  boolean peerReachesNodeByIpv6(int port) {
    return answers(peer, "2001:db8::1", port);
  }

  boolean nodeReachesPeer(int port) {
    return answers(node, "192.0.2.2", port);
  }

  /** By the tunnel's device. */
  boolean peerReachesNodeByTunnel(int port) {
    return answers(peer, "10.244.9.1", port);
  }

  /** A datagram to the port of the tunnel, where nobody listens here. */
  boolean peerReachesTunnelPort() {
    // The second write tells of the first's ICMP port unreachable, which a drop never causes.
    return peer.sh(
            "bash -c 'exec 3<>/dev/udp/192.0.2.1/8472; echo a >&3; read -t 1 -u 3 x' 2>&1 || true")
        .contains("refused");
  }

  /** Nobody listens: a refusal is an answer, and silence is a firewall. */
  private static boolean answers(Netns from, String address, int port) {
    return from.sh("timeout 2 bash -c '</dev/tcp/%s/%d' 2>&1 || true".formatted(address, port))
        .contains("refused");
  }

  @Override
  public void close() {
    pod.close();
    peer.close();
    node.close();
  }
}
