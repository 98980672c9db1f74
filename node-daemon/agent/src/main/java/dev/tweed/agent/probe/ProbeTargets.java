package dev.tweed.agent.probe;

import dev.tweed.dataplane.ProbeAddress;
import dev.tweed.ip.IpAddress;
import dev.tweed.ip.IpPrefix;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * What can be probed, from where.
 *
 * @param enabled whether to probe at all
 * @param own own blocks, those with room for a probe address before others; probes come from the
 *     first of each family
 * @param peers blocks of other nodes
 * @param podMtu bytes of the largest IP packet of a pod; 0 while unknown
 */
public record ProbeTargets(boolean enabled, List<Source> own, List<Target> peers, int podMtu) {

  /** Nothing, because nobody wants it. */
  public static final ProbeTargets NONE = new ProbeTargets(false, List.of(), List.of(), 0);

  /**
   * Where probes come from.
   *
   * @param address the probe address of the block; if it has none, the host's own in it
   */
  public record Source(IpPrefix block, IpAddress address) {
    /** Refuses nulls. */
    public Source {
      Objects.requireNonNull(block, "block");
      Objects.requireNonNull(address, "address");
    }

    /** Whether packets from it are forwarded as those of pods are. */
    public boolean isBehindBridge() {
      return ProbeAddress.of(block).isPresent();
    }
  }

  /**
   * Where they go to.
   *
   * @param node name of the Node
   * @param address the probe address of the block; if it has none, the host's own in it
   * @param nodeIps underlay addresses of the node
   * @param tunnel name of the device whose tunnel leads there; empty where a plain route does
   */
  public record Target(
      String node,
      IpPrefix block,
      IpAddress address,
      List<IpAddress> nodeIps,
      Optional<String> tunnel) {
    /** Copies the list. */
    public Target {
      Objects.requireNonNull(node, "node");
      Objects.requireNonNull(block, "block");
      Objects.requireNonNull(address, "address");
      Objects.requireNonNull(tunnel, "tunnel");
      nodeIps = List.copyOf(nodeIps);
    }

    /** Whether packets to it are forwarded as those to pods are. */
    public boolean isBehindBridge() {
      return ProbeAddress.of(block).isPresent();
    }
  }

  /** Copies the lists. */
  public ProbeTargets {
    own = List.copyOf(own);
    peers = List.copyOf(peers);
  }

  /** Names of the devices whose tunnels lead to peers. */
  Set<String> tunnels() {
    return peers.stream().flatMap(peer -> peer.tunnel().stream()).collect(Collectors.toSet());
  }
}
