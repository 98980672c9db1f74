package dev.tweed.dataplane.plan;

import dev.tweed.dataplane.Finding;
import dev.tweed.dataplane.Reason;
import dev.tweed.ip.IpAddress;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Tells whose packets the tunnel's filter drops. A node that has joined meanwhile sent before this
 * one knew of it, and is none of them; nor is one that has just left. Pure.
 */
public final class TunnelStrangerPlanner {

  private static final int SHOWN = 3;

  private TunnelStrangerPlanner() {}

  /**
   * The finding, if there is anything to tell.
   *
   * @param former addresses of nodes that have left lately
   */
  public static Optional<Finding> plan(
      Optional<TunnelFilter> wanted, TunnelFilterListing actual, Set<IpAddress> former) {
    if (wanted.isEmpty() || !(actual instanceof TunnelFilterListing.Present present)) {
      return Optional.empty();
    }
    List<IpAddress> strangers =
        present.strangers().stream()
            .filter(address -> !wanted.get().peers().contains(address))
            .filter(address -> !former.contains(address))
            .sorted()
            .toList();
    return strangers.isEmpty()
        ? Optional.empty()
        : Optional.of(
            new Finding(
                Reason.TunnelSourceUnknown,
                "table " + TunnelFilterCompiler.TABLE,
                ("packets to the tunnel (UDP port %d, VNI %d) came from %s in the last minutes and"
                        + " were dropped, since no node of the network has that address: the"
                        + " source of a node's packets is rewritten on their way (masquerade,"
                        + " SNAT), or a stranger sends them")
                    .formatted(wanted.get().port(), wanted.get().vni(), some(strangers)),
                "on the node or gateway that has the address, except UDP port %d from its address"
                        .formatted(wanted.get().port())
                    + " translation (nft list ruleset; iptables -t nat -S POSTROUTING), or let the"
                    + " node register with it (kubelet --node-ip)"));
  }

  private static String some(List<IpAddress> addresses) {
    return addresses.stream()
            .limit(SHOWN)
            .map(IpAddress::toString)
            .collect(Collectors.joining(", "))
        + (addresses.size() > SHOWN ? " and others" : "");
  }
}
