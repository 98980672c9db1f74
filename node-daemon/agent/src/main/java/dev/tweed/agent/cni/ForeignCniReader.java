package dev.tweed.agent.cni;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Stream;

/**
 * Finds configurations of others that win over Tweed's. Runtimes (containerd, CRI-O) take the first
 * valid file in byte order of the names, so those that sort later never matter and are not
 * reported. Nor are those of a meta plugin that hands every pod on to ours.
 *
 * @param confDir the runtime's configuration directory as seen from this process
 */
public record ForeignCniReader(Path confDir) {

  /** Larger files are no CNI configurations; nothing reads them into memory here. */
  private static final long MAX_BYTES = 1 << 20;

  private static final List<String> ENDINGS = List.of(".conf", ".conflist", ".json");
  private static final Set<String> META = Set.of("multus", "multus-shim");
  private static final ObjectMapper JSON = new ObjectMapper();

  /** Names of the files that win, in the order in which they do; none if there is no directory. */
  public List<String> winning() throws IOException {
    return those(name -> name.compareTo(CniConfigFile.NAME) < 0);
  }

  /** Names of all files of other networks, in that order. */
  public List<String> all() throws IOException {
    return those(name -> !name.equals(CniConfigFile.NAME));
  }

  private List<String> those(Predicate<String> which) throws IOException {
    try (Stream<Path> files = Files.list(confDir)) {
      return files
          .map(f -> f.getFileName().toString())
          .filter(name -> ENDINGS.stream().anyMatch(name::endsWith))
          .filter(which)
          .sorted()
          .filter(name -> wins(confDir.resolve(name)))
          .toList();
    } catch (NoSuchFileException e) {
      return List.of();
    }
  }

  private static boolean wins(Path file) {
    try {
      if (!Files.isRegularFile(file) || Files.size(file) > MAX_BYTES) {
        return false;
      }
      JsonNode root = JSON.readTree(Files.readAllBytes(file));
      boolean list = file.toString().endsWith(".conflist");
      return valid(root, list) && !delegates(list ? root.path("plugins").path(0) : root);
    } catch (IOException e) {
      return false;
    }
  }

  /** By the rules of libcni: a list needs a name and plugins with types, a single file a type. */
  private static boolean valid(JsonNode root, boolean list) {
    if (!list) {
      return hasText(root, "type");
    }
    JsonNode plugins = root.path("plugins");
    boolean typed = plugins.isArray() && !plugins.isEmpty();
    for (JsonNode plugin : plugins) {
      typed &= hasText(plugin, "type");
    }
    return typed && hasText(root, "name");
  }

  /**
   * Whether it is Multus with our network as the cluster's: by the name of the network or the path
   * of our file, or by a copy of that which Multus keeps up to date.
   */
  private static boolean delegates(JsonNode plugin) {
    if (!META.contains(plugin.path("type").asText())) {
      return false;
    }
    String network = plugin.path("clusterNetwork").asText();
    return network.equals(CniChain.NETWORK)
        || network.endsWith("/" + CniConfigFile.NAME)
        || plugin.path("delegates").path(0).path("name").asText().equals(CniChain.NETWORK);
  }

  private static boolean hasText(JsonNode node, String field) {
    return !node.path(field).asText("").isEmpty();
  }
}
