package dev.tweed.agent.cluster;

import dev.tweed.crds.Limits;
import dev.tweed.crds.NodeReportStatus.LinkAddress;
import dev.tweed.dataplane.HostAddresses.HostAddress;
import dev.tweed.dataplane.TranslatedAddresses;
import java.util.List;

/**
 * Which addresses of this host the operator has to know: those of links that a PodNetwork names of
 * which this node may be. Pure.
 */
public final class LinkAddressPlanner {

  private LinkAddressPlanner() {}

  /** Names of links, which may end in *; mostly none. */
  public static List<String> names(ClusterView view) {
    return view.networks().stream()
        .filter(n -> view.node().map(node -> n.selects(node.labels())).orElse(true))
        .flatMap(n -> n.spec().nodeAddress().interfaces().stream())
        .distinct()
        .toList();
  }

  /** Their addresses, in the order of the names. */
  public static List<LinkAddress> plan(List<String> names, List<HostAddress> host) {
    return names.stream()
        .flatMap(name -> host.stream().filter(a -> TranslatedAddresses.matches(name, a.device())))
        .map(a -> new LinkAddress(a.device(), a.address().toString()))
        .distinct()
        .limit(Limits.LINK_ADDRESSES)
        .toList();
  }
}
