package dev.tweed.agent.status;

import dev.tweed.agent.finding.NodeFinding;
import dev.tweed.agent.probe.PathTrace;
import dev.tweed.agent.probe.Reachability;
import dev.tweed.agent.probe.Reachability.Proof;
import dev.tweed.agent.probe.TxChecksum;
import dev.tweed.agent.probe.UnreachedPeer;
import dev.tweed.agent.probe.UnreachedPeer.Cause;
import dev.tweed.agent.probe.UnreachedPeer.Where;
import dev.tweed.agent.status.NodeStatus.State;
import dev.tweed.crds.NodeReportStatus.Firewall;
import dev.tweed.ip.IpAddress;
import dev.tweed.ip.IpPrefix;
import dev.tweed.netlink.testing.Golden;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** The table: what probing found, and what is said of the node. */
class ReachabilityPlannerTest {

  private static final Instant SINCE = Instant.parse("2026-02-03T04:05:06Z");

  private static final String DROPS =
      "packets from 10.244.9.0/30 to other nodes are dropped in FORWARD of this host by chain f of"
          + " table inet fault";

  private final StringBuilder table = new StringBuilder();

  @Test
  void whatSilenceSaysOfANode() {
    row("all well", probes(2));
    row("a part of a block by another way", 1, probes(2));
    row("single node", State.READY, 0, Optional.of(Reachability.without(Proof.NOT_YET)));
    row("no PodNetwork wants the node", State.IDLE, 0, Optional.empty());
    row("before the first round", State.READY, 2, Optional.empty());
    row("first round not over", State.READY, 2, Optional.of(Reachability.without(Proof.NOT_YET)));
    row("probes off", State.READY, 2, Optional.of(Reachability.without(Proof.OFF)));
    row(
        "no address to probe from",
        State.READY,
        2,
        Optional.of(Reachability.without(Proof.TOO_SMALL)));

    row("2 nodes with one off", probes(0, dead(2)));
    row("all reboot at once, seen by one that did not", probes(0, dead(2), dead(3)));
    row("all reboot at once, seen by one that did", probes(0, never(2, false), never(3, false)));
    row("2 nodes, the other comes up", probes(0, never(2, true)));
    row("API away, 3 nodes, one off", probes(1, dead(3)));
    row("own link down, found by the sync", State.FAILED, 2, Optional.of(probes(0, dead(2))));
    row("own link down, not found", probes(0, dead(2), dead(3)));
    row("30 peers all silent, no witness", probes(0, peers(30, i -> dead(i + 2))));
    row("30 peers all silent, one lives", probes(0, onlyFirstLives(30)));

    row("ICMP of nodes filtered: the peer answers, TCP shows that it lives", probes(1));
    row("FORWARD drop here, of both ways", probes(0, silent(2, Where.LEAVING)));
    row("FORWARD drop here, of what comes", probes(0, silent(2, Where.ARRIVING)));
    row("FORWARD drop at the peer, 2 nodes", probes(0, silent(2, Where.BEYOND)));
    row("FORWARD drop at the peer, 3 nodes", probes(1, silent(2, Where.BEYOND)));
    row("a firewall at the peer rejects", probes(1, rejected(2)));
    row("UDP closed between the nodes, 2 nodes", probes(0, silent(2, Where.NOT_ARRIVING)));
    row("one pair of 3", probes(1, silent(3, Where.UNKNOWN)));
    row("2 of 3 peers silent, who is sick", probes(1, peers(2, i -> silent(i + 2, Where.BEYOND))));
    row("2 of 3 peers silent, this host", probes(1, peers(2, i -> silent(i + 2, Where.LEAVING))));
    row(
        "half of 4 peers silent, this host",
        probes(2, peers(2, i -> silent(i + 2, Where.LEAVING))));
    row(
        "IPv4 of all of 2 peers, this host",
        dualStack(silent(2, Where.LEAVING), silent(3, Where.ARRIVING)));
    row(
        "IPv4 of all of 2 peers, between the nodes",
        dualStack(silent(2, Where.NOT_ARRIVING), silent(3, Where.NOT_ARRIVING)));
    row("IPv4 of 1 of 2 peers, this host", dualStack(silent(2, Where.LEAVING)));
    row("5 of 30 silent", probes(25, peers(5, i -> silent(i + 2, Where.NOT_ARRIVING))));
    row("20 of 30 silent, dropped at both ends", probes(10, mixed(20)));

    row("MTU hole", probes(2, large(2, OptionalInt.of(1400))));
    row("MTU hole, size not known", probes(1, large(2, OptionalInt.empty())));
    row("MTU hole to all of 5", probes(5, peers(5, i -> large(i + 2, OptionalInt.of(1390 + i)))));
    row("never answered, others do", probes(1, never(2, true)));
    row("never answered, nobody does", probes(0, never(2, true), dead(3)));
    row(
        "never answered, another falls silent",
        probes(0, never(2, true), silent(3, Where.UNKNOWN)));

    row("this host refuses to send probes", probes(0, notSent(2), notSent(3)));
    row(
        "this host refuses to send some probes",
        probes(
            1,
            notSent(2)
                .lost(
                    new PathTrace.Located(
                        Where.LEAVING, "dropped in OUTPUT by chain o of table inet f"))));

    Reachability small = new Reachability(Proof.ECHO, 2, 2, 2, List.of(), Map.of());
    row("small blocks", small, Firewall.FORWARD_PASSES);
    row("small blocks, rules not read", small, Firewall.FORWARD_UNKNOWN);
    row("small blocks, rules not read yet", State.READY, 2, Optional.of(small));
    row("small blocks, FORWARD drop here", small, DROPS);
    row("small own block, one peer answers", echo(2, 1, 2), Firewall.FORWARD_PASSES);
    row("small own block, no peer answers", echo(1, 0, 1), DROPS);
    row(
        "small blocks of some peers",
        new Reachability(Proof.PROBES, 3, 3, 1, List.of(), Map.of()),
        Firewall.FORWARD_PASSES);
    row(
        "small block of one family of two, FORWARD drop here",
        new Reachability(Proof.ECHO, 4, 4, 2, List.of(), Map.of()),
        DROPS);

    Reachability silent = probes(1, silent(2, Where.UNKNOWN));
    row("checksums, offload tried", 2, silent.with(TxChecksum.TRYING, "tweed.1", ""));
    row("checksums, offload to blame", 2, probes(2).with(TxChecksum.DAMAGES, "tweed6.1", ""));
    row("checksums, on the way", 2, silent.with(TxChecksum.DAMAGED_ANYWAY, "tweed.1", ""));
    row(
        "checksums, offload not switched",
        2,
        silent.with(
            TxChecksum.NOT_SWITCHED, "tweed.1", "ioctl(SIOCETHTOOL, tweed.1) failed: EPERM"));

    Golden.assertMatches("reachability.txt", table.toString());
  }

