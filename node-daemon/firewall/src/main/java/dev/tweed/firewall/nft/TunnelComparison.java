package dev.tweed.firewall.nft;

import dev.tweed.firewall.backend.BackendListing.State;
import dev.tweed.firewall.nft.GuardListing.Tunnel;
import dev.tweed.ip.AddressFamily;
import dev.tweed.ip.IpAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Who may send to the tunnel beside who is let in. Pure. */
final class TunnelComparison {

  /** Addresses that are named; on thousands of nodes there may be thousands. */
  private static final int SHOWN = 5;

  private TunnelComparison() {}

  /**
   * Compares, for each family.
   *
   * @param closed whether the rules that close it are as they should be
   * @param members addresses in a set of it; empty if they cannot be read
   */
  static List<Tunnel> of(
      TunnelPeers wanted, boolean closed, Function<String, Optional<Set<IpAddress>>> members) {
    return Stream.of(AddressFamily.values())
        .map(family -> of(wanted, family, closed, members))
        .toList();
  }

  private static Tunnel of(
      TunnelPeers wanted,
      AddressFamily family,
      boolean closed,
      Function<String, Optional<Set<IpAddress>>> members) {
    List<IpAddress> peers =
        wanted.peers().stream().filter(peer -> peer.family() == family).toList();
    String rule =
        "deny in proto udp from %s to any port %d%s"
            .formatted(
                peers.isEmpty() ? "any" : "all but " + count(peers),
                wanted.port(),
                family == AddressFamily.IPV6 ? " (v6)" : "");
    if (!closed) {
      return new Tunnel(rule, State.MISSING, "");
    }
    return members
        .apply(GuardTableCompiler.peersSet(family))
        .map(there -> of(rule, peers, there))
        .orElseGet(() -> new Tunnel(rule, State.MISSING, "its peers cannot be read"));
  }

  private static Tunnel of(String rule, List<IpAddress> wanted, Set<IpAddress> found) {
    List<String> differences = new ArrayList<>();
    Set<IpAddress> peers = Set.copyOf(wanted);
    List<IpAddress> shutOut = wanted.stream().filter(peer -> !found.contains(peer)).toList();
    if (!shutOut.isEmpty()) {
      differences.add("shuts out " + some(shutOut));
    }
    List<IpAddress> strangers =
        found.stream().filter(address -> !peers.contains(address)).sorted().toList();
    if (!strangers.isEmpty()) {
      differences.add("lets in " + some(strangers));
    }
    return differences.isEmpty()
        ? new Tunnel(rule, State.PRESENT, GuardTableCompiler.TUNNEL + ": " + count(wanted))
        : new Tunnel(rule, State.MISSING, String.join("; ", differences));
  }

  private static String some(List<IpAddress> addresses) {
    return addresses.stream()
            .limit(SHOWN)
            .map(IpAddress::toString)
            .collect(Collectors.joining(", "))
        + (addresses.size() > SHOWN ? " and " + (addresses.size() - SHOWN) + " more" : "");
  }

  private static String count(List<IpAddress> peers) {
    return peers.size() == 1 ? "1 peer" : peers.size() + " peers";
  }
}
