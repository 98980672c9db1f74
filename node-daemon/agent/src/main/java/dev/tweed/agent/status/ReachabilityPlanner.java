package dev.tweed.agent.status;

import static dev.tweed.agent.status.UnreachedPeerText.RULES;
import static dev.tweed.agent.status.UnreachedPeerText.name;
import static dev.tweed.agent.status.UnreachedPeerText.names;
import static dev.tweed.agent.status.UnreachedPeerText.offender;
import static dev.tweed.agent.status.UnreachedPeerText.place;
import static java.util.stream.Collectors.groupingBy;
import static java.util.stream.Collectors.toList;

import dev.tweed.agent.finding.AgentReason;
import dev.tweed.agent.finding.NodeFinding;
import dev.tweed.agent.probe.Reachability;
import dev.tweed.agent.probe.Reachability.Proof;
import dev.tweed.agent.probe.UnreachedPeer;
import dev.tweed.agent.probe.UnreachedPeer.Cause;
import dev.tweed.agent.probe.UnreachedPeer.Where;
import dev.tweed.agent.status.NodeStatus.DataPathStatus;
import dev.tweed.agent.status.Reachable.Reason;
import dev.tweed.crds.NodeReportStatus.Firewall;
import dev.tweed.ip.AddressFamily;
import dev.tweed.ip.IpPrefix;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Decides what silence of peers says of this node. Two nodes that do not hear each other look alike
 * from inside, so a silent peer counts against this node only if something else shows that the peer
 * lives, and if it has answered before; and one peer that answers clears this node. Pure; the table
 * of all cases is in adr/0006.
 */
public final class ReachabilityPlanner {

  /** Unreached peers with a finding each. */
  private static final int SINGLE = 3;

  private final Optional<DataPathStatus> path;
  private final Optional<String> forward;
  private final UnreachedPeerText text;

  private ReachabilityPlanner(Optional<DataPathStatus> path, Optional<String> forward) {
    this.path = path;
    this.forward = forward;
    this.text = new UnreachedPeerText(path);
  }

  /**
   * The condition and the findings.
   *
   * @param state of the node
   * @param why the node is in that state
   * @param path what is programmed
   * @param seen what probing found; empty before it began
   * @param forward what the rules of this host do with packets of pods, as in {@link
   *     Firewall#forward}; empty while that is not known
   */
  public static Reachable plan(
      NodeStatus.State state,
      String why,
      Optional<DataPathStatus> path,
      Optional<Reachability> seen,
      Optional<String> forward) {
    return switch (state) {
      case IDLE -> bare(Reason.NothingToDo, why);
      case WAITING, FAILED ->
          bare(Reason.NotProgrammed, "the data path is not in place: see Programmed");
      case READY ->
          path.filter(p -> p.peersExpected() == 0).isPresent()
              ? bare(Reason.NoPeers, "there is no other node to reach")
              : new ReachabilityPlanner(path, forward)
                  .plan(seen.orElse(Reachability.without(Proof.NOT_YET)));
    };
  }

  private Reachable plan(Reachability seen) {
    return switch (seen.proof()) {
      case OFF -> bare(Reason.ProbesOff, "spec.probes of the PodNetwork is Disabled");
      case TOO_SMALL ->
          bare(
              Reason.BlockTooSmall,
              "the node has no address to probe from: a finding says what is in the way");
      case NOT_YET ->
          bare(
              Reason.Probing,
              "no peer has been asked often enough to tell, or none has an address that can be"
                  + " asked");
      case PROBES, ECHO -> judge(seen);
    };
  }