  private void row(String name, Reachability seen, String forward) {
    row(name, State.READY, 2, 2, Optional.of(seen), Optional.of(forward));
  }

  private void row(String name, int programmed, Reachability seen) {
    row(name, State.READY, 2, programmed, Optional.of(seen), Optional.empty());
  }

  /** So many are asked from the host, and the others are silent and live. */
  private static Reachability echo(int probed, int answer, int byEcho) {
    return new Reachability(
        Proof.ECHO,
        probed,
        answer,
        byEcho,
        List.of(peers(probed - answer, i -> silent(i + 2, Where.UNKNOWN))),
        Map.of());
  }

  private void row(String name, Reachability seen) {
    row(name, State.READY, 2, Optional.of(seen));
  }

  private void row(String name, State state, int peers, Optional<Reachability> seen) {
    row(name, state, peers, peers, seen, Optional.empty());
  }

  private void row(
      String name,
      State state,
      int peers,
      int programmed,
      Optional<Reachability> seen,
      Optional<String> forward) {
    Reachable found =
        ReachabilityPlanner.plan(
            state,
            state == State.IDLE ? "no PodNetwork selects this node" : "",
            Optional.of(
                new NodeStatus.DataPathStatus(
                    "tweed.1",
                    1450,
                    "eth0",
                    "192.0.2.1",
                    8472,
                    List.of("eth0"),
                    peers,
                    programmed)),
            seen,
            forward);
    boolean ready =
        (state == State.READY || state == State.IDLE)
            && found.findings().stream().noneMatch(NodeFinding::blocking);
    table
        .append("== ")
        .append(name)
        .append("\nReachable ")
        .append(found.status())
        .append(' ')
        .append(found.reason())
        .append(", Ready ")
        .append(ready ? "True" : "False")
        .append("\n  ")
        .append(found.message())
        .append('\n');
    for (NodeFinding f : found.findings()) {
      table
          .append(f.blocking() ? "  BLOCKING " : "  ")
          .append(f.reason())
          .append(" of ")
          .append(f.object())
          .append(": ")
          .append(f.message())
          .append("\n    type: ")
          .append(f.remedy())
          .append('\n');
    }
  }

