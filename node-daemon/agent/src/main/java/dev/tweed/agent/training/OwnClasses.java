package dev.tweed.agent.training;

import dev.tweed.agent.Main;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.jar.JarFile;
import java.util.zip.ZipEntry;

/**
 * Loads the classes of Tweed's that every node needs: an image is built without the privilege to
 * write to the kernel, so those that do are never used in training, and would be missing from the
 * archive. What is in it costs memory whether it is used or not, so what few nodes need, or only a
 * person at a node, is left out.
 */
final class OwnClasses {

  private static final List<String> SELDOM =
      List.of(
          "agent/command/",
          "firewall/dbus/",
          "firewall/firewalld/",
          "firewall/iptables/",
          "firewall/ruleset/",
          "firewall/ufw/");

  private OwnClasses() {}

  /** Loads them from the daemon's jar; nothing to do when run from a directory. */
  static void load() throws IOException {
    for (String name : names()) {
      try {
        Class.forName(name);
      } catch (ClassNotFoundException | LinkageError e) {
        throw new IOException(name + " is in the jar but cannot be loaded", e);
      }
    }
  }

  private static List<String> names() throws IOException {
    Path jar;
    try {
      jar = Path.of(Main.class.getProtectionDomain().getCodeSource().getLocation().toURI());
    } catch (URISyntaxException e) {
      throw new IOException(e);
    }
    if (!Files.isRegularFile(jar)) {
      return List.of();
    }
    try (JarFile file = new JarFile(jar.toFile())) {
      return file.stream()
          .map(ZipEntry::getName)
          .filter(n -> n.startsWith("dev/tweed/") && n.endsWith(".class"))
          .filter(n -> !n.endsWith("package-info.class"))
          .filter(n -> SELDOM.stream().noneMatch(p -> n.startsWith("dev/tweed/" + p)))
          .map(n -> n.substring(0, n.length() - ".class".length()).replace('/', '.'))
          .sorted()
          .toList();
    }
  }
}
