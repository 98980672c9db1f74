package dev.tweed.firewall.firewalld;

import dev.tweed.firewall.backend.BackendListing;
import dev.tweed.firewall.backend.BackendOutcome;
import dev.tweed.firewall.rules.FilterRow;
import dev.tweed.netlink.testing.Netns;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;

/**
 * A node with a real firewalld between a peer and a pod, three network namespaces: the peer behind
 * {@code eth0} (192.0.2.2) and behind {@code tweed.1} (10.244.9.2), the pod on {@code tweed-br0}
 * (10.244.1.2). {@code tweed.1} is a veth pair here: the firewall sees a device, not what it
 * carries. firewalld has files and a D-Bus of its own, so that the machine's is out of its reach.
 */
final class FirewalldNode implements AutoCloseable {

  private final Path root;
  private final FirewalldBackend backend;
  private final Netns node;
  private final Netns peer;
  private final Netns pod;

  private FirewalldNode(Path root, Netns node, Netns peer, Netns pod) {
    this.root = root;
    this.backend = new FirewalldBackend(root);
    this.node = node;
    this.peer = peer;
    this.pod = pod;
  }

  /** One whose default zone drops; skips the test if there is no firewalld. */
  static FirewalldNode start(Path root) throws IOException {
    for (String program : List.of("/usr/sbin/firewalld", "/usr/bin/dbus-daemon")) {
      if (!Files.isExecutable(Path.of(program))) {
        skip("needs " + program + ": apt-get install firewalld dbus");
      }
    }
    Netns node;
    try {
      node = Netns.open();
    } catch (Netns.UnavailableException e) {
      skip(e.getMessage());
      throw e;
    }
    FirewalldNode all = new FirewalldNode(root, node, Netns.open(), Netns.open());
    try {
      all.cable();
      all.writeFiles();
      all.startBus();
      all.startFirewalld();
      return all;
    } catch (IOException | RuntimeException | Error e) {
      all.close();
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

  private void writeFiles() throws IOException {
    for (String directory :
        List.of("etc/firewalld/policies", "etc/firewalld/zones", "log", "run/dbus", "usr/bin")) {
      Files.createDirectories(root.resolve(directory));
    }
    // As if it was installed there.
    Files.createFile(root.resolve("usr/bin/firewall-cmd"));
    Files.writeString(
        root.resolve("etc/firewalld/firewalld.conf"),
        """
        DefaultZone=drop
        CleanupModulesOnExit=no
        FirewallBackend=nftables
        """);
    // No activation of other services, and everybody here is root.
    Files.writeString(
        root.resolve("bus.conf"),
        """
        <!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
         "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
        <busconfig>
          <type>system</type>
          <listen>unix:path=%s/run/dbus/system_bus_socket</listen>
          <auth>EXTERNAL</auth>
          <policy context="default">
            <allow own="*"/>
            <allow send_destination="*"/>
            <allow receive_sender="*"/>
          </policy>
        </busconfig>
        """
            .formatted(root));
  }

  void stopBus() {
    stop("dbus");
  }

  void startBus() {
    start("dbus", "dbus-daemon --config-file=%s/bus.conf --nofork --nopidfile".formatted(root));
    await("[ -S %s/run/dbus/system_bus_socket ]".formatted(root), "dbus");
  }

  /** Starts firewalld and waits until it answers. */
  void startFirewalld() {
    start(
        "firewalld",
        "unshare --mount sh -ec 'mount --bind %1$s/etc/firewalld /etc/firewalld;".formatted(root)
            + " mount --bind %1$s/log /var/log; mount --bind %1$s/run /run;".formatted(root)
            + " exec firewalld --nofork --nopid'");
    await("[ \"$(firewall-cmd --state 2>&1)\" = running ]", "firewalld");
  }

  /** Restarts firewalld, so that it puts its rules into iptables, as some distributions set it. */
  void useIptables() throws IOException {
    Path settings = root.resolve("etc/firewalld/firewalld.conf");
    stopFirewalld();
    Files.writeString(settings, Files.readString(settings).replace("=nftables", "=iptables"));
    startFirewalld();
  }

  /** As a service manager would. */
  void stopFirewalld() {
    stop("firewalld");
  }

  private void start(String name, String command) {
    node.sh(
        "export DBUS_SYSTEM_BUS_ADDRESS=unix:path=%1$s/run/dbus/system_bus_socket; %2$s >%1$s/%3$s.out 2>&1 & echo $! >%1$s/%3$s.pid"
            .formatted(root, command, name));
  }

  private void stop(String name) {
    // One that has ended may wait long for its parent, who is nobody here.
    node.sh(
        """
        pid=$(cat %1$s/%2$s.pid); rm %1$s/%2$s.pid; kill $pid
        while [ -e /proc/$pid ] && ! grep -qs '^State:.Z' /proc/$pid/status; do sleep 0.02; done
        """
            .formatted(root, name));
  }

  private void await(String condition, String name) {
    sh(
        "end=$(($(date +%%s) + 30)); until %1$s; do kill -0 $(cat %2$s/%3$s.pid) && [ $(date +%%s) -lt $end ] || { cat %2$s/%3$s.out; exit 1; }; sleep 0.05; done"
            .formatted(condition, root, name));
  }

  /** Runs a script where firewall-cmd talks to this node's firewalld. */
  String sh(String script) {
    return node.sh(
        "export LC_ALL=C.UTF-8 DBUS_SYSTEM_BUS_ADDRESS=unix:path=%s/run/dbus/system_bus_socket\n%s"
            .formatted(root, script));
  }

  /** As a person types it, at once and for good. */
  void type(String options) {
    sh("firewall-cmd %1$s; firewall-cmd --permanent %1$s".formatted(options));
  }

  String firewallCmd(String options) {
    return sh("firewall-cmd " + options);
  }

  FirewalldBackend backend() {
    return backend;
  }

  BackendOutcome apply(List<FilterRow> rows) {
    return backend().apply(rows);
  }

  BackendListing look(List<FilterRow> rows) {
    return backend().look(rows);
  }

  /** firewalld's table, without what depends on when it was made. */
  String kernel() {
    return node.sh("nft -s list table inet firewalld");
  }

  /** Tables with their numbers in the kernel, which a reload changes. */
  String tables() {
    return node.sh("nft -j list tables");
  }

  /** Every file of firewalld's permanent model. */
  Map<String, String> files() throws IOException {
    Map<String, String> files = new TreeMap<>();
    Path directory = root.resolve("etc/firewalld");
    try (Stream<Path> paths = Files.walk(directory)) {
      for (Path path : paths.filter(Files::isRegularFile).toList()) {
        files.put(
            directory.relativize(path).toString(), Files.readString(path, StandardCharsets.UTF_8));
      }
    }
    return files;
  }

  Path file(String name) {
    return root.resolve("etc/firewalld").resolve(name);
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

  Netns peer() {
    return peer;
  }

  Netns pod() {
    return pod;
  }

  private static void skip(String reason) {
    if ("true".equals(System.getenv("TWEED_TEST_MAY_NOT_SKIP"))) {
      throw new AssertionError(reason);
    }
    Assumptions.abort(reason);
  }

  @Override
  public void close() {
    backend.close();
    for (String name : List.of("firewalld", "dbus")) {
      if (Files.exists(root.resolve(name + ".pid"))) {
        stop(name);
      }
    }
    pod.close();
    peer.close();
    node.close();
  }
}
