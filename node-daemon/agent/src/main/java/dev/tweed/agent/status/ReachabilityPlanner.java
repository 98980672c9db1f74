package dev.tweed.agent.status;

import static java.util.stream.Collectors.groupingBy;
import static java.util.stream.Collectors.joining;
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
import dev.tweed.dataplane.ProbeAddress;
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

  /** Unreached peers with a finding each, and names in a finding about more. */
  private static final int NAMES = 3;

  private static final String RULES =
      "nft list ruleset | grep -nE 'drop|reject'; iptables-save -c | grep -E 'DROP|REJECT'";

  private final Optional<DataPathStatus> path;

  private final Optional<String> forward;

  private ReachabilityPlanner(Optional<DataPathStatus> path, Optional<String> forward) {
    this.path = path;
    this.forward = forward;
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
        remedy(where, counted));
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
        remedy(where, loss.peers()));
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

  /** Adds a finding for each peer, or one for all. */
  private void add(List<NodeFinding> findings, AgentReason reason, List<UnreachedPeer> peers) {
    if (peers.size() <= NAMES) {
      peers.forEach(peer -> findings.add(finding(reason, name(peer), List.of(peer))));
    } else {
      findings.add(finding(reason, peers.size() + " peers", peers));
    }
  }

  /**
   * @param peers at least one; but for large packets all lost at the same place
   */
  private NodeFinding finding(AgentReason reason, String object, List<UnreachedPeer> peers) {
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

  private static String offender(List<UnreachedPeer> peers) {
    return peers.stream()
        .flatMap(p -> p.offender().stream())
        .findFirst()
        .map(address -> "; " + address + " refuses them (ICMP)")
        .orElse("");
  }

  /** Of the first of them that is lost there and of which more is known, as it was counted. */
  private static String place(Where where, List<UnreachedPeer> peers) {
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

  private String remedy(Where where, List<UnreachedPeer> peers) {
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

  private static String names(List<UnreachedPeer> peers) {
    String first =
        peers.stream().limit(NAMES).map(ReachabilityPlanner::name).collect(joining(", "));
    return peers.size() > NAMES ? first + " and %d more".formatted(peers.size() - NAMES) : first;
  }

  private static String name(UnreachedPeer peer) {
    return peer.node() + " (" + peer.block() + ")";
  }

  private static Reachable bare(Reason reason, String message) {
    return new Reachable(reason, message, List.of());
  }
}
