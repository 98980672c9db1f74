package dev.tweed.firewall.rules;

import dev.tweed.firewall.NetworkNeeds;
import dev.tweed.ip.IpPrefix;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiConsumer;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The rules a pod network needs on a node that denies everything: incoming, outgoing and routed.
 * They come after all policies, so that a policy can close what they open.
 */
public final class BuiltInRulesPlanner {

  /** Rules for what a Service or a NodePort sends on. */
  private static final Pattern OF_SERVICES = Pattern.compile("to-(own|other)-pods(-[0-9])?");

  /** Where nodes probe each other; nobody listens there. */
  private static final PortRange PROBES = PortRange.of(7416);

  private BuiltInRulesPlanner() {}

  /**
   * Whether a row is for packets of which NAT has changed the destination, and no others. A
   * firewall that can tell them should let no others in by it: from outside they are for a pod by
   * its own address.
   */
  public static boolean isForServices(FilterRow row) {
    return row.origin().kind() == Origin.Kind.NETWORK && OF_SERVICES.matcher(row.rule()).matches();
  }

  /**
   * Rules for one network.
   *
   * @param network name of the PodNetwork
   * @param needs what it lives on
   * @param ownBlocks blocks of this node
   */
  public static RuleGroup plan(String network, NetworkNeeds needs, List<IpPrefix> ownBlocks) {
    List<FirewallRule> rules = new ArrayList<>();
    List<String> tunnels = needs.tunnels();
    needs.tunnel().ifPresent(tunnel -> rules.addAll(port(tunnel.port())));
    forEach(
        tunnels,
        (device, suffix) -> {
          rules.add(FirewallRule.allow("tunnel-in" + suffix, Direction.IN).withInterfaceIn(device));
          rules.add(
              FirewallRule.allow("tunnel-out" + suffix, Direction.OUT).withInterfaceOut(device));
        });
    rules.addAll(pods(needs));
    String bridge = needs.bridge();
    rules.add(FirewallRule.allow("bridge-in", Direction.IN).withInterfaceIn(bridge));
    rules.add(FirewallRule.allow("bridge-out", Direction.OUT).withInterfaceOut(bridge));
    forEach(
        tunnels,
        (device, suffix) -> {
          rules.add(routed("pods-to-nodes" + suffix, bridge, device));
          rules.add(routed("nodes-to-pods" + suffix, device, bridge));
        });
    rules.add(routed("pods-on-node", bridge, bridge));
    forEach(
        ways(needs),
        (device, suffix) -> rules.add(routed("pods-to-outside" + suffix, bridge, device)));
    if (needs.underlayDevice().isEmpty()) {
      // Without a known device pods may leave by any.
      rules.add(FirewallRule.allow("pods-to-outside", Direction.ROUTED).withInterfaceIn(bridge));
    }
    if (!ownBlocks.isEmpty()) {
      Peer own = Peer.of(ownBlocks.toArray(IpPrefix[]::new));
      if (needs.isPlain()) {
        // Of pods of other nodes, and of the nodes themselves.
        rules.add(
            needs
                .underlayDevice()
                .map(underlay -> routed("nodes-to-own-pods", underlay, bridge))
                .orElseGet(
                    () ->
                        FirewallRule.allow("nodes-to-own-pods", Direction.ROUTED)
                            .withInterfaceOut(bridge))
                .withTo(own));
      }
      // What a Service or a NodePort sends here has this address by now (NAT comes first), whatever
      // device it came by.
      rules.add(
          FirewallRule.allow("to-own-pods", Direction.ROUTED).withTo(own).withInterfaceOut(bridge));
    }
    // The same for pods of other nodes: whoever asks this node for a NodePort is sent on to them.
    List<String> toOthers = new ArrayList<>(tunnels);
    needs.underlayDevice().filter(device -> needs.isPlain()).ifPresent(toOthers::add);
    forEach(
        toOthers,
        (device, suffix) ->
            rules.add(
                FirewallRule.allow("to-other-pods" + suffix, Direction.ROUTED)
                    .withTo(podCidrs(needs))
                    .withInterfaceOut(device)));
    return new RuleGroup(new Origin(Origin.Kind.NETWORK, network), 0, rules);
  }

  /** Devices that pods leave by: to the world, and to what is on the nodes' own network. */
  private static List<String> ways(NetworkNeeds needs) {
    return needs.underlayDevice().isEmpty()
        ? List.of()
        : Stream.concat(needs.outsideDevices().stream(), needs.underlayDevice().stream())
            .filter(device -> !needs.devices().contains(device))
            .distinct()
            .toList();
  }

  /** Rules of one purpose need names of their own: the second has -2 at the end, and so on. */
  private static void forEach(List<String> devices, BiConsumer<String, String> rule) {
    for (int i = 0; i < devices.size(); i++) {
      rule.accept(devices.get(i), i == 0 ? "" : "-" + (i + 1));
    }
  }

  private static List<FirewallRule> port(int number) {
    PortRange port = PortRange.of(number);
    return List.of(
        FirewallRule.allow("tunnel-port-in", Direction.IN).withPorts(Protocol.UDP, port),
        FirewallRule.allow("tunnel-port-out", Direction.OUT).withPorts(Protocol.UDP, port));
  }

  /**
   * Nodes have addresses of the pods', too. A source address on the underlay anybody can write, so
   * it is trusted only where packets come that way.
   */
  private static List<FirewallRule> pods(NetworkNeeds needs) {
    Peer pods = podCidrs(needs);
    FirewallRule in = FirewallRule.allow("pods-in", Direction.IN).withFrom(pods).withTo(pods);
    return List.of(
        needs.isPlain() ? in : in.withName("probes-in").withPorts(Protocol.UDP, PROBES),
        FirewallRule.allow("pods-out", Direction.OUT).withTo(pods));
  }

  private static Peer podCidrs(NetworkNeeds needs) {
    return Peer.of(needs.podCidrs().toArray(IpPrefix[]::new));
  }

  private static FirewallRule routed(String name, String in, String out) {
    return FirewallRule.allow(name, Direction.ROUTED).withInterfaceIn(in).withInterfaceOut(out);
  }
}