  private Reachable judge(Reachability seen) {
    List<UnreachedPeer> notSent =
        seen.unreached().stream().filter(p -> p.cause() == Cause.NOT_SENT).toList();
    List<UnreachedPeer> lost =
        seen.unreached().stream()
            .filter(p -> !passesSmall(p) && p.cause() != Cause.NOT_SENT)
            .toList();
    List<UnreachedPeer> living = lost.stream().filter(UnreachedPeer::lives).toList();
    List<UnreachedPeer> counted = living.stream().filter(UnreachedPeer::everAnswered).toList();
    Reason reason = reason(seen, lost, living, counted);
    List<NodeFinding> findings = new ArrayList<>();
    if (reason == Reason.NoPeerAnswers) {
      findings.add(nobody(seen, counted));
    } else {
      Optional<NodeLoss> loss = ofThisNode(seen, counted);
      loss.map(this::thisNode).ifPresent(findings::add);
      List<UnreachedPeer> told = loss.map(NodeLoss::peers).orElse(List.of());
      byPlace(counted.stream().filter(peer -> !told.contains(peer)).toList())
          .values()
          .forEach(peers -> add(findings, AgentReason.PeerUnreachable, peers));
    }
    if (seen.proof() == Proof.ECHO) {
      dropped().ifPresent(drops -> findings.add(forwardDropped(seen, drops)));
    }
    add(
        findings,
        AgentReason.LargePacketsLost,
        seen.unreached().stream().filter(ReachabilityPlanner::passesSmall).toList());
    checksums(seen).ifPresent(findings::add);
    byPlace(living.stream().filter(p -> !p.everAnswered()).toList())
        .values()
        .forEach(p -> add(findings, AgentReason.ProbeUnanswered, p));
    add(findings, AgentReason.ProbesNotSent, notSent);
    String message =
        reason == Reason.Probing && !notSent.isEmpty()
            ? "this host refuses to send probes, to " + names(notSent)
            : message(reason, seen, lost, living, counted);
    return new Reachable(reason, message, findings);
  }

  private static boolean passesSmall(UnreachedPeer peer) {
    return peer.cause() == Cause.LARGE_LOST;
  }

  private Reason reason(
      Reachability seen,
      List<UnreachedPeer> lost,
      List<UnreachedPeer> living,
      List<UnreachedPeer> counted) {
    if (seen.answered() > 0) {
      return isMostlyEcho(seen)
          ? dropped().isPresent()
              ? Reason.ForwardDropped
              : isJudged() ? Reason.PeersAnswer : Reason.BlockTooSmall
          : Reason.PeersAnswer;
    }
    if (lost.isEmpty()) {
      return Reason.Probing;
    }
    if (!counted.isEmpty()) {
      return Reason.NoPeerAnswers;
    }
    return living.isEmpty() ? Reason.NoLivingPeer : Reason.ProbeUnanswered;
  }

  /** Whether what packets of most peers prove ends at this host. */
  private static boolean isMostlyEcho(Reachability seen) {
    return seen.proof() == Proof.ECHO && seen.byEcho() * 2 > seen.probed();
  }

  /** Whether the rules are known. */
  private boolean isJudged() {
    return forward.filter(said -> !said.equals(Firewall.FORWARD_UNKNOWN)).isPresent();
  }

  /** What the rules certainly drop. */
  private Optional<String> dropped() {
    return forward.filter(said -> isJudged() && !said.equals(Firewall.FORWARD_PASSES));
  }

  /** What the answers prove, where they are not those of probes that take a pod's way. */
  private String proof(Reachability seen) {
    if (seen.byEcho() == 0) {
      return "";
    }
    String by = ", %d asked by echo to their nodes; FORWARD".formatted(seen.byEcho());
    return by
        + switch (seen.proof()) {
          case ECHO ->
              " of this host judged from the rules: "
                  + (isJudged()
                      ? dropped().orElse("nothing certainly drops packets of pods")
                      : "not known, since they cannot be read, or were not yet");
          default -> " of those nodes is judged from the rules, in their own reports";
        };
  }

