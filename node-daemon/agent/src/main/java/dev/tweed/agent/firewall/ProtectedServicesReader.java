package dev.tweed.agent.firewall;

import dev.tweed.agent.firewall.FirewallHost.SocketSight;
import java.io.IOException;
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
 * Reads what listens on this node, and where its routes lead. Never fails: what cannot be read is
 * not there.
 */
final class ProtectedServicesReader {

  /** Some thousands of sockets; what is beyond is as likely of no service to protect. */
  private static final int MAX_BYTES = 2 << 20;

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

  private static final List<String> KUBERNETES =
      List.of("etc/kubernetes/manifests/kube-apiserver.yaml", "var/lib/kubelet/config.yaml");

  private final Optional<Path> hostRoot;
  private final Path proc;

  /**
   * @param hostRoot the host's files, if visible
   * @param proc this network namespace's {@code /proc/net}
   */
  ProtectedServicesReader(Optional<Path> hostRoot, Path proc) {
    this.hostRoot = hostRoot;
    this.proc = proc;
  }

  SocketSight read() {
    return new SocketSight(
        texts(Stream.of("tcp", "tcp6").map(proc::resolve)),
        hostRoot.map(ProtectedServicesReader::sshd).orElse(List.of()),
        hostRoot.map(root -> texts(KUBERNETES.stream().map(root::resolve))).orElse(List.of()),
        texts(Stream.of("route", "ipv6_route").map(proc::resolve)));
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
    try (var in = Files.newInputStream(file)) {
      return Optional.of(new String(in.readNBytes(MAX_BYTES), StandardCharsets.ISO_8859_1));
    } catch (IOException e) {
      return Optional.empty();
    }
  }
}
