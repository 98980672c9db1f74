package dev.tweed.agent.cni;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tweed.dataplane.ProbeAddress;
import dev.tweed.ip.IpPrefix;

/**
 * Renders the network configuration list of CNI spec 1.0.0: the bridge plugin with host-local
 * addresses, then portmap for hostPort. Pure; equal networks give equal text.
 */
public final class ConflistRenderer {

  private static final ObjectMapper JSON = new ObjectMapper();

  private ConflistRenderer() {}

  /** The file's text, ending in a newline. */
  public static String render(CniNetwork network) {
    ObjectNode root = JSON.createObjectNode();
    root.put("cniVersion", "1.0.0");
    root.put("name", "tweed");
    ArrayNode plugins = root.putArray("plugins");
    bridge(plugins.addObject(), network);
    ObjectNode portmap = plugins.addObject();
    portmap.put("type", "portmap");
    portmap.putObject("capabilities").put("portMappings", true);
    // A pod that reaches its own hostPort, or a client on the node, needs its source rewritten.
    portmap.put("snat", true);
    return root.toPrettyString() + "\n";
  }

  private static void bridge(ObjectNode bridge, CniNetwork network) {
    bridge.put("type", "bridge");
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
  }
}
