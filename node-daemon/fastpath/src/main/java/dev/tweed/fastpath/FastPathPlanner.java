package dev.tweed.fastpath;

import dev.tweed.fastpath.FastPathOff.AddressTwice;
import dev.tweed.fastpath.FastPathOff.ForeignProgram;
import dev.tweed.fastpath.FastPathOff.ForeignProgramOnDevice;
import dev.tweed.fastpath.FastPathOff.KernelTooOld;
import dev.tweed.fastpath.FastPathOff.NoPlainTunnel;
import dev.tweed.fastpath.FastPathOff.NotTunnelled;
import dev.tweed.fastpath.FastPathOff.RightsMissing;
import dev.tweed.fastpath.FastPathOff.Shaped;
import dev.tweed.fastpath.FastPathOff.SwitchedOff;
import dev.tweed.fastpath.FastPathOff.TooManyPeers;
import dev.tweed.fastpath.FastPathOff.TooManyPods;
import dev.tweed.fastpath.FastPathOff.WindowTrackingStrict;
import dev.tweed.fastpath.FastPathPlan.PeerEntry;
import dev.tweed.fastpath.FastPathPlan.PodEntry;
import dev.tweed.fastpath.FastPathPlan.Routed;
import dev.tweed.fastpath.FastPathPlan.Tunnelled;
import dev.tweed.fastpath.NodeView.Way;
import dev.tweed.ip.IpAddress;
import dev.tweed.ip.IpPrefix;
import dev.tweed.ip.Ipv4Address;
import dev.tweed.netlink.MacAddress;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Decides what may go fast on a node. A pure function. */
public final class FastPathPlanner {

  /** Room for blocks of peers: PEERS of fastpath.bpf.c. */
  public static final int MOST_BLOCKS = 65536;

  /** Room for addresses of pods: PODS of fastpath.bpf.c. */
  public static final int MOST_PODS = 4096;

  // tcx links and what the programs ask of bpf_skb_adjust_room() and bpf_fib_lookup() are of 6.6 or
  // older.
  private static final int MAJOR = 6;
  private static final int MINOR = 6;
  private static final Pattern RELEASE = Pattern.compile("(\\d{1,4})\\.(\\d{1,4}).*");

  private static final int NET_ADMIN = 12;
  private static final int SYS_ADMIN = 21;
  private static final int PERFMON = 38;
  private static final int BPF = 39;

  private FastPathPlanner() {}

  /** The plan for what is seen of a node. */
  public static FastPathPlan plan(NodeView node) {
    return off(node).<FastPathPlan>map(FastPathPlan.Off::new).orElseGet(() -> on(node));
  }

  /**
   * Why a process will never have it, whatever is on the node.
   *
   * @param kernelRelease as {@code uname -r}
   * @param capabilities effective ones, by number
   */
  public static Optional<FastPathOff.OfNode> never(
      String kernelRelease, Set<Integer> capabilities) {
    if (!isNewEnough(kernelRelease)) {
      return Optional.of(new KernelTooOld(kernelRelease, MAJOR + "." + MINOR));
    }
    return Optional.of(missing(capabilities))
        .filter(missing -> !missing.isEmpty())
        .map(RightsMissing::new);
  }

  private static Optional<FastPathOff.OfNode> off(NodeView node) {
    if (!node.wanted()) {
      return Optional.of(new SwitchedOff());
    }
    Optional<FastPathOff.OfNode> never = never(node.kernelRelease(), node.capabilities());
    if (never.isPresent()) {
      return never;
    }
    if (!node.tcpBeLiberal()) {
      return Optional.of(new WindowTrackingStrict());
    }
    if (node.tunnel().isEmpty()
        && node.peers().stream().anyMatch(peer -> peer.way() instanceof Way.Tunnelled)) {
      return Optional.of(new NoPlainTunnel("none is there"));
    }
    return node.tunnel()
        .filter(tunnel -> !tunnel.plain())
        .<FastPathOff.OfNode>map(
            tunnel -> new NoPlainTunnel(tunnel.name() + " is more than RFC 7348"))
        .or(() -> node.occupied().map(ForeignProgramOnDevice::new));
  }

