package dev.tweed.agent.firewall;

import dev.tweed.dataplane.Peer;
import dev.tweed.firewall.NetworkNeeds;
import dev.tweed.firewall.backend.BackendOutcome;
import dev.tweed.firewall.nft.GuardRules;
import dev.tweed.firewall.nft.TunnelPeers;
import dev.tweed.firewall.rules.Direction;
import dev.tweed.firewall.rules.FilterRow;
import dev.tweed.ip.IpAddress;
import java.util.List;
import java.util.Optional;

/**
 * Keeps what no firewall of the host can say: NodePorts that rules close, and the tunnel closed to
 * all but peers. Used by one thread.
 */
final class GuardKeeper {

  private final FirewallHost host;
  private Optional<List<FilterRow>> inRows = Optional.empty();
  private Optional<NetworkState> network = Optional.empty();
  private Optional<GuardRules> wanted = Optional.empty();
  private boolean kept;

  GuardKeeper(FirewallHost host) {
    this.host = host;
  }

  /** Takes the rows that are in force now, whatever firewall holds them. */
  void rows(List<FilterRow> rows) {
    inRows = Optional.of(rows.stream().filter(row -> row.direction() == Direction.IN).toList());
  }

  /** Whether it was told any rows, or that there are none. */
  boolean hasRows() {
    return inRows.isPresent();
  }

  /** Whether the table is known to be right for these peers. */
  boolean isKept(NetworkState state) {
    return kept && network.equals(Optional.of(state));
  }

  /**
   * Makes the table right. While the node waits for something it needs, and before any rows are
   * known, it stays as it is.
   */
  BackendOutcome keep(NetworkState state) {
    if (inRows.isEmpty() || state instanceof NetworkState.Waiting) {
      return BackendOutcome.applied(false);
    }
    GuardRules rules = new GuardRules(inRows.get(), tunnel(state));
    wanted = Optional.of(rules);
    BackendOutcome outcome = host.guard(rules);
    kept = outcome instanceof BackendOutcome.Applied;
    network = Optional.of(state);
    return outcome;
  }

  /** What was last wanted in the table; empty while that is not known. */
  Optional<GuardRules> wanted() {
    return wanted;
  }

  /** Who may send to the tunnel of a network; empty is everybody. */
  static Optional<TunnelPeers> tunnel(NetworkState state) {
    return state instanceof NetworkState.Member member && member.managed()
        ? member
            .needs()
            .tunnel()
            .map(NetworkNeeds.Tunnel::port)
            .map(port -> new TunnelPeers(port, addresses(member.peers())))
        : Optional.empty();
  }

  private static List<IpAddress> addresses(List<Peer> peers) {
    return peers.stream().flatMap(peer -> peer.nodeIps().stream()).toList();
  }
}