  /** So many answer, those whose large packets are lost included. */
  private static Reachability probes(int answer, UnreachedPeer... unreached) {
    int silent =
        (int)
            List.of(unreached).stream()
                .filter(p -> p.cause() == Cause.SILENT || p.cause() == Cause.REJECTED)
                .count();
    return new Reachability(Proof.PROBES, answer + silent, answer, List.of(unreached));
  }

  /** Two peers with a block of each family, all of which answer but for these. */
  private static Reachability dualStack(UnreachedPeer... unreached) {
    Map<IpPrefix, String> everAnswered = new HashMap<>();
    for (int node = 2; node <= 3; node++) {
      everAnswered.put(IpPrefix.parse("10.244." + node + ".0/24"), "n" + node);
      everAnswered.put(IpPrefix.parse("fd00:" + node + "::/64"), "n" + node);
    }
    return new Reachability(
        Proof.PROBES, 4, 4 - unreached.length, List.of(unreached), everAnswered);
  }

  private static UnreachedPeer[] peers(int count, IntFunction<UnreachedPeer> peer) {
    return IntStream.range(0, count).mapToObj(peer).toArray(UnreachedPeer[]::new);
  }

  private static UnreachedPeer[] onlyFirstLives(int count) {
    return peers(count, i -> i == 0 ? silent(2, Where.UNKNOWN) : dead(i + 2));
  }

  private static UnreachedPeer[] mixed(int count) {
    List<UnreachedPeer> peers = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      peers.add(
          silent(i + 2, i % 4 == 0 ? Where.BEYOND : i % 2 == 0 ? Where.LEAVING : Where.ARRIVING));
    }
    return peers.toArray(UnreachedPeer[]::new);
  }

  private static UnreachedPeer silent(int node, Where where) {
    return peer(node, Cause.SILENT, true, true, Optional.empty(), OptionalInt.empty(), where);
  }

  private static UnreachedPeer rejected(int node) {
    return peer(
        node,
        Cause.REJECTED,
        true,
        true,
        Optional.of(IpAddress.parse("192.0.2." + node)),
        OptionalInt.empty(),
        Where.BEYOND);
  }

  private static UnreachedPeer dead(int node) {
    return peer(
        node, Cause.SILENT, true, false, Optional.empty(), OptionalInt.empty(), Where.UNKNOWN);
  }

  private static UnreachedPeer notSent(int node) {
    return peer(
        node, Cause.NOT_SENT, true, false, Optional.empty(), OptionalInt.empty(), Where.LEAVING);
  }

  private static UnreachedPeer never(int node, boolean lives) {
    return peer(
        node, Cause.SILENT, false, lives, Optional.empty(), OptionalInt.empty(), Where.UNKNOWN);
  }

  private static UnreachedPeer large(int node, OptionalInt largest) {
    return peer(node, Cause.LARGE_LOST, true, true, Optional.empty(), largest, Where.UNKNOWN);
  }

  private static UnreachedPeer peer(
      int node,
      Cause cause,
      boolean everAnswered,
      boolean lives,
      Optional<IpAddress> offender,
      OptionalInt largest,
      Where where) {
    return new UnreachedPeer(
        "n" + node,
        IpPrefix.parse("10.244." + node + ".0/24"),
        cause,
        everAnswered,
        lives,
        SINCE.plusSeconds(node),
        offender,
        largest,
        where);
  }
}
