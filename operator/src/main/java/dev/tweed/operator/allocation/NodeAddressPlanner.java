package dev.tweed.operator.allocation;

import dev.tweed.crds.PodNetworkSpec;
import dev.tweed.crds.PodNetworkSpec.UnderlayFamily;
import dev.tweed.ip.AddressFamily;
import dev.tweed.ip.IpAddress;
import dev.tweed.ip.IpPrefix;
import dev.tweed.operator.allocation.HeldBlocks.Held;
import dev.tweed.operator.allocation.NodeAddresses.NodeAddress;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.Stream;

/**
 * Decides which addresses NodeSubnets tell of each node.
 *
 * <p>No two nodes of a network get the same one: who has it, and whose Node still claims it, keeps
 * it, so that a virtual IP or a clone cuts nobody off; of others the oldest Node gets it. A node
 * that is gone claims nothing, so its address is free at once for who has it now.
 *
 * <p>Sticky: of addresses that are equally good a node keeps the one it has, whatever the order of
 * the kubelet's; and one that has no other keeps what its peers know.
 */
final class NodeAddressPlanner {
  /**
   * A node that has blocks of a network, or is to have some.
   *
   * @param network whose rules are for it
   */
  record Claimant(NodeFacts node, CandidateNetwork network, List<Held> blocks) {}

  /**
   * What was decided for a node.
   *
   * @param addresses at most one of each family, IPv4 first, as canonical texts
   * @param conflicts addresses it does not get because another node has them
   * @param refused addresses it claims which its network does not admit, if it has no others or if
   *     a person wrote them
   * @param claiming whether it claims any that its network admits
   */
  record Choice(
      List<String> addresses,
      List<AddressConflict> conflicts,
      List<String> refused,
      boolean claiming) {
    static final Choice NONE = new Choice(List.of(), List.of(), List.of(), false);
  }

  private record Key(String network, String address) {}

  /** What one node wants of one family, and gets. */
  private static final class Wish {
    private final Claimant claimant;
    private final List<String> wanted;
    private final Optional<String> has;
    private Optional<String> got = Optional.empty();

    /**
     * @param wanted the best first
     * @param has what its NodeSubnet tells
     */
    Wish(Claimant claimant, List<String> wanted, Optional<String> has) {
      this.claimant = claimant;
      this.wanted = wanted;
      this.has = has;
    }

    NodeFacts node() {
      return claimant.node();
    }

    Key key(String address) {
      return new Key(claimant.network().name(), address);
    }

    /**
     * Its oldest NodeSubnet, but one of a Node that was gone, which claims anew when it is back.
     */
    Optional<SubnetFacts> since() {
      return claimant.blocks().stream()
          .map(Held::facts)
          .filter(f -> f.goneSince().isEmpty())
          .min(SubnetFacts.OLDEST_FIRST);
    }

    /** Whether its NodeSubnet is older than that of the other. */
    boolean isBefore(Wish other) {
      return SubnetFacts.OLDEST_FIRST.compare(since().orElseThrow(), other.since().orElseThrow())
          <= 0;
    }
  }

  private record Ranked(int rank, String text) {}

  private static final List<AddressFamily> FAMILIES =
      List.of(AddressFamily.IPV4, AddressFamily.IPV6);

  /** Which addresses a network admits, with its ranges read. */
  private record Rule(List<IpPrefix> cidrs, List<String> interfaces, UnderlayFamily family) {
    static Rule of(CandidateNetwork network) {
      PodNetworkSpec.NodeAddress spec = network.facts().spec().nodeAddress();
      return new Rule(
          spec.cidrs().stream().flatMap(c -> IpPrefix.tryParseNetwork(c).stream()).toList(),
          spec.interfaces(),
          spec.family());
    }

    boolean admits(AddressFamily which) {
      return switch (family) {
        case Any -> true;
        case IPv4 -> which == AddressFamily.IPV4;
        case IPv6 -> which == AddressFamily.IPV6;
      };
    }

    /** Whether it admits the InternalIPs of a node, and no others. */
    boolean isOpen() {
      return cidrs.isEmpty() && interfaces.isEmpty();
    }

    boolean contains(IpAddress address) {
      return cidrs.stream().anyMatch(c -> c.contains(address));
    }
  }

  private final Map<String, List<LinkAddress>> linkAddresses;
  private final Map<String, Rule> rules = new HashMap<>();
  private final Map<Key, Wish> holders = new HashMap<>();
  private final Map<String, Choice> choices = new HashMap<>();

