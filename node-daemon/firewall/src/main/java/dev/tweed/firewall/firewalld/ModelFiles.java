package dev.tweed.firewall.firewalld;

import dev.tweed.host.AtomicFile;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;

/**
 * Our files in firewalld's permanent model. Whoever reads one finds the old or the new one, and no
 * other file is touched. firewalld reads them when it starts or is reloaded.
 */
final class ModelFiles {

  private static final String SUFFIX = ".xml";

  /** firewalld's copy of a file it has replaced. */
  private static final String COPY = ".xml.old";

  private static final Pattern IPTABLES =
      Pattern.compile("(?m)^\\s*FirewallBackend\\s*=\\s*iptables\\s*$");

  private static final long MAX_BYTES = 64 << 20;

  private final Path directory;

  /**
   * @param directory /etc/firewalld of the host
   */
  ModelFiles(Path directory) {
    this.directory = directory;
  }

  /** Those there are: path below the directory, and text. */
  Map<String, String> read() throws IOException {
    Map<String, String> files = new TreeMap<>();
    for (String kind : new String[] {"policies", "zones"}) {
      Path parent = directory.resolve(kind);
      if (!Files.isDirectory(parent)) {
        continue;
      }
      try (DirectoryStream<Path> paths = Files.newDirectoryStream(parent, "tweed*.xml*")) {
        for (Path path : paths) {
          String name = path.getFileName().toString();
          if (isOurs(kind, name) && Files.size(path) <= MAX_BYTES) {
            files.put(kind + "/" + name, Files.readString(path, StandardCharsets.UTF_8));
          }
        }
      }
    }
    return files;
  }

  private static boolean isOurs(String kind, String name) {
    String plain =
        name.endsWith(SUFFIX)
            ? name.substring(0, name.length() - SUFFIX.length())
            : name.endsWith(COPY) ? name.substring(0, name.length() - COPY.length()) : "";
    return kind.equals("zones") ? DeviceZone.isOurs(plain) : Policy.isOurs(plain);
  }

  /** Whether firewalld is set to put its rules into iptables; without its settings it is not. */
  boolean usesIptables() throws IOException {
    Path settings = directory.resolve("firewalld.conf");
    return Files.isRegularFile(settings)
        && IPTABLES.matcher(Files.readString(settings, StandardCharsets.ISO_8859_1)).find();
  }

  /** Whether firewalld would find another model in these. */
  static boolean differ(Map<String, String> files, Map<String, String> others) {
    return !withoutCopies(files).equals(withoutCopies(others));
  }

  private static Map<String, String> withoutCopies(Map<String, String> files) {
    Map<String, String> rest = new TreeMap<>(files);
    rest.keySet().removeIf(name -> name.endsWith(COPY));
    return rest;
  }

  /** Makes these the files there are; the disk has them when it returns. */
  void write(Map<String, String> files) throws IOException {
    Map<String, String> before = read();
    for (Map.Entry<String, String> file : files.entrySet()) {
      if (!file.getValue().equals(before.get(file.getKey()))) {
        write(directory.resolve(file.getKey()), file.getValue());
      }
    }
    for (String name : before.keySet()) {
      if (!files.containsKey(name)) {
        AtomicFile.delete(directory.resolve(name));
      }
    }
  }

  private static void write(Path path, String text) throws IOException {
    Path parent = path.getParent();
    if (!Files.isDirectory(parent)) {
      Files.createDirectory(
          parent,
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwxr-x---")));
    }
    // firewalld looks at names that end in .xml only.
    AtomicFile.write(path, text.getBytes(StandardCharsets.UTF_8), "rw-r--r--");
  }
}
