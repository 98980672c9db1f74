package dev.tweed.agent.api;

import dev.tweed.agent.api.CredentialFiles.Source;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;

/** Reads a kubeconfig: the cluster and the user of its current context. */
final class KubeconfigReader {

  private static final int SIZE_MAX = 1024 * 1024;

  /**
   * What it says.
   *
   * @param server URL, if there is one
   * @param verifiedName name to verify in place of the URL's
   */
  record Kubeconfig(
      Optional<String> server, Optional<String> verifiedName, CredentialFiles credentials) {}

  private final Path file;

  private KubeconfigReader(Path file) {
    this.file = file;
  }

  /**
   * Reads a file.
   *
   * @throws IllegalArgumentException saying what is wrong with it and what to do
   */
  static Kubeconfig read(Path file) {
    return new KubeconfigReader(file).read();
  }

  private Kubeconfig read() {
    Map<?, ?> root = map(load(), "it");
    String current = text(root, "current-context").orElseThrow(() -> wrong("no current-context"));
    Map<?, ?> context = named(root, "contexts", "context", current);
    Map<?, ?> cluster =
        named(
            root,
            "clusters",
            "cluster",
            text(context, "cluster").orElseThrow(() -> wrong("a context without cluster")));
    Map<?, ?> user =
        text(context, "user").map(u -> named(root, "users", "user", u)).orElse(Map.of());
    if ("true".equals(String.valueOf(cluster.get("insecure-skip-tls-verify")))) {
      throw wrong("insecure-skip-tls-verify, which is not supported: name certificate-authority");
    }
    if (cluster.containsKey("proxy-url")) {
      throw wrong("a proxy-url, which is not supported: give a server that can be reached");
    }
    for (String unsupported : List.of("exec", "auth-provider", "username")) {
      if (user.containsKey(unsupported)) {
        throw wrong(
            "a user by " + unsupported + ", which is not supported: give a client certificate");
      }
    }
    return new Kubeconfig(
        text(cluster, "server"),
        text(cluster, "tls-server-name"),
        new CredentialFiles(
            source(cluster, "certificate-authority"),
            source(user, "client-certificate"),
            source(user, "client-key"),
            text(user, "tokenFile")
                .map(this::file)
                .or(() -> text(user, "token").map(t -> new Source.Inline("token", t.getBytes())))));
  }

  private Object load() {
    try {
      if (Files.size(file) > SIZE_MAX) {
        throw wrong("more than a kubeconfig");
      }
      return new Load(LoadSettings.builder().setLabel("kubeconfig").build())
          .loadFromString(Files.readString(file));
    } catch (IOException e) {
      throw new IllegalArgumentException(
          "--kubeconfig " + file + " cannot be read; create it or correct the path", e);
    } catch (YamlEngineException e) {
      throw wrong("what is not YAML: " + e.getMessage().lines().findFirst().orElse(""));
    }
  }

  /** The value of the entry of that name in a list of names and values. */
  private Map<?, ?> named(Map<?, ?> root, String list, String value, String name) {
    if (root.get(list) instanceof List<?> entries) {
      for (Object entry : entries) {
        if (entry instanceof Map<?, ?> map && name.equals(map.get("name"))) {
          return map(map.get(value), value + " " + name);
        }
      }
    }
    throw wrong("no " + value + " named " + name);
  }

  private Optional<Source> source(Map<?, ?> map, String key) {
    Optional<String> data = text(map, key + "-data");
    if (data.isPresent()) {
      try {
        return Optional.of(
            new Source.Inline(
                key + "-data of " + file,
                Base64.getDecoder().decode(data.get().replaceAll("\\s", ""))));
      } catch (IllegalArgumentException e) {
        throw wrong(key + "-data that is not base64");
      }
    }
    return text(map, key).map(this::file);
  }

  /** A path is relative to the kubeconfig, as kubectl takes it. */
  private Source file(String path) {
    return new Source.File(file.toAbsolutePath().resolveSibling(path));
  }

  private static Optional<String> text(Map<?, ?> map, String key) {
    return map.get(key) instanceof String text && !text.isEmpty()
        ? Optional.of(text)
        : Optional.empty();
  }

  private Map<?, ?> map(Object value, String what) {
    if (value instanceof Map<?, ?> map) {
      return map;
    }
    throw wrong(what + " that is no mapping");
  }

  private IllegalArgumentException wrong(String what) {
    return new IllegalArgumentException("--kubeconfig " + file + " has " + what);
  }
}