  private NodeAddressPlanner(Map<String, List<LinkAddress>> linkAddresses) {
    this.linkAddresses = linkAddresses;
  }

  /**
   * Decides for all nodes.
   *
   * @param claimants oldest Node first
   * @param linkAddresses what nodes told of their links, by their names
   */
  static NodeAddressPlanner plan(
      List<Claimant> claimants, Map<String, List<LinkAddress>> linkAddresses) {
    NodeAddressPlanner planner = new NodeAddressPlanner(linkAddresses);
    planner.decide(claimants);
    return planner;
  }

  /** What was decided for a node; nothing for one that is no claimant. */
  Choice of(NodeFacts node) {
    return choices.getOrDefault(node.name(), Choice.NONE);
  }

  /** What a NodeSubnet whose node is gone goes on telling: what nobody else has by now. */
  List<String> left(Held gone) {
    List<String> all = gone.facts().spec().nodeIPs();
    return all.stream().anyMatch(a -> isHeld(gone, a))
        ? all.stream().filter(a -> !isHeld(gone, a)).toList()
        : all;
  }

  private boolean isHeld(Held gone, String address) {
    return holders.containsKey(new Key(gone.network(), address));
  }

  private void decide(List<Claimant> claimants) {
    List<List<Wish>> wishes = claimants.stream().map(this::wishes).toList();
    // Who has an address keeps it, whatever others want.
    each(
        wishes,
        wish -> {
          if (wish.has.filter(wish.wanted::contains).isPresent() && wish.since().isPresent()) {
            holders.merge(wish.key(wish.has.get()), wish, (a, b) -> a.isBefore(b) ? a : b);
          }
        });
    each(wishes, wish -> take(wish, wish.wanted));
    wishes.forEach(this::keep);
    for (int i = 0; i < claimants.size(); i++) {
      choices.put(claimants.get(i).node().name(), choice(claimants.get(i), wishes.get(i)));
    }
  }

  private static void each(List<List<Wish>> wishes, Consumer<Wish> what) {
    wishes.forEach(ofNode -> ofNode.forEach(what));
  }

  private void take(Wish wish, List<String> addresses) {
    for (String address : addresses) {
      Wish holder = holders.putIfAbsent(wish.key(address), wish);
      if (holder == null || holder == wish) {
        wish.got = Optional.of(address);
        return;
      }
    }
  }

  // What its peers know, of a family of which it gets nothing that it claims, or if it has no
  // other.
  private void keep(List<Wish> ofNode) {
    boolean lost = ofNode.stream().allMatch(wish -> wish.got.isEmpty());
    for (Wish wish : ofNode) {
      if (wish.got.isEmpty() && (lost || !wish.wanted.isEmpty())) {
        take(wish, wish.has.stream().toList());
      }
    }
  }

  private Choice choice(Claimant claimant, List<Wish> wishes) {
    List<String> addresses = new ArrayList<>(2);
    List<AddressConflict> conflicts = new ArrayList<>(0);
    wishes.forEach(wish -> wish.got.ifPresent(addresses::add));
    boolean claiming = wishes.stream().anyMatch(wish -> !wish.wanted.isEmpty());
    for (Wish wish : wishes) {
      List<String> claimed =
          wish.wanted.isEmpty() && addresses.isEmpty() ? wish.has.stream().toList() : wish.wanted;
      if (!claimed.isEmpty() && wish.got.filter(claimed::contains).isEmpty()) {
        String first = claimed.getFirst();
        conflicts.add(new AddressConflict(wish.node(), holders.get(wish.key(first)).node(), first));
      }
    }
    return new Choice(
        List.copyOf(addresses), List.copyOf(conflicts), refused(claimant, claiming), claiming);
  }

  private List<Wish> wishes(Claimant claimant) {
    List<Wish> wishes = new ArrayList<>(2);
    for (AddressFamily family : FAMILIES) {
      wish(claimant, family).ifPresent(wishes::add);
    }
    return wishes;
  }

  // Nothing where the node wants none of the family, and has none.
  private Optional<Wish> wish(Claimant claimant, AddressFamily family) {
    if (!rule(claimant).admits(family)) {
      return Optional.empty();
    }
    Optional<String> has =
        claimant.blocks().stream()
            .findFirst()
            .flatMap(
                b -> b.facts().spec().nodeIPs().stream().filter(a -> isOf(a, family)).findFirst());
    List<String> wanted = wanted(claimant, family, has);
    return wanted.isEmpty() && has.isEmpty()
        ? Optional.empty()
        : Optional.of(new Wish(claimant, wanted, has));
  }

