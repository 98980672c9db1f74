package dev.tweed.agent.cni;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/**
 * Finds configurations of others that win over Tweed's. Runtimes (containerd, CRI-O) take the first
 * valid file in byte order of the names, so those that sort later never matter and are not
 * reported.
 */
public final class ForeignCniReader {

  /** Larger files are no CNI configurations; nothing reads them into memory here. */
  private static final long MAX_BYTES = 1 << 20;

  private static final List<String> ENDINGS = List.of(".conf", ".conflist", ".json");
  private static final ObjectMapper JSON = new ObjectMapper();

  private final Path confDir;

  /**
   * @param confDir the runtime's configuration directory as seen from this process
   */
  public ForeignCniReader(Path confDir) {
    this.confDir = confDir;
  }

  /** Names of the files that win, in the order in which they do; none if there is no directory. */
  public List<String> winning() throws IOException {
    try (Stream<Path> files = Files.list(confDir)) {
      return files
          .map(f -> f.getFileName().toString())
          .filter(name -> ENDINGS.stream().anyMatch(name::endsWith))
          .filter(name -> name.compareTo(CniConfigWriter.FILE) < 0)
          .sorted()
          .filter(name -> valid(confDir.resolve(name)))
          .toList();
    } catch (NoSuchFileException e) {
      return List.of();
    }
  }

  /** By the rules of libcni: a list needs a name and plugins with types, a single file a type. */
  private static boolean valid(Path file) {
    try {
      if (!Files.isRegularFile(file) || Files.size(file) > MAX_BYTES) {
        return false;
      }
      JsonNode root = JSON.readTree(Files.readAllBytes(file));
      if (!file.toString().endsWith(".conflist")) {
        return hasText(root, "type");
      }
      JsonNode plugins = root.path("plugins");
      boolean typed = plugins.isArray() && !plugins.isEmpty();
      for (JsonNode plugin : plugins) {
        typed &= hasText(plugin, "type");
      }
      return typed && hasText(root, "name");
    } catch (IOException e) {
      return false;
    }
  }

  private static boolean hasText(JsonNode node, String field) {
    return !node.path(field).asText("").isEmpty();
  }
}
