package dev.tweed.firewall;

import dev.tweed.firewall.HostFirewall.State;
import dev.tweed.firewall.ruleset.Chain;
import dev.tweed.firewall.ruleset.Packet;
import dev.tweed.firewall.ruleset.Prefix;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * Says what the hook FORWARD of this host does with packets between its pods and those of other
 * nodes, for blocks that no probe can ask for. Pure; as careful as {@link
 * dev.tweed.firewall.ruleset.Ruleset}: nothing is said to be dropped that may pass.
 */
public final class ForwardJudge {

  private ForwardJudge() {}

  /**
   * What is certainly dropped, and by which chain.
   *
   * @param blocks of this node
   * @return empty if the rules are not known, and none of those that are drops anything
   */
  public static Optional<List<String>> judge(
      HostFirewall firewall, NetworkNeeds needs, List<String> blocks) {
    List<String> dropped = new ArrayList<>();
    Optional<String> bridge = Optional.of(needs.bridge());
    Optional<String> toNodes =
        needs.tunnel().map(NetworkNeeds.Tunnel::device).or(needs::underlayDevice);
    for (String block : blocks) {
      Prefix own = Prefix.parse(block).orElseThrow();
      for (String pool : needs.podCidrs()) {
        Prefix others = Prefix.parse(pool).orElseThrow();
        if (others.family() == own.family()) {
          blocker(firewall, packet(bridge, toNodes, own, others))
              .ifPresent(chain -> dropped.add(text("from " + block + " to other nodes", chain)));
          blocker(firewall, packet(toNodes, bridge, others, own))
              .ifPresent(chain -> dropped.add(text("from other nodes to " + block, chain)));
        }
      }
    }
    return dropped.isEmpty() && firewall.state() == State.UNKNOWN
        ? Optional.empty()
        : Optional.of(dropped.stream().distinct().toList());
  }

  private static Optional<Chain> blocker(HostFirewall firewall, Packet packet) {
    return firewall.rules().blockerOf(packet);
  }

  private static String text(String way, Chain chain) {
    return "packets %s are dropped in FORWARD of this host by chain %s of table %s %s"
        .formatted(way, chain.name(), chain.family(), chain.table());
  }

  private static Packet packet(
      Optional<String> in, Optional<String> out, Prefix source, Prefix destination) {
    return new Packet(
        "forward",
        source.family(),
        in,
        out,
        List.of("lo"),
        Optional.of(source),
        Optional.of(destination),
        "tcp",
        OptionalInt.empty());
  }
}
