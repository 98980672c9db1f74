package dev.tweed.agent.firewall;

import dev.tweed.agent.firewall.FirewallHost.SocketSight;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Reads what listens on this node. Never fails: what cannot be read is not there. */
final class ProtectedServicesReader {

  /** Some thousands of sockets; what is beyond is as likely of no service to protect. */
  private static final int MAX_BYTES = 2 << 20;

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
    List<String> tcp = new ArrayList<>();
    text(proc.resolve("tcp")).ifPresent(tcp::add);
    text(proc.resolve("tcp6")).ifPresent(tcp::add);
    List<String> sshd = new ArrayList<>();
    hostRoot
        .map(root -> root.resolve("etc/ssh"))
        .ifPresent(
            ssh -> {
              text(ssh.resolve("sshd_config")).ifPresent(sshd::add);
              included(ssh.resolve("sshd_config.d")).forEach(f -> text(f).ifPresent(sshd::add));
            });
    return new SocketSight(tcp, sshd);
  }

  private static List<Path> included(Path directory) {
    List<Path> files = new ArrayList<>();
    try (DirectoryStream<Path> found = Files.newDirectoryStream(directory, "*.conf")) {
      found.forEach(files::add);
    } catch (IOException e) {
      // No such directory: nothing is included.
    }
    files.sort(null);
    return files;
  }

  private static Optional<String> text(Path file) {
    try (var in = Files.newInputStream(file)) {
      return Optional.of(new String(in.readNBytes(MAX_BYTES), StandardCharsets.ISO_8859_1));
    } catch (IOException e) {
      return Optional.empty();
    }
  }
}
