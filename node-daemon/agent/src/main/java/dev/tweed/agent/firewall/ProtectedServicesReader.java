package dev.tweed.agent.firewall;

import dev.tweed.dataplane.HostAddresses;
import dev.tweed.firewall.rules.NodeFacts;
import dev.tweed.firewall.rules.ProtectedFlowsPlanner.NodeAddress;
import dev.tweed.firewall.rules.ProtectedFlowsPlanner.Server;
import dev.tweed.firewall.rules.SshSessions;
import dev.tweed.ip.IpAddress;
import dev.tweed.netlink.NetlinkException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import java.util.stream.Stream;

/**
 * Reads what tells who has to reach this node, and how. Never fails: what cannot be read is not
 * there.
 */
final class ProtectedServicesReader {

  private static final int MAX_BYTES = 1 << 20;

  /** Where glibc has kept 32-bit times in it (bits/utmp.h), and elsewhere. */
  private static final int UTMP_RECORD =
      System.getProperty("os.arch").equals("aarch64") ? 400 : 384;

  private static final Pattern INCLUDE = Pattern.compile("(?im)^[ \\t]*Include[ \\t=]+([^#\n]*)");

  /**
   * Besides sshd_config. Not the units as installed: those have the usual port, whether the socket
   * is used or not.
   */
  private static final List<String> SSHD =
      List.of(
          "etc/default/ssh",
          "etc/sysconfig/sshd",
          "etc/systemd/system/ssh*.socket",
          "etc/systemd/system/ssh.socket.d/*.conf",
          "etc/systemd/system/sshd.socket.d/*.conf",
          "run/systemd/generator/ssh.socket.d/*.conf");

  private static final Pattern SERVER =
      Pattern.compile("(?m)^[ \\t]*server:[ \\t]*\"?(https?://[^\\s\"]+)");
  private static final Pattern NAME_SERVER =
      Pattern.compile("(?m)^[ \\t]*nameserver[ \\t]+([^\\s%]+)");

  private final Optional<Path> hostRoot;
  private final Path root;

  /**
   * @param hostRoot the host's files, if visible
   * @param root of this process, which may have the sessions of the host and its resolv.conf
   */
  ProtectedServicesReader(Optional<Path> hostRoot, Path root) {
    this.hostRoot = hostRoot;
    this.root = root;
  }

  NodeFacts read() {
    List<String> sshd = hostRoot.map(ProtectedServicesReader::sshd).orElse(List.of());
    List<Server> kubelet =
        hostRoot
            .flatMap(host -> text(host.resolve("etc/kubernetes/kubelet.conf")))
            .map(ProtectedServicesReader::servers)
            .orElse(List.of());
    SshSessions sessions = sessions(hostRoot.orElse(root).resolve("run"));
    try {
      HostAddresses kernel = HostAddresses.open();
      return new NodeFacts(
          kernel.all().stream().map(ProtectedServicesReader::address).toList(),
          remote -> wayTo(kernel, remote),
          sshd,
          sessions,
          kubelet,
          nameServers(),
          kernel::close);
    } catch (NetlinkException e) {
      return new NodeFacts(
          List.of(), remote -> Optional.empty(), sshd, sessions, kubelet, nameServers(), () -> {});
    }
  }

  private static Optional<NodeAddress> wayTo(HostAddresses kernel, IpAddress remote) {
    try {
      return kernel.wayTo(remote).map(ProtectedServicesReader::address);
    } catch (NetlinkException e) {
      return Optional.empty();
    }
  }

  private static NodeAddress address(HostAddresses.HostAddress own) {
    return new NodeAddress(own.device(), own.address(), own.internal(), own.leased());
  }

  /** Of logind, which has fifos beside its files; else of utmp. */
  private static SshSessions sessions(Path run) {
    Path sessions = run.resolve("systemd/sessions");
    if (Files.isDirectory(sessions)) {
      try (Stream<Path> all = Files.list(sessions)) {
        List<Path> files = all.filter(Files::isRegularFile).toList();
        List<String> texts = texts(files.stream());
        // What may not be read tells nothing: SELinux keeps containers from it, unless told else.
        return texts.size() < files.stream().filter(Files::exists).count()
            ? SshSessions.UNSEEN
            : SshSessions.ofLogind(texts);
      } catch (IOException | UncheckedIOException e) {
        return SshSessions.UNSEEN;
      }
    }
    return bytes(run.resolve("utmp"))
        .map(records -> SshSessions.ofUtmp(records, UTMP_RECORD))
        .orElse(SshSessions.UNSEEN);
  }

  private static List<Server> servers(String kubeconfig) {
    try {
      return SERVER
          .matcher(kubeconfig)
          .results()
          .findFirst()
          .map(found -> ServerResolver.resolve(URI.create(found.group(1))))
          .orElse(List.of());
    } catch (IllegalArgumentException e) {
      return List.of();
    }
  }

  /** A stub on this machine asks those systemd-resolved knows. */
  private List<IpAddress> nameServers() {
    List<IpAddress> servers = nameServers(root.resolve("etc/resolv.conf"));
    return servers.isEmpty()
        ? hostRoot
            .map(host -> nameServers(host.resolve("run/systemd/resolve/resolv.conf")))
            .orElse(servers)
        : servers;
  }

  private static List<IpAddress> nameServers(Path file) {
    return NAME_SERVER
        .matcher(text(file).orElse(""))
        .results()
        .flatMap(found -> IpAddress.tryParse(found.group(1)).stream())
        .filter(address -> !address.isLoopback())
        .toList();
  }

  /** Its own files, those they include, what its service is started with, and its socket. */
  private static List<String> sshd(Path root) {
    Path ssh = root.resolve("etc/ssh");
    Optional<String> main = text(ssh.resolve("sshd_config"));
    Set<Path> files = new LinkedHashSet<>(matching(ssh.resolve("sshd_config.d/*.conf")));
    main.ifPresent(
        text ->
            INCLUDE
                .matcher(text)
                .results()
                .flatMap(result -> Stream.of(result.group(1).strip().split("[\\s\"]+")))
                .filter(name -> !name.isEmpty())
                .map(
                    name ->
                        name.startsWith("/") ? root.resolve(name.substring(1)) : ssh.resolve(name))
                .forEach(pattern -> files.addAll(matching(pattern))));
    SSHD.forEach(name -> files.addAll(matching(root.resolve(name))));
    return Stream.concat(main.stream(), texts(files.stream()).stream()).toList();
  }

  /** Files of a name that may have wildcards, in order. */
  private static List<Path> matching(Path pattern) {
    List<Path> files = new ArrayList<>();
    try (DirectoryStream<Path> found =
        Files.newDirectoryStream(pattern.getParent(), pattern.getFileName().toString())) {
      found.forEach(files::add);
    } catch (IOException | PatternSyntaxException e) {
      // No such directory: nothing is there.
    }
    files.sort(null);
    return files;
  }

  private static List<String> texts(Stream<Path> files) {
    return files.flatMap(file -> text(file).stream()).toList();
  }

  private static Optional<String> text(Path file) {
    return bytes(file).map(bytes -> new String(bytes, StandardCharsets.ISO_8859_1));
  }

  private static Optional<byte[]> bytes(Path file) {
    if (!Files.isRegularFile(file)) {
      return Optional.empty(); // whoever opens a fifo waits for a writer
    }
    try (var in = Files.newInputStream(file)) {
      return Optional.of(in.readNBytes(MAX_BYTES));
    } catch (IOException e) {
      return Optional.empty();
    }
  }
}
