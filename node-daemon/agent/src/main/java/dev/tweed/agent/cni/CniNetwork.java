package dev.tweed.agent.cni;

import dev.tweed.ip.IpPrefix;
import java.nio.file.Path;
import java.util.List;

/**
 * What the CNI configuration of this node follows from.
 *
 * @param bridge device pods are attached to
 * @param hairpin whether a pod may reach itself through a Service
 * @param mtu MTU of pods, bytes
 * @param blocks where pods get addresses from; the first address of each is the gateway
 * @param dataDir where host-local keeps which address is taken: below /run, so that a reboot, which
 *     ends every pod, frees them all
 */
public record CniNetwork(
    String bridge, boolean hairpin, int mtu, List<IpPrefix> blocks, Path dataDir) {
  public CniNetwork {
    blocks = List.copyOf(blocks);
  }
}