  private static boolean isOf(String text, AddressFamily family) {
    return text.indexOf(':') >= 0 == (family == AddressFamily.IPV6);
  }

  private List<String> wanted(Claimant claimant, AddressFamily family, Optional<String> has) {
    if (claimant.network().isUnknown() && has.isPresent()) {
      return List.of(has.get()); // by rules that this version cannot read
    }
    Rule rule = rule(claimant);
    List<NodeAddress> internal = claimant.node().addresses().internal();
    if (internal.size() == 1 && rule.isOpen()) { // as nearly everywhere
      return internal.getFirst().address().family() == family
          ? List.of(internal.getFirst().text())
          : List.of();
    }
    List<Ranked> ranked =
        annotated(claimant, rule).stream()
            .filter(a -> a.address().family() == family)
            .map(a -> new Ranked(0, a.text()))
            .toList();
    if (ranked.isEmpty()) {
      ranked =
          rule.interfaces().isEmpty()
              ? internal.stream()
                  .filter(a -> a.address().family() == family)
                  .flatMap(a -> ranked(a, rule.cidrs(), 0))
                  .toList()
              : linkAddresses.getOrDefault(claimant.node().name(), List.of()).stream()
                  .filter(a -> a.address().address().family() == family)
                  // Such as that of our own bridge.
                  .filter(a -> !claimant.network().isInPool(IpPrefix.host(a.address().address())))
                  .flatMap(a -> onLink(a, rule))
                  .toList();
    }
    return ranked.stream()
        .sorted(
            Comparator.comparingInt(Ranked::rank)
                .thenComparing(r -> !has.equals(Optional.of(r.text())))
                // Of several of a link, rather the kubelet's than a virtual one.
                .thenComparing(r -> internal.stream().noneMatch(a -> a.text().equals(r.text()))))
        .map(Ranked::text)
        .distinct()
        .toList();
  }

  private static Stream<Ranked> onLink(LinkAddress address, Rule rule) {
    for (int i = 0; i < rule.interfaces().size(); i++) {
      if (matches(rule.interfaces().get(i), address.device())) {
        return ranked(address.address(), rule.cidrs(), i);
      }
    }
    return Stream.empty();
  }

  private static boolean matches(String pattern, String device) {
    return pattern.endsWith("*")
        ? device.startsWith(pattern.substring(0, pattern.length() - 1))
        : device.equals(pattern);
  }

  private static Stream<Ranked> ranked(NodeAddress address, List<IpPrefix> cidrs, int link) {
    if (cidrs.isEmpty()) {
      return Stream.of(new Ranked(link, address.text()));
    }
    for (int i = 0; i < cidrs.size(); i++) {
      if (cidrs.get(i).contains(address.address())) {
        return Stream.of(new Ranked((i << 8) + link, address.text()));
      }
    }
    return Stream.empty();
  }

  // Whoever may write a Node's annotations must not be able to take any address there is.
  private static List<NodeAddress> annotated(Claimant claimant, Rule rule) {
    return claimant.node().addresses().annotated().stream()
        .flatMap(text -> NodeAddress.of(text).stream())
        .filter(a -> rule.contains(a.address()) && rule.admits(a.address().family()))
        .filter(a -> !claimant.network().isInPool(IpPrefix.host(a.address())))
        .toList();
  }

  private List<String> refused(Claimant claimant, boolean claiming) {
    Rule rule = rule(claimant);
    NodeAddresses addresses = claimant.node().addresses();
    if (addresses.annotated().isEmpty() && claiming) {
      return List.of(); // as nearly everywhere
    }
    List<String> admitted = annotated(claimant, rule).stream().map(NodeAddress::text).toList();
    List<String> refused = new ArrayList<>();
    addresses.annotated().stream()
        .filter(text -> NodeAddress.of(text).filter(a -> admitted.contains(a.text())).isEmpty())
        .map(text -> "annotation " + shortened(text))
        .forEach(refused::add);
    if (!claiming && rule.interfaces().isEmpty()) {
      addresses.internal().stream().map(NodeAddress::text).forEach(refused::add);
    }
    return List.copyOf(refused);
  }

  private static String shortened(String text) {
    return text.length() > 43 ? text.substring(0, 40) + "..." : text;
  }

  private Rule rule(Claimant claimant) {
    return rules.computeIfAbsent(claimant.network().name(), name -> Rule.of(claimant.network()));
  }
}
