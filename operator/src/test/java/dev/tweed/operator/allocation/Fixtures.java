package dev.tweed.operator.allocation;

import dev.tweed.crds.LabelSelector;
import dev.tweed.crds.MirroredLabels;
import dev.tweed.crds.NodeSubnetName;
import dev.tweed.crds.NodeSubnetSpec;
import dev.tweed.crds.PodNetworkSpec;
import dev.tweed.crds.testing.PodNetworkSpecs;
import dev.tweed.ip.IpPrefix;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/** Small clusters for planner tests, and the effect of a plan on them. */
final class Fixtures {
  static final Instant NOW = Instant.parse("2026-03-01T12:00:00Z");
  static final Duration RELEASE_AFTER = Duration.ofMinutes(5);

  private Fixtures() {}

  static PodNetworkSpec.Pool pool(String cidr, int nodePrefixLength) {
    return new PodNetworkSpec.Pool(cidr, nodePrefixLength, null);
  }

  static PodNetworkSpec spec(PodNetworkSpec.Pool... pools) {
    return spec(PodNetworkSpec.Allocation.Operator, LabelSelector.everything(), pools);
  }

  static PodNetworkSpec spec(
      PodNetworkSpec.Allocation allocation, LabelSelector nodes, PodNetworkSpec.Pool... pools) {
    return PodNetworkSpecs.with(
        PodNetworkSpecs.with(PodNetworkSpecs.of(pools), "allocation", allocation),
        "nodeSelector",
        nodes);
  }

  static PodNetworkSpec.Pool pool(
      String cidr, int length, List<String> excluded, boolean disabled) {
    return new PodNetworkSpec.Pool(cidr, length, null, excluded, disabled ? true : null);
  }

  static PodNetworkSpec reserving(PodNetworkSpec spec, PodNetworkSpec.Reservation... reservations) {
    return PodNetworkSpecs.with(spec, "reservations", reservations);
  }

  static NetworkFacts network(String name, int age, PodNetworkSpec spec) {
    return new NetworkFacts(
        name, "uid-" + name, 1, NOW.minusSeconds(age), false, false, spec, List.of());
  }

  static NodeFacts node(int number) {
    return node("node-" + number, Map.of("half", number % 2 == 0 ? "even" : "odd"), number);
  }

  static NodeFacts node(String name, Map<String, String> labels, int number) {
    String ip = "192.0." + (number / 250) + "." + (number % 250 + 1);
    Instant created = Instant.parse("2026-01-01T00:00:00Z").plusSeconds(number);
    return facts(name, "uid-" + name, created, labels, List.of(ip), List.of());
  }

  static NodeFacts facts(
      String name,
      String uid,
      Instant created,
      Map<String, String> labels,
      List<String> internalIPs,
      List<String> podCIDRs) {
    return facts(name, uid, created, labels, NodeAddresses.of(internalIPs), podCIDRs);
  }

  /** Of one that says neither which machine it is nor how many pods it runs. */
  static NodeFacts facts(
      String name,
      String uid,
      Instant created,
      Map<String, String> labels,
      NodeAddresses addresses,
      List<String> podCIDRs) {
    return new NodeFacts(name, uid, created, labels, addresses, podCIDRs, "", 0);
  }

  static SubnetFacts subnet(String network, String node, String cidr, int age) {
    IpPrefix range = IpPrefix.tryParseNetwork(cidr).orElseThrow();
    NodeSubnetSpec spec =
        new NodeSubnetSpec(
            network,
            node,
            "uid-" + node,
            range.toString(),
            List.of("192.0.2.1"),
            VtepMacs.derive(network + "/" + node, 0));
    return new SubnetFacts(
        NodeSubnetName.of(range).value(),
        "uid-" + NodeSubnetName.of(range).value(),
        "1",
        1,
        NOW.minusSeconds(age),
        spec,
        Map.of(),
        Optional.empty(),
        false,
        false);
  }

  /** One that a newer version wrote; network and node are empty where they could not be read. */
  static SubnetFacts unread(String network, String node, String cidr) {
    return new SubnetFacts(
        "unread-" + node + cidr,
        "uid",
        "1",
        1,
        NOW,
        new NodeSubnetSpec(network, node, null, cidr, List.of(), null),
        Map.of(),
        Optional.of(NOW.minus(Duration.ofDays(1))),
        false,
        true);
  }

  static AllocationInput input(
      List<NetworkFacts> networks, List<NodeFacts> nodes, List<SubnetFacts> subnets) {
    return new AllocationInput(
        networks,
        nodes,
        subnets,
        Map.of(),
        DaemonFacts.none(),
        AllocationHistory.none(),
        RELEASE_AFTER,
        MirroredLabels.ALWAYS,
        NOW);
  }

