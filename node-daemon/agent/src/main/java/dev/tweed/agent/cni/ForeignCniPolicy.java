package dev.tweed.agent.cni;

import dev.tweed.agent.finding.AgentReason;
import dev.tweed.agent.finding.NodeFinding;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What becomes of configurations that win over Tweed's: they are reported, and set aside only when
 * the administrator has allowed it.
 */
public final class ForeignCniPolicy {

  /** Ending of a configuration set aside; no runtime reads files with it. */
  public static final String DISABLED = ".tweed-disabled";

  private static final Logger LOG = LoggerFactory.getLogger(ForeignCniPolicy.class);

  private final Path confDir;
  private final boolean replace;
  private final ForeignCniReader reader;

  /**
   * @param confDir the runtime's configuration directory as seen from this process
   * @param replace whether winning configurations are renamed
   */
  public ForeignCniPolicy(Path confDir, boolean replace) {
    this.confDir = confDir;
    this.replace = replace;
    this.reader = new ForeignCniReader(confDir);
  }

  /** Looks, and sets aside what it may; what still wins afterwards is a finding. */
  public Optional<NodeFinding> apply() {
    List<String> winning = winning();
    if (replace) {
      winning.forEach(this::setAside);
      winning = winning();
    }
    return winning.isEmpty() ? Optional.empty() : Optional.of(finding(winning));
  }

  /** Whether a configuration of another network is there, or was set aside. */
  public boolean others() {
    try {
      return !reader.all().isEmpty() || !setAsideFiles().isEmpty();
    } catch (IOException | UncheckedIOException e) {
      LOG.warn("cannot look for other CNI configurations in {}: {}", confDir, e.toString());
      return false;
    }
  }

  /** Gives every configuration that was set aside its name back; returns those names. */
  public List<String> restore() throws IOException {
    List<String> restored = new ArrayList<>();
    for (Path aside : setAsideFiles()) {
      String name = aside.getFileName().toString();
      String original = name.substring(0, name.length() - DISABLED.length());
      if (!Files.exists(confDir.resolve(original))) {
        Files.move(aside, confDir.resolve(original), StandardCopyOption.ATOMIC_MOVE);
        restored.add(original);
      }
    }
    return restored;
  }

  private List<Path> setAsideFiles() throws IOException {
    if (!Files.isDirectory(confDir)) {
      return List.of();
    }
    try (Stream<Path> files = Files.list(confDir)) {
      return files.filter(f -> f.toString().endsWith(DISABLED)).sorted().toList();
    }
  }

  private List<String> winning() {
    try {
      return reader.winning();
    } catch (IOException | UncheckedIOException e) {
      LOG.warn("cannot look for other CNI configurations in {}: {}", confDir, e.toString());
      return List.of();
    }
  }

  private void setAside(String name) {
    try {
      Files.move(
          confDir.resolve(name), confDir.resolve(name + DISABLED), StandardCopyOption.ATOMIC_MOVE);
      LOG.info("set aside the CNI configuration {} as {}{}", name, name, DISABLED);
    } catch (IOException e) {
      LOG.warn("cannot set aside the CNI configuration {}: {}", name, e.toString());
    }
  }

  private NodeFinding finding(List<String> winning) {
    return NodeFinding.of(
        AgentReason.ForeignCNIConfig,
        String.join(", ", winning),
        "the container runtime prefers "
            + String.join(", ", winning)
            + " to Tweed's CNI configuration, so new pods are not on the pod network",
        "on the node, remove it from the runtime's CNI configuration directory (by default"
            + " /etc/cni/net.d), or set the chart value cni.replaceForeign=true");
  }
}
