package dev.tweed.agent.cni;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tweed.agent.file.FileFailure;
import dev.tweed.agent.finding.AgentReason;
import dev.tweed.agent.finding.NodeFinding;
import dev.tweed.agent.memory.StateFile;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Puts the CNI configuration in place: our plugins as the network asks, and those that others have
 * chained to them, in their order, while their program exists. What was chained is remembered
 * beyond a boot, which removes the file.
 *
 * <p>Call it only when the data path is verified. Never withdraws: a later fault must not make a
 * node with running pods NotReady.
 */
public final class CniConfigWriter {

  /** Version of what is remembered. */
  public static final int MEMORY_VERSION = 1;

  /** Most of what is remembered. */
  public static final int MEMORY_BYTES = 1 << 18;

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Logger LOG = LoggerFactory.getLogger(CniConfigWriter.class);

  private final CniConfigFile file;
  private final CniEntry entry;
  private final CniVersions versions;
  private final Path binDir;
  private final StateFile memory;
  private Optional<byte[]> remembered = Optional.empty();
  private boolean memoryFailed;

  /**
   * @param binDir the runtime's plugin directory as seen from this process
   * @param memory what was chained before a boot
   */
  public CniConfigWriter(CniConfigFile file, CniEntry entry, Path binDir, StateFile memory) {
    this.file = file;
    this.entry = entry;
    this.versions = new CniVersions(binDir);
    this.binDir = binDir;
    this.memory = memory;
  }

  /** Makes everything as it should be; touches nothing if it is. Empty if it is now. */
  public Optional<NodeFinding> write(CniNetwork network) {
    Path at = entry.opened();
    try {
      String first = entry.usable() ? CniEntry.TYPE : "bridge";
      entry.open();
      at = file.marker();
      CniChain chain = chain().only(type -> CniPluginReader.isThere(binDir.resolve(type)));
      file.mark();
      at = file.path();
      byte[] content = render(network, first, chain);
      file.write(content);
      remember(chain, content);
      return Optional.empty();
    } catch (IOException e) {
      return Optional.of(
          FileFailure.of(AgentReason.CNIConfigFailed, "the CNI configuration", at, e));
    }
  }

  /**
   * Puts the file anew, though it is right: a runtime that missed it, or failed at it, looks again
   * at the next event only (containerd/containerd#8419, cri-o/cri-o#4276).
   */
  public Optional<NodeFinding> showAnew() {
    try {
      Optional<byte[]> content = file.read();
      if (content.isPresent()) {
        file.writeAnew(content.get());
      }
      return Optional.empty();
    } catch (IOException e) {
      return Optional.of(
          FileFailure.of(AgentReason.CNIConfigFailed, "the CNI configuration", file.path(), e));
    }
  }

  /**
   * Has the configuration that is there refuse new pods with a sentence, and take down those that
   * run. The sentence stands where the bridge's name is: the bridge plugin makes the bridge before
   * anything else, and says which one it could not make; nothing that takes a pod down reads it.
   *
   * @param why longer than a device's name may be, with spaces
   */
  public Optional<NodeFinding> refuse(String why) {
    try {
      Optional<byte[]> content = file.read();
      if (content.isPresent()
          && JSON.readTree(content.get()) instanceof ObjectNode root
          && root.path("plugins") instanceof ArrayNode plugins) {
        for (JsonNode plugin : plugins) {
          if (plugin instanceof ObjectNode first && first.has("bridge")) {
            first.put("bridge", why);
          }
        }
        file.write((root.toPrettyString() + "\n").getBytes(StandardCharsets.UTF_8));
      }
      return Optional.empty();
    } catch (IOException e) {
      return Optional.of(
          FileFailure.of(AgentReason.CNIConfigFailed, "the CNI configuration", file.path(), e));
    }
  }

  private byte[] render(CniNetwork network, String first, CniChain chain) {
    List<String> plugins = new ArrayList<>(List.of("bridge", "host-local", "portmap"));
    plugins.addAll(chain.types());
    return ConflistRenderer.render(network, first, chain, versions.all11(plugins))
        .getBytes(StandardCharsets.UTF_8);
  }

  /** A file that is there is what somebody wants; memory is for when there is none. */
  private CniChain chain() {
    return file.read()
        .flatMap(CniChain::read)
        .or(() -> memory.read().flatMap(CniChain::read))
        .orElse(CniChain.NONE);
  }

  private void remember(CniChain chain, byte[] content) {
    byte[] wanted = chain.types().isEmpty() ? new byte[0] : content;
    if (remembered.filter(known -> Arrays.equals(known, wanted)).isPresent()) {
      return;
    }
    try {
      if (wanted.length == 0) {
        memory.delete();
      } else {
        memory.write(wanted);
      }
      remembered = Optional.of(wanted);
      memoryFailed = false;
    } catch (IOException e) {
      if (!memoryFailed) {
        LOG.warn("what is chained to the CNI configuration is not remembered: {}", e.toString());
      }
      memoryFailed = true;
    }
  }
}