  private static AllocationInput with(
      AllocationInput in,
      List<NodeFacts> nodes,
      List<SubnetFacts> subnets,
      Map<String, List<String>> serviceCIDRs,
      Instant now) {
    return new AllocationInput(
        in.networks(),
        nodes,
        subnets,
        serviceCIDRs,
        in.daemons(),
        in.history(),
        in.releaseAfter(),
        in.mirroredLabels(),
        now);
  }

  private static AllocationInput with(AllocationInput in, DaemonFacts daemons) {
    return new AllocationInput(
        in.networks(),
        in.nodes(),
        in.subnets(),
        in.serviceCIDRs(),
        daemons,
        in.history(),
        in.releaseAfter(),
        in.mirroredLabels(),
        in.now());
  }

  private static AllocationInput with(AllocationInput in, AllocationHistory history) {
    return new AllocationInput(
        in.networks(),
        in.nodes(),
        in.subnets(),
        in.serviceCIDRs(),
        in.daemons(),
        history,
        in.releaseAfter(),
        in.mirroredLabels(),
        in.now());
  }

  static AllocationInput with(AllocationInput in, List<NodeFacts> nodes) {
    return with(in, nodes, in.subnets(), in.serviceCIDRs(), in.now());
  }

  static AllocationInput with(
      AllocationInput in, List<SubnetFacts> subnets, Map<String, Long> cursors, Instant now) {
    return with(
        with(in, in.nodes(), subnets, in.serviceCIDRs(), now),
        new AllocationHistory(in.history().lastBlocks(), cursors, in.history().released()));
  }

  static AllocationInput with(AllocationInput in, LastBlocks lastBlocks) {
    return with(
        in, new AllocationHistory(lastBlocks, in.history().cursors(), in.history().released()));
  }

  static AllocationInput with(AllocationInput in, Map<String, List<String>> serviceCIDRs) {
    return with(in, in.nodes(), in.subnets(), serviceCIDRs, in.now());
  }

  static AllocationInput heard(AllocationInput in, Map<String, Instant> lastHeard) {
    return with(in, new DaemonFacts(in.daemons().mtus(), in.daemons().linkAddresses(), lastHeard));
  }

  static AllocationInput released(AllocationInput in, Map<String, Integer> released) {
    return with(
        in, new AllocationHistory(in.history().lastBlocks(), in.history().cursors(), released));
  }

  static AllocationInput withMtus(AllocationInput in, Map<String, Integer> mtus) {
    return with(in, new DaemonFacts(mtus, in.daemons().linkAddresses(), in.daemons().lastHeard()));
  }

  static AllocationInput withLinkAddresses(
      AllocationInput in, Map<String, List<LinkAddress>> linkAddresses) {
    return with(in, new DaemonFacts(in.daemons().mtus(), linkAddresses, in.daemons().lastHeard()));
  }

  /** The cluster after the plan was carried out. */
  static AllocationInput apply(AllocationInput in, AllocationPlan plan) {
    Set<String> gone =
        plan.releases().stream().map(r -> r.subnet().name()).collect(Collectors.toSet());
    Map<String, AllocationPlan.Amendment> amended = new HashMap<>();
    plan.amendments().forEach(a -> amended.put(a.subnet().name(), a));
    List<SubnetFacts> after = new ArrayList<>();
    for (SubnetFacts s : in.subnets()) {
      if (!gone.contains(s.name())) {
        after.add(amended.containsKey(s.name()) ? amend(amended.get(s.name())) : s);
      }
    }
    for (AllocationPlan.Claim c : plan.claims()) {
      String name = NodeSubnetName.of(c.cidr()).value();
      after.add(
          new SubnetFacts(
              name,
              "uid-" + name,
              "1",
              1,
              in.now(),
              c.spec(),
              c.labels(),
              Optional.empty(),
              false,
              false));
    }
    Map<String, Long> cursors = new HashMap<>(in.history().cursors());
    cursors.putAll(plan.cursors());
    return with(in, after, cursors, in.now());
  }

  private static SubnetFacts amend(AllocationPlan.Amendment a) {
    Map<String, String> labels = new HashMap<>(a.subnet().labels());
    labels.putAll(a.setLabels());
    labels.keySet().removeAll(new HashSet<>(a.removeLabels()));
    SubnetFacts s = a.subnet();
    return new SubnetFacts(
        s.name(),
        s.uid(),
        s.version(),
        s.generation(),
        s.created(),
        a.spec(),
        labels,
        a.goneSince(),
        s.deleting(),
        s.unread());
  }

  /** Block by node, as text. */
  static Map<String, String> blocks(AllocationInput in) {
    Map<String, String> blocks = new HashMap<>();
    in.subnets().forEach(s -> blocks.put(s.spec().nodeName() + " " + s.name(), s.spec().cidr()));
    return blocks;
  }
}
