package dev.tweed.agent.cluster;

import dev.tweed.agent.cluster.SubnetRecord.Block;
import dev.tweed.agent.finding.AgentReason;
import dev.tweed.agent.finding.NodeFinding;
import dev.tweed.crds.PodNetworkSpec;
import dev.tweed.crds.PodNetworkStatus.AddressConflict;
import dev.tweed.dataplane.ClusterSnapshot;
import dev.tweed.dataplane.NetworkParameters;
import dev.tweed.dataplane.OwnNode;
import dev.tweed.dataplane.Peer;
import dev.tweed.ip.IpPrefix;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * From watched objects to what this node is to program. Pure; the same view gives the same mapping
 * whatever the order of its lists.
 *
 * <p>The node's network is the one that its oldest readable NodeSubnet names. Where claims clash,
 * the oldest creation time wins, then the name: every node decides alike.
 *
 * @param ownName name of this node
 */
public record SnapshotMapper(String ownName) {

  /** Maps a complete view. */
  public Mapping map(ClusterView view) {
    List<NodeFinding> findings = new ArrayList<>();
    Optional<String> networkName = ownNetwork(view, findings);
    view.gaps().unreadable().stream()
        .filter(n -> !networkName.equals(Optional.of(n.name())))
        .forEach(n -> findings.add(unreadable(n, false)));
    if (networkName.isEmpty()) {
      return view.subnets().stream()
          .filter(s -> isOwn(s) && s.block() instanceof Block.Unaddressed)
          .min(SubnetRecord.BY_AGE)
          .map(own -> unaddressed(own, view, findings))
          .orElseGet(() -> withoutSubnet(view, findings));
    }
    Optional<NetworkRecord> network =
        view.networks().stream().filter(n -> n.name().equals(networkName.get())).findFirst();
    Optional<NetworkRecord> unreadable =
        view.gaps().unreadable().stream()
            .filter(n -> n.name().equals(networkName.get()))
            .findFirst();
    if (unreadable.isPresent()) {
      findings.add(unreadable(unreadable.get(), true));
      return new Mapping.Waiting("its PodNetwork cannot be read", findings);
    }
    if (network.isEmpty()) {
      findings.add(
          NodeFinding.of(
              AgentReason.WaitingForSubnet,
              "PodNetwork/" + networkName.get(),
              "this node's NodeSubnet belongs to PodNetwork "
                  + networkName.get()
                  + ", which does not exist; the node keeps what it has",
              "re-create the PodNetwork, or delete this node's NodeSubnets"));
      return new Mapping.Waiting("its PodNetwork is gone", findings);
    }
    return switch (NetworkParser.parse(network.get())) {
      case NetworkParser.Result.Bad(NodeFinding why) -> {
        findings.add(why);
        yield new Mapping.Waiting("its PodNetwork cannot be used", findings);
      }
      case NetworkParser.Result.Good(NetworkParameters parameters, List<NodeFinding> notes) -> {
        findings.addAll(notes);
        network.get().conflicts().stream()
            .flatMap(conflict -> told(conflict).stream())
            .forEach(findings::add);
        yield program(view, parameters, network.get(), findings);
      }
    };
  }

  private Optional<String> ownNetwork(ClusterView view, List<NodeFinding> findings) {
    List<SubnetRecord> own =
        view.subnets().stream().filter(this::isOwn).sorted(SubnetRecord.BY_AGE).toList();
    Optional<String> network =
        own.stream()
            .filter(s -> s.block() instanceof Block.Valid)
            .findFirst()
            .map(SubnetRecord::podNetwork);
    own.stream()
        .filter(s -> network.isEmpty() || !s.podNetwork().equals(network.get()))
        .filter(s -> network.isPresent() || !(s.block() instanceof Block.Unaddressed))
        .forEach(
            s ->
                findings.add(
                    skipped(
                        s,
                        s.block() instanceof Block.Invalid(String why)
                            ? why
                            : "this node already belongs to PodNetwork " + network.orElse(""))));
    return network;
  }

  private Mapping program(
      ClusterView view,
      NetworkParameters parameters,
      NetworkRecord network,
      List<NodeFinding> findings) {
    ClaimRules rules = new ClaimRules(parameters.podCidrs());
    List<SubnetRecord> own = new ArrayList<>();
    List<Peer> ownBlocks = new ArrayList<>();
    List<Peer> peers = new ArrayList<>();
    view.subnets().stream()
        .filter(s -> s.podNetwork().equals(parameters.name()))
        .sorted(SubnetRecord.BY_AGE)
        .forEach(
            subnet -> {
              switch (subnet.block()) {
                case Block.Invalid(String why) -> findings.add(skipped(subnet, why));
                // Told by the operator, and on that node. Its block is its own all the same.
                case Block.Unaddressed(IpPrefix block) -> rules.claim(subnet.node(), block);
                case Block.Valid(Peer peer) -> {
                  Optional<String> refused = rules.claim(peer.node(), peer.block());
                  if (refused.isPresent()) {
                    findings.add(skipped(subnet, refused.get()));
                  } else if (isOwn(subnet)) {
                    own.add(subnet);
                    ownBlocks.add(peer);
                  } else {
                    peers.add(peer);
                  }
                }
              }
            });
    if (ownBlocks.isEmpty()) {
      return new Mapping.Waiting("none of its NodeSubnets can be used", findings);
    }
    // A node's objects carry equal addresses; where they do not, the oldest counts.
    Peer first = ownBlocks.getFirst();
    OwnNode self =
        new OwnNode(
            ownName,
            ownBlocks.stream().map(Peer::block).sorted().toList(),
            first.nodeIps(),
            first.vtepMac());
    return new Mapping.Program(
        new ClusterSnapshot(
            parameters,
            self,
            // Its own NodeSubnet tells a node whose pods take more than others' what those take.
            first.mtu() == 0
                ? peers
                : peers.stream().map(p -> p.withMtuAtMost(first.mtu())).toList(),
            view.fromMemory().isPresent()),
        own,
        network.spec().hostFirewall() == PodNetworkSpec.HostFirewall.Auto,
        leaving(view, network),
        findings);
  }

