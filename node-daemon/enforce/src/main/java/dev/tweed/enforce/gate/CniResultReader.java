package dev.tweed.enforce.gate;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/** Reads libcni's cache, and a file again only when it is another. Used by one thread. */
public final class CniResultReader {

  /** More than a pod's annotations can be (256 KiB), in base64, and the configuration. */
  private static final long MAX_BYTES = 1 << 20;

  private final Path directory;
  private Map<Path, Read> read = Map.of();

  private record Read(FileTime modified, long size, Object file, Optional<CniResult> result) {}

  /**
   * @param directory such as {@code /var/lib/cni/results}; may not exist
   */
  public CniResultReader(Path directory) {
    this.directory = directory;
  }

  /**
   * What is there now.
   *
   * @throws UncheckedIOException if it cannot be read: that is no word that there are no pods
   */
  public CniResults read() {
    Map<Path, Read> now = new HashMap<>();
    Set<String> names = new HashSet<>();
    try (Stream<Path> files = Files.list(directory)) {
      for (Path file : files.toList()) {
        names.add(file.getFileName().toString());
        read(file).ifPresent(r -> now.put(file, r));
      }
    } catch (NoSuchFileException | NotDirectoryException e) {
      read = Map.of();
      return CniResults.NONE;
    } catch (IOException | UncheckedIOException e) {
      throw new UncheckedIOException(
          "results of CNI plugins cannot be read: " + e.getMessage(), new IOException(e));
    }
    read = now;
    List<CniResult> results = new ArrayList<>();
    now.values().forEach(r -> r.result().ifPresent(results::add));
    return new CniResults(true, names, results);
  }

  private Optional<Read> read(Path file) {
    try {
      BasicFileAttributes attributes = Files.readAttributes(file, BasicFileAttributes.class);
      if (!attributes.isRegularFile() || attributes.size() > MAX_BYTES) {
        return Optional.empty();
      }
      Read before = read.get(file);
      if (before != null
          && before.result().isPresent() // one that is empty may just be written
          && before.modified().equals(attributes.lastModifiedTime())
          && before.size() == attributes.size()
          && before.file().equals(attributes.fileKey())) {
        return Optional.of(before);
      }
      return Optional.of(
          new Read(
              attributes.lastModifiedTime(),
              attributes.size(),
              attributes.fileKey(),
              CniResultParser.parse(Files.readAllBytes(file))));
    } catch (IOException gone) {
      return Optional.empty();
    }
  }
}
