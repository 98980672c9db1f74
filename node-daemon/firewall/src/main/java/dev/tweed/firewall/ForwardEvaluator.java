package dev.tweed.firewall;

import dev.tweed.firewall.ruleset.Chain;
import dev.tweed.firewall.ruleset.Packet;
import dev.tweed.ip.IpPrefix;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Says what the hook FORWARD of this host does with packets between its pods and those of other
 * nodes, for blocks that no probe can ask for. Pure; as careful as {@link
 * dev.tweed.firewall.ruleset.Ruleset}: nothing is said to be dropped that may pass.
 */
public final class ForwardEvaluator {

  private ForwardEvaluator() {}

  /**
   * What is certainly dropped, and by which chain.
   *
   * @param blocks of this node
   * @return empty if the rules are not known, and none of those that are drops anything
   */
  public static Optional<List<String>> evaluate(
      HostFirewall firewall, NetworkNeeds needs, List<IpPrefix> blocks) {
    List<String> dropped = new ArrayList<>();
    Optional<String> bridge = Optional.of(needs.bridge());
    List<Optional<String>> toNodes = needs.toNodes();
    for (IpPrefix own : blocks) {
      for (IpPrefix others : needs.podCidrs()) {
        if (others.family() == own.family()) {
          blocker(firewall, toNodes.stream().map(d -> packet(bridge, d, own, others)).toList())
              .ifPresent(chain -> dropped.add(text("from " + own + " to other nodes", chain)));
          blocker(firewall, toNodes.stream().map(d -> packet(d, bridge, others, own)).toList())
              .ifPresent(chain -> dropped.add(text("from other nodes to " + own, chain)));
        }
      }
    }
    return dropped.isEmpty() && !isShown(firewall)
        ? Optional.empty()
        : Optional.of(dropped.stream().distinct().toList());
  }

  /**
   * Whether the rules are all that drop: not those of iptables-legacy, nor of a firewall that is
   * loading its own.
   */
  private static boolean isShown(HostFirewall firewall) {
    return switch (firewall.state()) {
      case ACTIVE ->
          firewall.legacy().equals(Optional.of(LegacyRules.HARMLESS))
              && firewall.rules().bases().stream().anyMatch(firewall.rules()::canDrop);
      case INACTIVE -> true;
      case UNKNOWN -> false;
    };
  }

  /** What certainly drops all of them. */
  private static Optional<Chain> blocker(HostFirewall firewall, List<Packet> packets) {
    List<Optional<Chain>> blockers = packets.stream().map(firewall.rules()::blockerOf).toList();
    return blockers.stream().allMatch(Optional::isPresent) ? blockers.getFirst() : Optional.empty();
  }

  private static String text(String way, Chain chain) {
    return "packets %s are dropped in FORWARD of this host by chain %s of table %s %s"
        .formatted(way, chain.name(), chain.family(), chain.table());
  }

  private static Packet packet(
      Optional<String> in, Optional<String> out, IpPrefix source, IpPrefix destination) {
    return Packet.of("forward", source.family(), "tcp")
        .on(in, out)
        .between(Optional.of(source), Optional.of(destination));
  }
}