  /** The operator takes the block back after a while, and may give it to another node then. */
  private static Optional<String> leaving(ClusterView view, NetworkRecord network) {
    return view.gaps().node() == ClusterView.Listing.RECEIVED
            && view.node().filter(node -> !network.selects(node.labels())).isPresent()
        ? Optional.of("PodNetwork " + network.name() + " does not select this node any more")
        : Optional.empty();
  }

  private static NodeFinding unreadable(NetworkRecord network, boolean blocking) {
    return NodeFinding.of(
        AgentReason.InvalidPodNetwork,
        blocking,
        "PodNetwork/" + network.name(),
        "PodNetwork "
            + network.name()
            + " holds what this version of Tweed does not know: "
            + network.unreadable().orElse(""),
        "run the version that wrote it, or correct it: 'kubectl edit podnetwork "
            + network.name()
            + "'");
  }

  /** What this node has to say of an address that two claim, if it is one of them. */
  private Optional<NodeFinding> told(AddressConflict conflict) {
    boolean clones = Boolean.TRUE.equals(conflict.clones());
    String what =
        ownName.equals(conflict.holder())
            ? "node %s claims %s, the address of this node, which had it before and keeps it"
                .formatted(conflict.node(), conflict.address())
            : ownName.equals(conflict.node())
                ? "this node claims %s, which node %s had before and keeps; others go on reaching this one where they did"
                    .formatted(conflict.address(), conflict.holder())
                : "";
    return what.isEmpty()
        ? Optional.empty()
        : Optional.of(
            NodeFinding.of(
                AgentReason.NodeAddressTaken,
                false,
                "Node/" + conflict.node(),
                what + (clones ? ". Both are clones of one machine" : ""),
                clones
                    ? "give one of them an address, host name and machine ID of its own (rm"
                        + " /etc/machine-id && systemd-machine-id-setup) and restart its kubelet"
                    : "each needs one of its own: the kubelet's --node-ip where it took a virtual"
                        + " IP that was on the NIC, or spec.nodeAddress of the PodNetwork"));
  }

  private static Mapping unaddressed(
      SubnetRecord own, ClusterView view, List<NodeFinding> findings) {
    findings.add(
        NodeFinding.of(
            AgentReason.NodeAddressTaken,
            "NodeSubnet/" + own.name(),
            "this node claims an address that another node has, and has no other; no node sends it"
                + " packets for its pods"
                + view.networks().stream()
                    .filter(n -> n.name().equals(own.podNetwork()))
                    .findFirst()
                    .map(SnapshotMapper::saidOf)
                    .orElse(""),
            "give it one of its own: the kubelet's --node-ip if it took a virtual IP; a clone of"
                + " another machine needs an address and an /etc/machine-id of its own"));
    return new Mapping.Waiting("another node has its address", findings);
  }

  private Mapping withoutSubnet(ClusterView view, List<NodeFinding> findings) {
    if (view.gaps().node() != ClusterView.Listing.RECEIVED) {
      return new Mapping.Waiting("its Node object has not been read yet", findings);
    }
    if (view.node().isEmpty()) {
      findings.add(
          NodeFinding.of(
              AgentReason.WaitingForSubnet,
              "Node/" + ownName,
              "no Node object named " + ownName + " exists",
              "wait for the kubelet to register it, or start the daemon with the right"
                  + " --node-name"));
      return new Mapping.Waiting("its Node object does not exist", findings);
    }
    Optional<NetworkRecord> selecting =
        view.networks().stream()
            .filter(n -> n.selects(view.node().get().labels()))
            .min(NetworkRecord.BY_AGE);
    if (selecting.isEmpty() && findings.isEmpty()) {
      return new Mapping.Nothing(
          view.networks().isEmpty() ? "there is no PodNetwork" : "no PodNetwork selects this node");
    }
    selecting.ifPresent(network -> findings.add(waitingFor(network)));
    return new Mapping.Waiting("it has no NodeSubnet", findings);
  }

  private static NodeFinding waitingFor(NetworkRecord network) {
    return NodeFinding.of(
        AgentReason.WaitingForSubnet,
        "PodNetwork/" + network.name(),
        "PodNetwork "
            + network.name()
            + " selects this node, but it has no NodeSubnet yet"
            + saidOf(network),
        "see 'kubectl describe podnetwork "
            + network.name()
            + "' and whether the operator runs: 'kubectl -n tweed-system get pods'");
  }

  /** Why the operator gives no block, in its own words where it says so. */
  private static String saidOf(NetworkRecord network) {
    return network.conditions().stream()
        .filter(c -> "False".equals(c.status()) && !"Ready".equals(c.type()))
        .map(c -> ": " + c.reason() + ", " + c.message())
        .findFirst()
        .orElse("");
  }

  private boolean isOwn(SubnetRecord subnet) {
    return subnet.node().equals(ownName);
  }

  private static NodeFinding skipped(SubnetRecord subnet, String why) {
    return NodeFinding.of(
        AgentReason.InvalidPeer,
        "NodeSubnet/" + subnet.name(),
        "skipped: " + why,
        "'kubectl get nodesubnet "
            + subnet.name()
            + " -o yaml' shows it; deleting it lets the operator make a correct one");
  }
}
