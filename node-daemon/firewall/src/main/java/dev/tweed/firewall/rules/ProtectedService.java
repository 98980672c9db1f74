package dev.tweed.firewall.rules;

import dev.tweed.ip.AddressFamily;
import dev.tweed.ip.IpAddress;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Something that has to stay reachable.
 *
 * @param name for people: SSH, kubelet...
 * @param direction IN where the node serves it, OUT where the node asks for it
 * @param protocol TCP or UDP
 * @param port destination port
 * @param families it can be reached by
 * @param devices by which others reach the node; empty if they are not known
 * @param ends other ends that are in use now; a rule that cuts one of them cuts the service
 */
public record ProtectedService(
    String name,
    Direction direction,
    Protocol protocol,
    int port,
    Set<AddressFamily> families,
    Set<String> devices,
    List<End> ends) {

  /**
   * The other end of a connection.
   *
   * @param peer its address
   * @param own this node's address in that connection, if known
   * @param device the device it is reached by, if known
   */
  public record End(IpAddress peer, Optional<IpAddress> own, Optional<String> device) {

    /** One of which no more is known. */
    public static End of(IpAddress peer) {
      return new End(peer, Optional.empty(), Optional.empty());
    }
  }

  public ProtectedService {
    families = Set.copyOf(families);
    devices = Set.copyOf(devices);
    ends = List.copyOf(ends);
  }

  /** One of both families, of which the addresses of the peers are known. */
  public ProtectedService(
      String name, Direction direction, Protocol protocol, int port, List<IpAddress> peers) {
    this(
        name,
        direction,
        protocol,
        port,
        EnumSet.allOf(AddressFamily.class),
        Set.of(),
        peers.stream().map(End::of).toList());
  }
}
