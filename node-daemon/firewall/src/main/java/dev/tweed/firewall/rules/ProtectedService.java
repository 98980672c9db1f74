package dev.tweed.firewall.rules;

import dev.tweed.netlink.IpAddress;
import java.util.List;

/**
 * Something that has to stay reachable.
 *
 * @param name for people: SSH, kubelet...
 * @param direction IN where the node serves it, OUT where the node asks for it
 * @param protocol TCP or UDP
 * @param port destination port
 * @param peers other ends that are in use now; a rule that cuts one of them cuts the service
 */
public record ProtectedService(
    String name, Direction direction, Protocol protocol, int port, List<IpAddress> peers) {
  public ProtectedService {
    peers = List.copyOf(peers);
  }
}