  private String message(
      Reason reason,
      Reachability seen,
      List<UnreachedPeer> lost,
      List<UnreachedPeer> living,
      List<UnreachedPeer> counted) {
    String none = "none of %d probed peers answers".formatted(seen.probed());
    String some = "%d of %d probed peers answer".formatted(seen.answered(), seen.probed());
    return switch (reason) {
      case PeersAnswer -> some + proof(seen) + notAsPlanned();
      case ForwardDropped, BlockTooSmall -> some + proof(seen);
      case NoLivingPeer -> none + ", and nothing shows that one of them lives: " + names(lost);
      case ProbeUnanswered -> none + ", and none of those that live ever has: " + names(living);
      case NoPeerAnswers -> none + whoLive(counted) + "; " + place(most(counted), counted);
      default -> "no peer has been asked often enough to tell";
    };
  }

  /** What an answer does not disprove: each block is asked by one of its addresses. */
  private String notAsPlanned() {
    return path.filter(p -> p.peersProgrammed() < p.peersExpected())
        .map(
            p ->
                ", each by one address of its block; packets to other addresses of %d of %d blocks may take no way, or another than planned"
                    .formatted(p.peersExpected() - p.peersProgrammed(), p.peersExpected()))
        .orElse("");
  }

  private static String whoLive(List<UnreachedPeer> counted) {
    return ", though %d that did before %s: %s"
        .formatted(counted.size(), counted.size() == 1 ? "lives" : "live", names(counted));
  }

  private NodeFinding nobody(Reachability seen, List<UnreachedPeer> counted) {
    Where where = most(counted);
    return NodeFinding.of(
        AgentReason.NoPeerAnswers,
        "peers",
        "none of %d probed peers answers".formatted(seen.probed())
            + whoLive(counted)
            + ". Pods of this node reach no others: "
            + place(where, counted)
            + offender(counted),
        text.remedy(where, counted));
  }

  private static NodeFinding forwardDropped(Reachability seen, String drops) {
    return NodeFinding.of(
        AgentReason.ForwardDropped,
        isMostlyEcho(seen),
        "FORWARD",
        "pods of this node are cut off from other nodes, which probes of a block of fewer than 8"
            + " addresses cannot show: "
            + drops,
        "on this node, the rules that drop: " + RULES);
  }

  /**
   * Most of those that live, unreached because of this host; or all of a family.
   *
   * @param alive how many live
   * @param of what they are
   * @param why of this host, or empty
   */
  private record NodeLoss(List<UnreachedPeer> peers, int alive, String of, String why) {}

  /**
   * The peers that are unreached because of this host, if they are most of those that live, or of
   * those of a family: else their silence does not make this node the sick one. Unless no block of
   * a family answers: pods have no other way for that.
   */
  private static Optional<NodeLoss> ofThisNode(Reachability seen, List<UnreachedPeer> counted) {
    return Stream.concat(
            Stream.of(ofThisHost(counted, seen.answered() + counted.size(), "peers")),
            Stream.of(AddressFamily.values()).map(family -> ofFamily(seen, counted, family)))
        .filter(loss -> loss.peers().size() * 2 > loss.alive())
        .findFirst();
  }

  /** Who has answered and is not found unreached is taken to answer. */
  private static NodeLoss ofFamily(
      Reachability seen, List<UnreachedPeer> counted, AddressFamily family) {
    Set<IpPrefix> alive = new HashSet<>(seen.everAnswered().keySet());
    alive.removeIf(block -> block.family() != family);
    seen.unreached().stream()
        .filter(peer -> !passesSmall(peer) && !counted.contains(peer))
        .map(UnreachedPeer::block)
        .forEach(alive::remove);
    List<UnreachedPeer> silent =
        counted.stream().filter(peer -> alive.contains(peer.block())).toList();
    String of = family == AddressFamily.IPV4 ? "peers' IPv4 blocks" : "peers' IPv6 blocks";
    NodeLoss here = ofThisHost(silent, alive.size(), of);
    return silent.size() < alive.size() || here.peers().size() * 2 > alive.size()
        ? here
        : new NodeLoss(silent, alive.size(), of, "");
  }

