package dev.tweed.agent.cni;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tweed.dataplane.ProbeAddress;
import dev.tweed.ip.IpPrefix;
import java.util.List;

/**
 * Renders the network configuration list of CNI spec 1.0.0: the bridge plugin with host-local
 * addresses, then portmap for hostPort, and what others have chained. Pure; equal networks give
 * equal text.
 */
public final class ConflistRenderer {

  private static final ObjectMapper JSON = new ObjectMapper();

  private ConflistRenderer() {}

  /**
   * The file's text, ending in a newline.
   *
   * @param first what the runtime calls the bridge plugin
   * @param all11 whether every plugin speaks CNI 1.1, too, by which newer runtimes ask for the
   *     state of the network. Older ones do not read that list, and refuse 1.1.0 as the version
   */
  public static String render(CniNetwork network, String first, CniChain chain, boolean all11) {
    ObjectNode root = JSON.createObjectNode();
    root.put("cniVersion", "1.0.0");
    if (all11) {
      root.putArray("cniVersions").add("1.0.0").add("1.1.0");
    }
    root.put("name", CniChain.NETWORK);
    ObjectNode portmap = JSON.createObjectNode();
    portmap.put("type", "portmap");
    portmap.putObject("capabilities").put("portMappings", true);
    // A pod that reaches its own hostPort, or a client on the node, needs its source rewritten.
    portmap.put("snat", true);
    root.putArray("plugins").addAll(chain.with(List.of(bridge(first, network), portmap)));
    return root.toPrettyString() + "\n";
  }

  private static ObjectNode bridge(String type, CniNetwork network) {
    ObjectNode bridge = JSON.createObjectNode();
    bridge.put("type", type);
    bridge.put("bridge", network.bridge());
    bridge.put("isGateway", true);
    bridge.put("isDefaultGateway", true);
    // Tweed masquerades for the whole node; the plugin would do it per pod, and pod to pod too.
    bridge.put("ipMasq", false);
    bridge.put("hairpinMode", network.hairpin());
    bridge.put("mtu", network.mtu());
    ObjectNode ipam = bridge.putObject("ipam");
    ipam.put("type", "host-local");
    ipam.put("dataDir", network.dataDir().toString());
    // One set per family: a pod gets an address from each set.
    ArrayNode ranges = ipam.putArray("ranges");
    for (IpPrefix block : network.blocks()) {
      ObjectNode range = ranges.addArray().addObject().put("subnet", block.toString());
      // Also where no probes are wanted: they may be later, and pods keep their addresses.
      ProbeAddress.lastOfPods(block).ifPresent(last -> range.put("rangeEnd", last.toString()));
    }
    return bridge;
  }
}
