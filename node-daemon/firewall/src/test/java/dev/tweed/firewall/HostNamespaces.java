package dev.tweed.firewall;

import dev.tweed.firewall.backend.BackendChoice;
import dev.tweed.firewall.backend.BackendPlanner;
import dev.tweed.ip.IpAddress;
import dev.tweed.ip.IpPrefix;
import dev.tweed.netlink.testing.Netns;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * A node between a peer and two pods, all of them network namespaces: the peer behind {@code eth0}
 * (192.0.2.2) and behind {@code tweed.1} (10.244.9.2), the pods on {@code tweed-br0} (10.244.1.2
 * and .3). {@code tweed.1} is a veth pair here: the firewall sees a device, not what it carries.
 *
 * <p>ufw runs with files of its own, by a private mount namespace for each command.
 */
final class HostNamespaces implements AutoCloseable {

  private static final NetworkNeeds NEEDS =
      new NetworkNeeds(
          Optional.of(new NetworkNeeds.Tunnel("tweed.1", 8472, false, Optional.empty())),
          "tweed-br0",
          Optional.of("eth0"),
          List.of("eth0"),
          List.of(IpAddress.parse("192.0.2.1")),
          List.of(IpPrefix.parse("10.244.0.0/16")));

  private final Path etc;
  private final Netns node = Netns.open();
  private final Netns peer = Netns.open();
  private final Netns podA = Netns.open();
  private final Netns podB = Netns.open();

  HostNamespaces(Path etc) throws IOException {
    this.etc = etc;
    node.sh(
        """
        ip link add tweed-br0 type bridge
        ip addr add 10.244.1.1/24 dev tweed-br0
        ip link set dev tweed-br0 up
        echo 1 > /proc/sys/net/ipv4/ip_forward
        """);
    connect(podA, "poda", "10.244.1.2/24", "10.244.1.1");
    connect(podB, "podb", "10.244.1.3/24", "10.244.1.1");
    node.sh("ip link set dev poda master tweed-br0; ip link set dev podb master tweed-br0");
    connect(peer, "tweed.1", "10.244.9.2/24", null);
    connect(peer, "eth0", "192.0.2.2/24", null);
    node.sh(
        """
        ip addr add 10.244.9.1/24 dev tweed.1
        ip addr add 192.0.2.1/24 dev eth0
        """);
    peer.sh("ip route add 10.244.1.0/24 via 10.244.9.1");
  }

  private void connect(Netns other, String device, String address, String gateway) {
    node.sh(
        "ip link add name %s type veth peer name x-%s; ip link set dev x-%s netns %s"
            .formatted(device, device, device, other.path()));
    node.sh("ip link set dev %s up".formatted(device));
    other.sh(
        "ip link set dev x-%s name %s; ip addr add %s dev %s; ip link set dev %s up"
            .formatted(device, device, address, device, device));
    if (gateway != null) {
      other.sh("ip route add default via " + gateway);
    }
  }

  /** A root directory with ufw's files as they come from the package. */
  void installUfw() throws IOException {
    Files.createDirectories(etc.resolve("etc/default"));
    Files.createDirectories(etc.resolve("usr/sbin"));
    Files.createSymbolicLink(etc.resolve("usr/sbin/ufw"), Path.of("/usr/sbin/ufw"));
    node.sh(
        "cp -a /etc/ufw %s/etc/ufw; cp -a /etc/default/ufw %s/etc/default/ufw".formatted(etc, etc));
  }

  /** A command on the node, with ufw's files where it looks for them. */
  void type(String command) {
    if (!command.startsWith("ufw")) {
      node.sh(command);
      return;
    }
    node.exec(
        "unshare",
        "--mount",
        "sh",
        "-ec",
        """
        mount --bind %s/etc/ufw /etc/ufw
        mount --bind %s/etc/default/ufw /etc/default/ufw
        mount -t tmpfs tmpfs /run
        %s
        """
            .formatted(etc, etc, command));
  }

  /** What the daemon on the node would find. */
  HostFirewall read() {
    return node.call(
        () ->
            new HostFirewallReader(
                    etc, Path.of("/proc/thread-self/net"), new NftCommand(Path.of("nft")))
                .read());
  }

  /** Where rows would go. */
  String places() {
    return BackendPlanner.plan(read(), Optional.of(NEEDS), true, BackendChoice.found(Set.of()), 0)
        .text();
  }

  List<FirewallBlockage> blockages() {
    return FirewallAdvicePlanner.plan(read(), NEEDS);
  }

  /** A TCP connection from the peer, through the tunnel, to a pod. */
  boolean peerReachesPod() {
    return answers(peer, "10.244.1.2");
  }

  /** One from a pod to the peer, through the tunnel. */
  boolean podReachesPeer() {
    return answers(podA, "10.244.9.2");
  }

  /** A datagram from the peer to the port of the tunnel, where nobody listens here. */
  boolean peerReachesTunnelPort() {
    // The second write tells of the first's ICMP port unreachable, which a drop never causes.
    return peer.sh(
            "bash -c 'exec 3<>/dev/udp/192.0.2.1/8472; echo a >&3; read -t 1 -u 3 x' 2>&1 || true")
        .contains("refused");
  }

  /** Nobody listens there either: a refusal is an answer, and silence is a firewall. */
  private static boolean answers(Netns from, String address) {
    return from.sh("timeout 2 bash -c '</dev/tcp/%s/81' 2>&1 || true".formatted(address))
        .contains("refused");
  }

  @Override
  public void close() {
    podB.close();
    podA.close();
    peer.close();
    node.close();
  }
}