  private static NodeLoss ofThisHost(List<UnreachedPeer> counted, int alive, String of) {
    return new NodeLoss(
        counted.stream()
            .filter(p -> p.where() == Where.LEAVING || p.where() == Where.ARRIVING)
            .toList(),
        alive,
        of,
        " because of this host");
  }

  private NodeFinding thisNode(NodeLoss loss) {
    Where where = most(loss.peers());
    return NodeFinding.of(
        AgentReason.PeerUnreachable,
        true,
        "peers",
        "%d of %d living %s are not reached%s: %s; %s"
            .formatted(
                loss.peers().size(),
                loss.alive(),
                loss.of(),
                loss.why(),
                names(loss.peers()),
                place(where, loss.peers())),
        text.remedy(where, loss.peers()));
  }

  private static Map<Where, List<UnreachedPeer>> byPlace(List<UnreachedPeer> peers) {
    return peers.stream()
        .collect(groupingBy(UnreachedPeer::where, () -> new EnumMap<>(Where.class), toList()));
  }

  /** Where most are lost. */
  private static Where most(List<UnreachedPeer> peers) {
    return byPlace(peers).entrySet().stream()
        .max(Comparator.comparing(e -> e.getValue().size()))
        .orElseThrow()
        .getKey();
  }

  private Optional<NodeFinding> checksums(Reachability seen) {
    String device =
        Optional.of(seen.tunnel())
            .filter(name -> !name.isEmpty())
            .or(() -> path.map(DataPathStatus::device).filter(name -> !name.isEmpty()))
            .orElse("tweed.1");
    return switch (seen.txChecksum()) {
      case NOT_MEASURED, WORKS, OFF, TRYING -> Optional.empty();
      case DAMAGES ->
          Optional.of(
              NodeFinding.of(
                  AgentReason.ChecksumsDamaged,
                  device,
                  "while "
                      + device
                      + " left checksums to the network card, other nodes answered only packets that"
                      + " leave it none: it computes them itself now"
                      + " (tx-checksum-ip-generic is off), which costs TCP throughput",
                  "look for a newer driver or firmware of the network card or the virtual switch;"
                      + " then try again: ethtool -K "
                      + device
                      + " tx-checksum-ip-generic on"));
      case DAMAGED_ANYWAY ->
          Optional.of(
              NodeFinding.of(
                  AgentReason.ChecksumsDamaged,
                  device,
                  "nodes that are silent answer packets without a checksum: something on the way"
                      + " damages checksums of packets in the tunnel, and not the offload of "
                      + device,
                  "look at what is between the nodes, and at receive checksums of the peer's"
                      + " network card: nstat -az UdpInCsumErrors there"));
      case NOT_SWITCHED ->
          Optional.of(
              NodeFinding.of(
                  AgentReason.ChecksumsDamaged,
                  device,
                  "nodes that are silent answer packets that leave the network card no checksum; whether"
                      + " the offload of "
                      + device
                      + " is to blame cannot be tried, or the trial not be undone: "
                      + seen.notSwitched(),
                  "ethtool -K "
                      + device
                      + " tx-checksum-ip-generic off; if pods of those nodes are reached then, leave"
                      + " it so; tried again by itself, once an hour at least"));
    };
  }

  /** Adds a finding for each peer, or one for all. */
  private void add(List<NodeFinding> findings, AgentReason reason, List<UnreachedPeer> peers) {
    if (peers.size() <= SINGLE) {
      peers.forEach(peer -> findings.add(text.finding(reason, name(peer), List.of(peer))));
    } else {
      findings.add(text.finding(reason, peers.size() + " peers", peers));
    }
  }

  private static Reachable bare(Reason reason, String message) {
    return new Reachable(reason, message, List.of());
  }
}
