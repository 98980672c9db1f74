package dev.tweed.agent.status;

import static java.util.stream.Collectors.joining;

import dev.tweed.agent.finding.AgentReason;
import dev.tweed.agent.finding.NodeFinding;
import dev.tweed.agent.probe.UnreachedPeer;
import dev.tweed.agent.probe.UnreachedPeer.Where;
import dev.tweed.agent.status.NodeStatus.DataPathStatus;
import dev.tweed.dataplane.ProbeAddress;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * What is told of unreached peers: who, since when, where packets are lost, and what to do. Pure.
 *
 * @param path what is programmed
 */
record UnreachedPeerText(Optional<DataPathStatus> path) {

  /** Names in a text about more. */
  static final int NAMES = 3;

  /** How to see the rules that drop. */
  static final String RULES =
      "nft list ruleset | grep -nE 'drop|reject'; iptables-save -c | grep -E 'DROP|REJECT'";

  /**
   * @param peers at least one; but for large packets all lost at the same place
   */
  NodeFinding finding(AgentReason reason, String object, List<UnreachedPeer> peers) {
    UnreachedPeer first = peers.getFirst();
    String since =
        " since " + peers.stream().map(UnreachedPeer::since).min(Comparator.naturalOrder()).get();
    return switch (reason) {
      case LargePacketsLost ->
          NodeFinding.of(
              reason,
              object,
              "large packets to pods of %s are lost%s, small ones pass%s"
                  .formatted(names(peers), since, largest(peers)),
              remedyOfLarge(peers));
      case ProbeUnanswered ->
          NodeFinding.of(
              reason,
              object,
              "no probe of %s was ever answered%s, though the node lives: %s%s. Or Tweed there is older, or not up yet"
                  .formatted(names(peers), since, place(first.where(), peers), offender(peers)),
              remedy(first.where(), peers));
      case ProbesNotSent ->
          NodeFinding.of(
              reason,
              object,
              "this host refuses to send probes (UDP %d) to %s%s, so that it is not known whether pods there are reached%s"
                  .formatted(
                      ProbeAddress.PORT,
                      names(peers),
                      since,
                      first.detail().isEmpty() ? "" : ": " + place(first.where(), peers)),
              "on this node, the rules of OUTPUT that drop: "
                  + RULES
                  + "; whether connection tracking is full: sysctl net.netfilter.nf_conntrack_count"
                  + " net.netfilter.nf_conntrack_max");
      default ->
          NodeFinding.of(
              reason,
              object,
              "pods of %s are not reached%s, though the node lives: %s%s"
                  .formatted(names(peers), since, place(first.where(), peers), offender(peers)),
              remedy(first.where(), peers));
    };
  }

  private String largest(List<UnreachedPeer> peers) {
    String mtu = path.filter(p -> p.mtu() > 0).map(p -> " of " + p.mtu()).orElse("");
    return passes(peers)
        .map(bytes -> ": %d bytes at most%s that pods send".formatted(bytes, mtu))
        .orElse("");
  }

  private static String remedyOfLarge(List<UnreachedPeer> peers) {
    String cause =
        "the network between the nodes carries less than their links say (VPN, cloud, switch)";
    return passes(peers)
            .map(
                bytes ->
                    "set spec.mtu of the PodNetwork to %d, or raise the MTU: ".formatted(bytes))
            .orElse(
                "set spec.mtu of the PodNetwork to what passes (ping -M do -s SIZE), or raise the MTU: ")
        + cause;
  }

  /** Bytes that pass to all of them. */
  private static Optional<Integer> passes(List<UnreachedPeer> peers) {
    return peers.stream().flatMap(p -> p.largest().stream().boxed()).min(Comparator.naturalOrder());
  }

  static String offender(List<UnreachedPeer> peers) {
    return peers.stream()
        .flatMap(p -> p.offender().stream())
        .findFirst()
        .map(address -> "; " + address + " refuses them (ICMP)")
        .orElse("");
  }

  /** Of the first of them that is lost there and of which more is known, as it was counted. */
  static String place(Where where, List<UnreachedPeer> peers) {
    return peers.stream()
        .filter(peer -> peer.where() == where && !peer.detail().isEmpty())
        .findFirst()
        .map(peer -> (peers.size() > 1 ? peer.node() + ": " : "") + peer.detail())
        .orElseGet(() -> place(where));
  }

  private static String place(Where where) {
    return switch (where) {
      case LEAVING -> "packets do not leave this host: its own firewall or a route drops them";
      case ARRIVING -> "packets of the others reach this host and are dropped on it";
      case NOT_ARRIVING -> "nothing of the others reaches this host";
      case BEYOND ->
          "packets leave this host, and those of the others arrive: they are lost on the other"
              + " node or on the way back";
      case UNKNOWN -> "where packets stop is not known";
    };
  }

  String remedy(Where where, List<UnreachedPeer> peers) {
    UnreachedPeer first = peers.getFirst();
    return switch (where) {
      case LEAVING ->
          "on this node, the route: ip route get %s; the rules: %s"
              .formatted(ProbeAddress.asked(first.block()).orElse(first.block().address()), RULES);
      case ARRIVING -> "on this node, the rules that drop: %s".formatted(RULES);
      case NOT_ARRIVING ->
          watch(first) + "; if they leave %s: %s".formatted(first.node(), between());
      case BEYOND ->
          "see what the other node says: kubectl get nodereport %s -o yaml; there, the rules that drop: %s"
              .formatted(first.node(), RULES);
      case UNKNOWN -> watch(first) + "; kubectl get nodereport %s -o yaml".formatted(first.node());
    };
  }

  /** How to see the packets. */
  private String watch(UnreachedPeer peer) {
    String device =
        path.map(DataPathStatus::underlayDevice).filter(d -> !d.isEmpty()).orElse("any");
    return "on this node and on %s: tcpdump -ni %s %s"
        .formatted(peer.node(), device, port() > 0 ? "udp port " + port() : "net " + peer.block());
  }

  private String between() {
    return port() > 0
        ? "open UDP %d between the nodes (security group, cloud firewall)".formatted(port())
        : "let pods' addresses through between the nodes (source/destination check, anti-spoofing)";
  }

  private int port() {
    return path.map(DataPathStatus::tunnelPort).orElse(0);
  }

  static String names(List<UnreachedPeer> peers) {
    String first = peers.stream().limit(NAMES).map(UnreachedPeerText::name).collect(joining(", "));
    return peers.size() > NAMES ? first + " and %d more".formatted(peers.size() - NAMES) : first;
  }

  static String name(UnreachedPeer peer) {
    return peer.node() + " (" + peer.block() + ")";
  }
}
