package dev.tweed.agent.training;

import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.jar.JarFile;
import java.util.zip.ZipEntry;

/**
 * Loads every class of Tweed's: an image is built without the privilege to write to the kernel, so
 * the classes that do are never used in training, and would be missing from the archive.
 */
final class OwnClasses {
  private OwnClasses() {}

  /** Loads them from the jar this class came from; nothing to do when run from a directory. */
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
      jar = Path.of(OwnClasses.class.getProtectionDomain().getCodeSource().getLocation().toURI());
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
          .map(n -> n.substring(0, n.length() - ".class".length()).replace('/', '.'))
          .sorted()
          .toList();
    }
  }
}
