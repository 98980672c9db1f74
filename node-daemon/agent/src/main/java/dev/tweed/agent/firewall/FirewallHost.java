package dev.tweed.agent.firewall;

import dev.tweed.firewall.HostFirewall;
import dev.tweed.firewall.backend.BackendKind;
import dev.tweed.firewall.backend.BackendOutcome;
import dev.tweed.firewall.backend.FirewallBackend;
import dev.tweed.firewall.nft.GuardRules;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/** The host's firewall as this package uses it; a seam for tests. Used by one thread at a time. */
public interface FirewallHost {

  /** Looks which firewall there is; never fails. */
  HostFirewall read();

  /** Whether the host's files and programs may be used. */
  boolean hasTools();

  /** The backends that can be used here, whether that firewall is there or not. */
  List<FirewallBackend> backends();

  /** Makes the table that is there beside every firewall hold these rules. */
  BackendOutcome guard(GuardRules rules);

  /** What {@link #guard} would come to now, told without changing anything. */
  BackendOutcome checkGuard(GuardRules rules);

  /**
   * The number of the rules in the kernel: while it is the same, so are they. Empty if there may be
   * rules it does not count, those of iptables-legacy, or if the kernel does not tell it.
   */
  OptionalInt generation();

  /** What listens on this node, and what sshd is told. */
  SocketSight sockets();

  /** Tells when rules in the kernel may have changed, until it is closed. */
  Watching watch(Runnable onChange);

  /** A watch. */
  interface Watching extends AutoCloseable {
    @Override
    void close();
  }

  /** The backend of a sort, if it can be used here. */
  default Optional<FirewallBackend> backend(BackendKind kind) {
    return backends().stream().filter(backend -> backend.kind() == kind).findFirst();
  }

  /**
   * Sockets and settings that tell what must stay in reach; empty where they are not to be seen.
   *
   * @param tcp texts of /proc/net/tcp and tcp6
   * @param sshd texts of what tells sshd its ports
   * @param kubernetes texts of what tells the API server and the kubelet theirs
   * @param routes texts of /proc/net/route and ipv6_route
   */
  record SocketSight(
      List<String> tcp, List<String> sshd, List<String> kubernetes, List<String> routes) {
    public SocketSight {
      tcp = List.copyOf(tcp);
      sshd = List.copyOf(sshd);
      kubernetes = List.copyOf(kubernetes);
      routes = List.copyOf(routes);
    }
  }
}
