package dev.tweed.firewall;

import dev.tweed.firewall.HostFirewall.Manager;
import java.util.List;

/**
 * Traffic the network needs and the host's firewall drops.
 *
 * @param amongPods whether it is traffic between pods, or that of the tunnel between nodes, and not
 *     only what goes to the outside
 * @param manager of the firewall that drops it
 * @param message what is dropped, and by which chain
 * @param commands what to type as root on the node to let it through, in this order
 */
public record FirewallBlockage(
    boolean amongPods, Manager manager, String message, List<String> commands) {
  public FirewallBlockage {
    commands = List.copyOf(commands);
  }
}
