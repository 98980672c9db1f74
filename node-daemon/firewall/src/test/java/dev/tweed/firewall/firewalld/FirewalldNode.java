package dev.tweed.firewall.firewalld;

import dev.tweed.firewall.backend.BackendOutcome;
import dev.tweed.firewall.rules.FilterRow;
import dev.tweed.netlink.testing.Needs;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * The node of a {@link NodeNetwork} with a real firewalld. That has files and a D-Bus of its own,
 * so that the machine's is out of its reach.
 */
final class FirewalldNode implements AutoCloseable {

  private final Path root;
  private final FirewalldBackend backend;
  private final NodeNetwork network;
  private final NodeProgram bus;
  private final NodeProgram firewalld;

  private FirewalldNode(Path root, NodeNetwork network) {
    this.root = root;
    this.backend = new FirewalldBackend(root);
    this.network = network;
    this.bus = new NodeProgram("dbus", root, network.node());
    this.firewalld = new NodeProgram("firewalld", root, network.node());
  }

  /** One whose default zone drops; skips the test if there is no firewalld. */
  static FirewalldNode start(Path root) throws IOException {
    Needs.program("/usr/sbin/firewalld", "firewalld");
    Needs.program("/usr/bin/dbus-daemon", "dbus");
    FirewalldNode node = new FirewalldNode(root, NodeNetwork.open());
    try {
      node.writeFiles();
      node.startBus();
      node.startFirewalld();
      return node;
    } catch (IOException | RuntimeException | Error e) {
      node.close();
      throw e;
    }
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
    bus.stop();
  }

  void startBus() {
    bus.start(
        "dbus-daemon --config-file=%s/bus.conf --nofork --nopidfile".formatted(root),
        "[ -S %s/run/dbus/system_bus_socket ]".formatted(root));
  }

  /** Starts firewalld and waits until it answers. */
  void startFirewalld() {
    firewalld.start(
        "unshare --mount sh -ec 'mount --bind %1$s/etc/firewalld /etc/firewalld;".formatted(root)
            + " mount --bind %1$s/log /var/log; mount --bind %1$s/run /run;".formatted(root)
            + " exec firewalld --nofork --nopid'",
        "[ \"$(firewall-cmd --state 2>&1)\" = running ]");
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
    firewalld.stop();
  }

  /** Runs a script where firewall-cmd talks to this node's firewalld. */
  String sh(String script) {
    return firewalld.sh(script);
  }

  /** As a person types it, at once and for good. */
  void type(String options) {
    sh("firewall-cmd %1$s; firewall-cmd --permanent %1$s".formatted(options));
  }

  String firewallCmd(String options) {
    return sh("firewall-cmd " + options);
  }

  NodeNetwork network() {
    return network;
  }

  FirewalldBackend backend() {
    return backend;
  }

  BackendOutcome apply(List<FilterRow> rows) {
    return backend().apply(rows);
  }

  /** What applying them would come to. */
  BackendOutcome check(List<FilterRow> rows) {
    return backend().check(rows);
  }

  /** firewalld's table, without what depends on when it was made. */
  String kernel() {
    return network.node().sh("nft -s list table inet firewalld");
  }

  /** Tables with their numbers in the kernel, which a reload changes. */
  String tables() {
    return network.node().sh("nft -j list tables");
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

  /** Those that are ours, without firewalld's copies of them. */
  Map<String, String> ours() throws IOException {
    Map<String, String> ours = files();
    ours.keySet().removeIf(name -> !name.contains("/tweed") || name.endsWith(".old"));
    return ours;
  }

  /** Those of everybody else. */
  Map<String, String> theirs() throws IOException {
    Map<String, String> theirs = files();
    theirs.keySet().removeIf(name -> name.contains("/tweed"));
    return theirs;
  }

  Path file(String name) {
    return root.resolve("etc/firewalld").resolve(name);
  }

  /** What firewalld has computed since it was started. */
  Duration processorTime() throws IOException {
    return firewalld.processorTime();
  }

  @Override
  public void close() {
    backend.close();
    firewalld.close();
    bus.close();
    network.close();
  }
}
