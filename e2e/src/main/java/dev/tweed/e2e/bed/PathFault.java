package dev.tweed.e2e.bed;

import java.util.List;

/**
 * A fault of the way between pods of n1 and pods of n2 that leaves every object of Tweed's as it
 * is, and what a NodeReport has to say of it.
 *
 * @param what for people
 * @param node where it is put
 * @param put script that puts it
 * @param undo script that takes it away
 * @param observer node whose report has to tell
 * @param reason of the finding it has to tell
 */
public record PathFault(
    String what, String node, String put, String undo, String observer, String reason) {

  /** Faults of every kind. */
  public static List<PathFault> between(Installation tweed) {
    String block = tweed.nodeSubnet("n2").orElseThrow().getSpec().cidr();
    String half = block.replace("/24", "/25");
    String drop = "nft 'add table inet hole; add chain inet hole cut { type filter hook %s; %s }'";
    String undo = "nft delete table inet hole";
    String ingress =
        "nft 'add table netdev hole;"
            + " add chain netdev hole cut { type filter hook ingress device eth0 priority 0; };"
            + " add rule netdev hole cut %s'";
    String undoIngress = "nft delete table netdev hole";
    return List.of(
        new PathFault(
            "route of a part of the block, to nowhere",
            "n1",
            "ip route add " + half + " dev lo",
            "ip route del " + half + " dev lo",
            "n1",
            "RouteShadowed"),
        new PathFault(
            "routing rule to a table with a blackhole",
            "n1",
            "ip route add blackhole " + block + " table 52; ip rule add pref 5270 lookup 52",
            "ip rule del pref 5270; ip route flush table 52",
            "n1",
            "RouteShadowed"),
        new PathFault(
            "FORWARD drops, seen from the peer",
            "n2",
            drop.formatted("forward priority 5", "policy drop;"),
            undo,
            "n1",
            "PeerUnreachable"),
        new PathFault(
            "FORWARD drops, seen on the node itself",
            "n1",
            drop.formatted("forward priority 5", "policy drop;"),
            undo,
            "n1",
            "NoPeerAnswers"),
        new PathFault(
            "tunnel's port dropped at the NIC, seen from the peer",
            "n2",
            ingress.formatted("udp dport 8472 drop"),
            undoIngress,
            "n1",
            "PeerUnreachable"),
        new PathFault(
            "tunnel's port dropped at the NIC, seen on the node itself",
            "n1",
            ingress.formatted("udp dport 8472 drop"),
            undoIngress,
            "n1",
            "NoPeerAnswers"),
        new PathFault(
            "large packets of the tunnel dropped at the NIC",
            "n2",
            ingress.formatted("udp dport 8472 udp length > 1300 drop"),
            undoIngress,
            "n1",
            "LargePacketsLost"));
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