  private static boolean isNewEnough(String release) {
    Matcher matcher = RELEASE.matcher(release);
    if (!matcher.matches()) {
      return false;
    }
    int major = Integer.parseInt(matcher.group(1));
    return major > MAJOR || major == MAJOR && Integer.parseInt(matcher.group(2)) >= MINOR;
  }

  private static List<String> missing(Set<Integer> capabilities) {
    List<String> missing = new ArrayList<>();
    if (!capabilities.contains(NET_ADMIN)) {
      missing.add("NET_ADMIN");
    }
    // CAP_SYS_ADMIN is both of the newer ones, too.
    if (!capabilities.contains(BPF) && !capabilities.contains(SYS_ADMIN)) {
      missing.add("BPF");
    }
    if (!capabilities.contains(PERFMON) && !capabilities.contains(SYS_ADMIN)) {
      missing.add("PERFMON");
    }
    return missing;
  }

  private static FastPathPlan on(NodeView node) {
    Map<IpPrefix, PeerEntry> peers = new HashMap<>();
    Map<String, FastPathOff.OfPeer> peersOff = new HashMap<>();
    for (NodeView.Peer peer : node.peers()) {
      Optional<PeerEntry> entry = entry(peer, node);
      if (entry.isEmpty()) {
        peersOff.put(peer.name(), new NotTunnelled());
      } else if (peers.size() + peer.blocks().size() > MOST_BLOCKS) {
        peersOff.put(peer.name(), new TooManyPeers(MOST_BLOCKS));
      } else {
        peer.blocks().forEach(block -> peers.putIfAbsent(block.network(), entry.get()));
      }
    }
    Map<IpAddress, PodEntry> pods = new HashMap<>();
    Map<Integer, FastPathOff.OfPod> podsOff = new HashMap<>();
    Set<IpAddress> contested = contested(node.pods());
    for (NodeView.Pod pod : node.pods()) {
      Optional<FastPathOff.OfPod> why = off(pod, contested, pods.size());
      if (why.isPresent()) {
        podsOff.put(pod.device(), why.get());
      } else {
        PodEntry entry = new PodEntry(pod.device(), pod.mac(), pod.gateway(), pod.tapped());
        pod.addresses().forEach(address -> pods.put(address, entry));
      }
    }
    return new FastPathPlan.On(
        node.tunnel(),
        node.tunnel().flatMap(tunnel -> node.encapsulation()),
        node.wire().filter(wire -> peers.values().stream().anyMatch(Routed.class::isInstance)),
        peers,
        pods,
        peersOff,
        podsOff);
  }

  private static Optional<PeerEntry> entry(NodeView.Peer peer, NodeView node) {
    return switch (peer.way()) {
      case Way.Tunnelled(MacAddress mac, IpAddress underlay) ->
          node.tunnel().map(tunnel -> new Tunnelled(mac, tunnel.mac(), peer.mtu(), ipv4(underlay)));
      case Way.Plain _ -> node.wire().map(wire -> new Routed(wire.device(), peer.mtu()));
      case Way.Other _ -> Optional.empty();
    };
  }

  private static Optional<FastPathOff.OfPod> off(
      NodeView.Pod pod, Set<IpAddress> contested, int before) {
    if (!pod.qdisc().equals("noqueue")) {
      return Optional.of(new Shaped(pod.qdisc()));
    }
    if (pod.foreignProgram()) {
      return Optional.of(new ForeignProgram());
    }
    if (pod.addresses().stream().anyMatch(contested::contains)) {
      return Optional.of(new AddressTwice());
    }
    if (before + pod.addresses().size() > MOST_PODS) {
      return Optional.of(new TooManyPods(MOST_PODS));
    }
    return Optional.empty();
  }

  private static Set<IpAddress> contested(List<NodeView.Pod> pods) {
    Map<IpAddress, Integer> owners = new HashMap<>();
    Set<IpAddress> contested = new HashSet<>();
    for (NodeView.Pod pod : pods) {
      for (IpAddress address : pod.addresses()) {
        Integer other = owners.putIfAbsent(address, pod.device());
        if (other != null && other != pod.device()) {
          contested.add(address);
        }
      }
    }
    return contested;
  }

  private static Optional<Ipv4Address> ipv4(IpAddress address) {
    return address instanceof Ipv4Address ipv4 ? Optional.of(ipv4) : Optional.empty();
  }
}
