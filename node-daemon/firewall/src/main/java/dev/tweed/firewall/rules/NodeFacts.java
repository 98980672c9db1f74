package dev.tweed.firewall.rules;

import dev.tweed.firewall.rules.ProtectedFlowsPlanner.NodeAddress;
import dev.tweed.firewall.rules.ProtectedFlowsPlanner.Server;
import dev.tweed.ip.IpAddress;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/**
 * What a node tells; empty where it is not to be seen.
 *
 * @param addresses of the node, but those of loopback
 * @param wayTo device and source address by which its packets reach an address; until it is closed
 * @param sshd texts of what tells sshd its ports
 * @param sessions who is logged in
 * @param kubelet where the kubelet reaches an API server
 * @param nameServers that its programs ask, without loopback
 * @param closing is run when it is not needed any more
 */
public record NodeFacts(
    List<NodeAddress> addresses,
    Function<IpAddress, Optional<NodeAddress>> wayTo,
    List<String> sshd,
    SshSessions sessions,
    List<Server> kubelet,
    List<IpAddress> nameServers,
    Runnable closing)
    implements AutoCloseable {

  /** Nothing is to be seen. */
  public static final NodeFacts NOTHING =
      new NodeFacts(
          List.of(),
          address -> Optional.empty(),
          List.of(),
          SshSessions.UNSEEN,
          List.of(),
          List.of(),
          () -> {});

  public NodeFacts {
    addresses = List.copyOf(addresses);
    sshd = List.copyOf(sshd);
    kubelet = List.copyOf(kubelet);
    nameServers = List.copyOf(nameServers);
  }

  @Override
  public void close() {
    closing.run();
  }
}
