package dev.tweed.agent.firewall;

import dev.tweed.agent.cluster.ClusterView;
import dev.tweed.agent.cluster.NetworkRecord;
import dev.tweed.agent.cluster.NodeRecord;
import dev.tweed.agent.cluster.SubnetRecord;
import dev.tweed.crds.FirewallPolicySpec;
import dev.tweed.crds.LabelSelector;
import dev.tweed.crds.MirroredLabels;
import dev.tweed.crds.PodNetworkSpec;
import dev.tweed.firewall.rules.Peer;
import dev.tweed.firewall.rules.PolicyReason;
import dev.tweed.ip.IpAddress;
import dev.tweed.ip.IpPrefix;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Finds the addresses that an entry of from or to stands for. Pure. */
final class PeerResolver {

  private final ClusterView view;
  private final MirroredLabels mirrored;
  private final Map<LabelSelector, Resolved> nodes = new HashMap<>();

  /**
   * What an entry stands for.
   *
   * @param prefixes empty if that cannot be told; a remark says why
   */
  record Resolved(Optional<List<IpPrefix>> prefixes, List<Remark> remarks) {}

  /** Something about the entry. */
  record Remark(PolicyReason reason, String message, String remedy) {}

  PeerResolver(ClusterView view) {
    this.view = view;
    this.mirrored = MirroredLabels.of(view.networks().stream().map(NetworkRecord::spec).toList());
  }

  Resolved resolve(FirewallPolicySpec.Peer entry) {
    if (entry.type() == null) {
      return incomplete("type");
    }
    if (Stream.of(entry.cidr(), entry.podNetwork(), entry.nodes()).filter(x -> x != null).count()
        > 1) {
      return refused(
          PolicyReason.InvalidRule,
          "an entry has one of cidr, podNetwork and nodes, as type says",
          "write an entry for each");
    }
    return switch (entry.type()) {
      case CIDR -> entry.cidr() == null ? incomplete("cidr") : cidr(entry.cidr());
      case PodNetwork ->
          entry.podNetwork() == null ? incomplete("podNetwork") : podNetwork(entry.podNetwork());
      case Nodes ->
          entry.nodes() == null || entry.nodes().selector() == null
              ? incomplete("nodes.selector")
              : nodes.computeIfAbsent(entry.nodes().selector(), this::nodes);
      case Anywhere ->
          entry.ports().isEmpty() ? incomplete("ports") : found(Peer.anywhere(), List.of());
    };
  }

  private static Resolved incomplete(String field) {
    return refused(
        PolicyReason.InvalidRule,
        "the entry lacks " + field,
        "give type and the field that goes with it; for anything at all leave the list empty");
  }

  private static Resolved cidr(String text) {
    return prefix(text)
        .map(prefix -> found(List.of(prefix), List.of()))
        .orElseGet(
            () ->
                refused(
                    PolicyReason.InvalidRule,
                    "'" + text + "' is neither an address nor a CIDR",
                    "write such as 192.0.2.7, 192.0.2.0/24 or 2001:db8::/32"));
  }

  private Resolved podNetwork(String name) {
    Optional<NetworkRecord> network =
        view.networks().stream().filter(n -> n.name().equals(name)).findFirst();
    if (network.isEmpty()) {
      return refused(
          PolicyReason.UnknownPodNetwork,
          "there is no PodNetwork " + name,
          "create it or correct the name");
    }
    List<IpPrefix> pools = new ArrayList<>();
    for (PodNetworkSpec.Pool pool : network.get().spec().pools()) {
      Optional<IpPrefix> prefix = pool.cidr() == null ? Optional.empty() : prefix(pool.cidr());
      if (prefix.isEmpty()) {
        return refused(
            PolicyReason.InvalidRule,
            "a pool of PodNetwork " + name + " is no CIDR",
            "correct it: 'kubectl edit podnetwork " + name + "'");
      }
      pools.add(prefix.get());
    }
    return found(pools, List.of());
  }

  /** Underlay addresses of the nodes of all PodNetworks that have these labels. */
  private Resolved nodes(LabelSelector selector) {
    List<String> missing = mirrored.missing(selector);
    if (!missing.isEmpty()) {
      return refused(
          PolicyReason.LabelNotMirrored,
          "label " + missing.getFirst() + " is not mirrored onto NodeSubnets",
          "add it to spec.mirroredNodeLabels of the PodNetworks");
    }
    // Where a network does not mirror a label, that its nodes lack it tells nothing.
    Set<String> networks =
        view.networks().stream()
            .filter(n -> MirroredLabels.of(List.of(n.spec())).missing(selector).isEmpty())
            .map(NetworkRecord::name)
            .collect(Collectors.toSet());
    boolean always = new MirroredLabels(MirroredLabels.ALWAYS).missing(selector).isEmpty();
    Set<IpAddress> addresses = new TreeSet<>();
    for (SubnetRecord subnet : view.subnets()) {
      if (subnet.block() instanceof SubnetRecord.Block.Valid(var peer)
          && (always || networks.contains(subnet.podNetwork()))
          && selector.matches(subnet.labels())) {
        addresses.addAll(peer.nodeIps());
      }
    }
    return found(
        addresses.stream().map(IpPrefix::host).toList(),
        isOutside(selector)
            ? List.of(
                new Remark(
                    PolicyReason.NodesOutsideNetwork,
                    "this node matches and is in no PodNetwork, so no node knows its address as a"
                        + " peer's",
                    "select it by a PodNetwork, or give its address as cidr"))
            : List.of());
  }

  /**
   * Whether this very node would be a peer if it were in a PodNetwork. Of other nodes outside of
   * networks a daemon knows nothing; theirs tell it of themselves.
   */
  private boolean isOutside(LabelSelector selector) {
    // "All nodes" means all nodes of all networks.
    return !selector.equals(LabelSelector.everything())
        && view.node().filter(node -> selector.matches(node.labels())).isPresent()
        && view.subnets().stream().noneMatch(s -> s.node().equals(ownName()));
  }

  private String ownName() {
    return view.node().map(NodeRecord::name).orElse("");
  }

  private static Optional<IpPrefix> prefix(String text) {
    return IpPrefix.tryParse(text).or(() -> IpAddress.tryParse(text).map(IpPrefix::host));
  }

  private static Resolved found(List<IpPrefix> prefixes, List<Remark> remarks) {
    return new Resolved(Optional.of(prefixes), remarks);
  }

  private static Resolved refused(PolicyReason reason, String message, String remedy) {
    return new Resolved(Optional.empty(), List.of(new Remark(reason, message, remedy)));
  }
}
