package dev.tweed.firewall.rules;

import dev.tweed.firewall.NetworkNeeds;
import dev.tweed.ip.IpAddress;
import dev.tweed.ip.IpPrefix;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The rules a pod network needs on a node that denies everything: incoming, outgoing and routed.
 * They come after all policies, so that a policy can close what they open.
 */
public final class BuiltInRulesPlanner {

  private BuiltInRulesPlanner() {}

  /**
   * Rules for one network.
   *
   * @param network name of the PodNetwork
   * @param needs what it lives on
   * @param ownBlocks blocks of this node
   */
  public static RuleGroup plan(String network, NetworkNeeds needs, List<IpPrefix> ownBlocks) {
    List<FirewallRule> rules = new ArrayList<>();
    needs.tunnel().ifPresent(tunnel -> rules.addAll(tunnel(tunnel)));
    rules.addAll(pods(needs));
    String bridge = needs.bridge();
    rules.add(FirewallRule.allow("bridge-in", Direction.IN).withInterfaceIn(bridge));
    rules.add(FirewallRule.allow("bridge-out", Direction.OUT).withInterfaceOut(bridge));
    needs
        .tunnel()
        .map(NetworkNeeds.Tunnel::device)
        .ifPresent(
            tunnel -> {
              rules.add(routed("pods-to-nodes", bridge, tunnel));
              rules.add(routed("nodes-to-pods", tunnel, bridge));
            });
    rules.add(routed("pods-on-node", bridge, bridge));
    // Without a known device pods may leave by any.
    rules.add(
        needs
            .underlayDevice()
            .map(underlay -> routed("pods-to-outside", bridge, underlay))
            .orElseGet(
                () ->
                    FirewallRule.allow("pods-to-outside", Direction.ROUTED)
                        .withInterfaceIn(bridge)));
    if (!ownBlocks.isEmpty()) {
      // What a Service or a NodePort sends here has this address by now (NAT comes first), whatever
      // device it came by.
      rules.add(
          FirewallRule.allow("to-own-pods", Direction.ROUTED)
              .withTo(Peer.of(ownBlocks.toArray(IpPrefix[]::new)))
              .withInterfaceOut(bridge));
    }
    // The same for pods of other nodes: whoever asks this node for a NodePort is sent on to them.
    needs
        .tunnel()
        .map(NetworkNeeds.Tunnel::device)
        .or(needs::underlayDevice)
        .ifPresent(
            device ->
                rules.add(
                    FirewallRule.allow("to-other-pods", Direction.ROUTED)
                        .withTo(podCidrs(needs))
                        .withInterfaceOut(device)));
    return new RuleGroup(new Origin(Origin.Kind.NETWORK, network), 0, rules);
  }

  private static List<FirewallRule> tunnel(NetworkNeeds.Tunnel tunnel) {
    PortRange port = PortRange.of(tunnel.port());
    return List.of(
        FirewallRule.allow("tunnel-port-in", Direction.IN).withPorts(Protocol.UDP, port),
        FirewallRule.allow("tunnel-port-out", Direction.OUT).withPorts(Protocol.UDP, port),
        FirewallRule.allow("tunnel-in", Direction.IN).withInterfaceIn(tunnel.device()),
        FirewallRule.allow("tunnel-out", Direction.OUT).withInterfaceOut(tunnel.device()));
  }

  private static List<FirewallRule> pods(NetworkNeeds needs) {
    Peer pods = podCidrs(needs);
    return List.of(
        FirewallRule.allow("pods-in", Direction.IN).withFrom(pods).withTo(pods),
        FirewallRule.allow("pods-out", Direction.OUT).withTo(pods));
  }

  private static Peer podCidrs(NetworkNeeds needs) {
    return Peer.of(
        needs.podCidrs().stream().map(BuiltInRulesPlanner::prefix).toArray(IpPrefix[]::new));
  }

  private static FirewallRule routed(String name, String in, String out) {
    return FirewallRule.allow(name, Direction.ROUTED).withInterfaceIn(in).withInterfaceOut(out);
  }

  private static IpPrefix prefix(String cidr) {
    Optional<IpPrefix> prefix =
        IpPrefix.tryParse(cidr).or(() -> IpAddress.tryParse(cidr).map(IpPrefix::host));
    return prefix.orElseThrow(() -> new IllegalArgumentException("'" + cidr + "' is no CIDR"));
  }
}
