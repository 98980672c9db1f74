package dev.tweed.dataplane.plan;

import dev.tweed.ip.AddressFamily;
import dev.tweed.ip.IpAddress;
import dev.tweed.ip.IpPrefix;
import dev.tweed.ip.Ipv4Address;
import dev.tweed.ip.Ipv6Address;
import dev.tweed.netlink.Address;
import dev.tweed.netlink.RouteQuestion;
import dev.tweed.netlink.RoutingRule;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;

/**
 * What to ask the kernel, to know which way packets to a target take: for the first and the last
 * address of each part of it, as from a pod and as from this host, and with kube-proxy's mark where
 * a rule tells it from none.
 */
public final class RouteQuestionPlanner {

  /** Of what kube-proxy masquerades; its --iptables-masquerade-bit is 14 by default. */
  static final long MASQUERADE_MARK = 0x4000;

  /**
   * Servers of the root zone (a.root-servers.net), which every network reaches; nothing is sent.
   */
  private static final Map<AddressFamily, IpAddress> OUTSIDE =
      Map.of(
          AddressFamily.IPV4, IpAddress.parse("198.41.0.4"),
          AddressFamily.IPV6, IpAddress.parse("2001:503:ba3e::2:30"));

  /** A block has a few addresses of this host at its ends, not more. */
  private static final int MAX_STEPS = 8;

  private final int bridge;
  private final Set<IpAddress> local = new HashSet<>();
  private final Map<AddressFamily, IpAddress> pods = new EnumMap<>(AddressFamily.class);
  private final Map<AddressFamily, List<Long>> marks = new EnumMap<>(AddressFamily.class);

  /**
   * @param bridge index of the bridge
   * @param gateways its addresses, with the lengths of the blocks
   * @param addresses all addresses of this host
   * @param rules the routing rules in force
   */
  public RouteQuestionPlanner(
      int bridge,
      Collection<IpPrefix> gateways,
      Collection<Address> addresses,
      Collection<RoutingRule> rules) {
    this.bridge = bridge;
    for (Address address : addresses) {
      local.add(address.prefix().address());
    }
    List<IpPrefix> some =
        rules.stream()
            .filter(rule -> RuleSelection.isOfSome(rule, gateways))
            .flatMap(rule -> rule.source().stream())
            .toList();
    for (IpPrefix gateway : gateways) {
      pod(gateway, some).ifPresent(pod -> pods.putIfAbsent(gateway.family(), pod));
    }
    for (AddressFamily family : AddressFamily.values()) {
      boolean told =
          rules.stream()
              .anyMatch(
                  rule ->
                      rule.family() == family
                          && RuleSelection.hasMark(rule, 0)
                              != RuleSelection.hasMark(rule, MASQUERADE_MARK));
      marks.put(family, told ? List.of(0L, MASQUERADE_MARK) : List.of(0L));
    }
  }

  /** An address that stands for all pods: if it can be, none that rules know from others. */
  private Optional<IpAddress> pod(IpPrefix gateway, List<IpPrefix> some) {
    UnaryOperator<IpAddress> next = RouteQuestionPlanner::next;
    return free(gateway, first(gateway), next, address -> isOfNone(some, address))
        .or(
            () ->
                free(
                    gateway,
                    last(gateway),
                    RouteQuestionPlanner::previous,
                    address -> isOfNone(some, address)))
        .or(() -> free(gateway, first(gateway), next, _ -> true));
  }

  private static boolean isOfNone(List<IpPrefix> networks, IpAddress address) {
    return networks.stream().noneMatch(network -> network.contains(address));
  }

  /** An address of the outside, of a family. */
  public static IpAddress outside(AddressFamily family) {
    return OUTSIDE.get(family);
  }

  /**
   * The questions, in the order in which their answers are told.
   *
   * @param parts networks inside the target's that have routes of their own
   */
  public List<RouteQuestion> plan(RouteTarget target, Collection<IpPrefix> parts) {
    Set<IpAddress> destinations = new LinkedHashSet<>();
    switch (target) {
      case RouteTarget.PeerBlock peer -> {
        destinations.add(first(peer.prefix()));
        destinations.add(last(peer.prefix()));
        for (IpPrefix part : parts) {
          destinations.add(first(part));
          destinations.add(last(part));
        }
      }
      case RouteTarget.OwnBlock own -> {
        List<IpPrefix> all = new ArrayList<>(List.of(own.prefix()));
        all.addAll(parts);
        for (IpPrefix part : all) {
          inside(own, part, first(part), RouteQuestionPlanner::next).ifPresent(destinations::add);
          inside(own, part, last(part), RouteQuestionPlanner::previous)
              .ifPresent(destinations::add);
        }
      }
      case RouteTarget.Outside outside -> destinations.add(outside(outside.family()));
    }
    List<RouteQuestion> questions = new ArrayList<>(destinations.size() * 4);
    Optional<IpAddress> pod = Optional.ofNullable(pods.get(target.family()));
    for (IpAddress destination : destinations) {
      for (long mark : marks.get(target.family())) {
        if (pod.isPresent()) {
          questions.add(new RouteQuestion(destination, pod, bridge, mark));
        }
        questions.add(new RouteQuestion(destination, Optional.empty(), 0, mark));
      }
    }
    return questions;
  }

  /** The next address that a pod may have; the host's own are delivered to itself, and rightly. */
  private Optional<IpAddress> inside(
      RouteTarget.OwnBlock own, IpPrefix part, IpAddress start, UnaryOperator<IpAddress> step) {
    return free(own.gateway(), start, step, _ -> true).filter(part::contains);
  }

  private Optional<IpAddress> free(
      IpPrefix block, IpAddress start, UnaryOperator<IpAddress> step, Predicate<IpAddress> wanted) {
    IpPrefix network = block.network();
    IpAddress address = start;
    for (int i = 0; i < MAX_STEPS && network.contains(address); i++) {
      boolean edge =
          address.equals(network.address())
              || address.equals(block.address())
              || block.family() == AddressFamily.IPV4 && address.equals(last(network));
      if (!edge && !local.contains(address) && wanted.test(address)) {
        return Optional.of(address);
      }
      address = step.apply(address);
    }
    return Optional.empty();
  }

  static IpAddress first(IpPrefix prefix) {
    return prefix.network().address();
  }

  static IpAddress last(IpPrefix prefix) {
    int hostBits = prefix.family().bits() - prefix.length();
    return switch (prefix.address()) {
      case Ipv4Address v4 -> new Ipv4Address((int) (v4.value() | ones(hostBits)));
      case Ipv6Address v6 ->
          new Ipv6Address(
              v6.high() | ones(Math.max(0, hostBits - 64)),
              v6.low() | ones(Math.min(hostBits, 64)));
    };
  }

  private static long ones(int bits) {
    return bits == 64 ? -1 : (1L << bits) - 1;
  }

  private static IpAddress next(IpAddress address) {
    return switch (address) {
      case Ipv4Address v4 -> new Ipv4Address(v4.value() + 1);
      case Ipv6Address v6 ->
          new Ipv6Address(v6.low() == -1 ? v6.high() + 1 : v6.high(), v6.low() + 1);
    };
  }

  private static IpAddress previous(IpAddress address) {
    return switch (address) {
      case Ipv4Address v4 -> new Ipv4Address(v4.value() - 1);
      case Ipv6Address v6 ->
          new Ipv6Address(v6.low() == 0 ? v6.high() - 1 : v6.high(), v6.low() - 1);
    };
  }
}
