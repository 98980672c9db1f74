package dev.tweed.e2e.bed;

import java.util.List;

/**
 * A fault of the way between pods of two nodes that leaves every object of Tweed's as it is, and
 * what a NodeReport has to say of it.
 *
 * @param what for people
 * @param node where it is put
 * @param put script that puts it
 * @param undo script that takes it away
 * @param observer node whose report has to tell
 * @param peer node whose pods those of the observer do not reach
 * @param reason of the finding it has to tell
 */
public record PathFault(
    String what,
    String node,
    String put,
    String undo,
    String observer,
    String peer,
    String reason) {

  /**
   * Faults of every kind. Those of a list can be put at the same time: they are between other nodes
   * of n1, n2 and n3, or one seen from both ends, which is put by the same script.
   */
  public static List<List<PathFault>> between(Installation tweed) {
    String block = tweed.nodeSubnet("n2").orElseThrow().getSpec().cidr();
    String half = block.replace("/24", "/25");
    String n1 = tweed.nodeSubnet("n1").orElseThrow().getSpec().nodeIPs().getFirst();
    String forward =
        "nft 'add table inet hole;"
            + " add chain inet hole cut { type filter hook forward priority 5; policy drop; }'";
    String undoForward = "nft delete table inet hole";
    String ingress =
        "nft 'add table netdev hole;"
            + " add chain netdev hole cut { type filter hook ingress device eth0 priority 0; };"
            + " add rule netdev hole cut %s'";
    String tunnel = ingress.formatted("udp dport 8472 drop");
    String undoIngress = "nft delete table netdev hole";
    return List.of(
        List.of(
            new PathFault(
                "route of a part of the block, to nowhere",
                "n1",
                "ip route add " + half + " dev lo",
                "ip route del " + half + " dev lo",
                "n1",
                "n2",
                "RouteShadowed"),
            new PathFault(
                "routing rule to a table with a blackhole",
                "n3",
                "ip route add blackhole " + block + " table 52; ip rule add pref 5270 lookup 52",
                "ip rule del pref 5270; ip route flush table 52",
                "n3",
                "n2",
                "RouteShadowed"),
            new PathFault(
                "large packets of the tunnel dropped at the NIC",
                "n3",
                ingress.formatted("ip saddr " + n1 + " udp dport 8472 udp length > 1300 drop"),
                undoIngress,
                "n1",
                "n3",
                "LargePacketsLost")),
        List.of(
            new PathFault(
                "FORWARD drops, seen from the peer",
                "n2",
                forward,
                undoForward,
                "n1",
                "n2",
                "PeerUnreachable"),
            new PathFault(
                "FORWARD drops, seen on the node itself",
                "n2",
                forward,
                undoForward,
                "n2",
                "n1",
                "NoPeerAnswers")),
        List.of(
            new PathFault(
                "tunnel's port dropped at the NIC, seen from the peer",
                "n2",
                tunnel,
                undoIngress,
                "n1",
                "n2",
                "PeerUnreachable"),
            new PathFault(
                "tunnel's port dropped at the NIC, seen on the node itself",
                "n2",
                tunnel,
                undoIngress,
                "n2",
                "n1",
                "NoPeerAnswers")));
  }

  /** Whether the report tells of it. */
  public boolean isTold(Installation tweed) {
    return tweed
        .nodeReport(observer)
        .map(report -> report.getStatus())
        .filter(
            status ->
                status.findings().stream().anyMatch(finding -> reason.equals(finding.reason())))
        .isPresent();
  }
}
