package dev.tweed.agent.cni;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;

/**
 * The plugins that others (Istio, Linkerd, an administrator) have chained to ours, each with its
 * place among them. Immutable.
 */
public final class CniChain {

  /** No plugin but ours. */
  static final CniChain NONE = new CniChain(List.of());

  /** The name of our network. */
  static final String NETWORK = "tweed";

  private static final Set<String> OURS = Set.of(CniEntry.TYPE, "bridge", "portmap");
  private static final ObjectMapper JSON = new ObjectMapper();

  /**
   * @param after how many of ours come before it
   */
  private record Chained(int after, ObjectNode plugin) {
    String type() {
      return plugin.path("type").asText();
    }
  }

  private final List<Chained> plugins;

  private CniChain(List<Chained> plugins) {
    this.plugins = List.copyOf(plugins);
  }

  /** Those in a configuration; empty if it is none of our network. */
  static Optional<CniChain> read(byte[] conflist) {
    JsonNode root;
    try {
      root = JSON.readTree(conflist);
    } catch (IOException e) {
      return Optional.empty();
    }
    if (!root.path("name").asText().equals(NETWORK) || root.path("plugins").isEmpty()) {
      return Optional.empty();
    }
    List<Chained> plugins = new ArrayList<>();
    int ours = 0;
    for (JsonNode plugin : root.path("plugins")) {
      String type = plugin.path("type").asText();
      if (OURS.contains(type)) {
        ours++;
      } else if (plugin instanceof ObjectNode object && isName(type)) {
        plugins.add(new Chained(ours, object.deepCopy()));
      }
    }
    return Optional.of(new CniChain(plugins));
  }

  /** Without those whose plugin, by its name, does not pass. */
  CniChain only(Predicate<String> passes) {
    return new CniChain(plugins.stream().filter(chained -> passes.test(chained.type())).toList());
  }

  /** Names of the plugins. */
  List<String> types() {
    return plugins.stream().map(Chained::type).toList();
  }

  /** All in the order in which runtimes call them. */
  List<ObjectNode> with(List<ObjectNode> ours) {
    List<ObjectNode> all = new ArrayList<>();
    for (int i = 0; i <= ours.size(); i++) {
      for (Chained chained : plugins) {
        if (Math.min(chained.after(), ours.size()) == i) {
          all.add(chained.plugin().deepCopy());
        }
      }
      if (i < ours.size()) {
        all.add(ours.get(i));
      }
    }
    return all;
  }

  /** As libcni has it: a plugin is a file of the plugin directory. */
  private static boolean isName(String type) {
    return !type.isEmpty() && !type.contains("/") && !type.contains("\0");
  }
}
