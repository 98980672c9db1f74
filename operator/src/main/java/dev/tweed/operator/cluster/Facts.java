package dev.tweed.operator.cluster;

import dev.tweed.crds.FirewallPolicy;
import dev.tweed.crds.FirewallPolicySpec;
import dev.tweed.crds.NodeSubnet;
import dev.tweed.crds.NodeSubnetName;
import dev.tweed.crds.NodeSubnetSpec;
import dev.tweed.crds.PodNetwork;
import dev.tweed.crds.PodNetworkSpec;
import dev.tweed.crds.TweedApi;
import dev.tweed.crds.TweedResource;
import dev.tweed.crds.UnknownValue;
import dev.tweed.ip.IpPrefix;
import dev.tweed.operator.allocation.AllocationHistory;
import dev.tweed.operator.allocation.AllocationInput;
import dev.tweed.operator.allocation.DaemonFacts;
import dev.tweed.operator.allocation.LastBlocks;
import dev.tweed.operator.allocation.LinkAddress;
import dev.tweed.operator.allocation.NetworkFacts;
import dev.tweed.operator.allocation.NodeAddresses;
import dev.tweed.operator.allocation.NodeFacts;
import dev.tweed.operator.allocation.RecentReleases;
import dev.tweed.operator.allocation.SubnetFacts;
import dev.tweed.operator.policy.PolicyFacts;
import dev.tweed.operator.policy.ReportDigest;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.NodeAddress;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.networking.v1.ServiceCIDR;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Reads from objects of the API what planning needs of them. */
public final class Facts {
  // As of an object that has nothing in its spec.
  private static final PodNetworkSpec UNREADABLE_NETWORK = PodNetworkSpec.ofPools(List.of());
  private static final NodeSubnetSpec UNREADABLE_SUBNET =
      new NodeSubnetSpec(null, null, null, null, null, null);
  private static final String ABSENT = "absent";
  private static final FirewallPolicySpec UNREADABLE_POLICY =
      new FirewallPolicySpec(null, null, null, null, null, null);

  private Facts() {}

  /**
   * Everything a plan depends on, with NodeSubnets and cursors that may be newer than the view.
   *
   * @param lastHolders names of nodes by the CIDR of blocks that were released, the latest last
   * @param lastHeard when daemons were last heard, by name of their node
   * @param released of late, by this process
   */
  static AllocationInput input(
      ClusterView view,
      List<SubnetFacts> subnets,
      Map<String, Long> cursors,
      SequencedMap<String, String> lastHolders,
      Map<String, Instant> lastHeard,
      RecentReleases released,
      OperatorSettings settings,
      Instant now) {
    Map<String, ReportDigest> reports = reports(view);
    return new AllocationInput(
        view.networks(),
        view.nodes(),
        subnets,
        view.serviceCIDRs(),
        new DaemonFacts(mtus(reports), linkAddresses(reports), lastHeard),
        new AllocationHistory(
            lastBlocks(view, lastHolders, reports), cursors, released.byNetwork(subnets)),
        settings.releaseAfter(),
        settings.mirroredLabels(),
        now);
  }

  /** Of a PodNetwork. */
  public static NetworkFacts of(PodNetwork network) {
    List<UnknownValue> unknown = unknownOfSpec(network);
    return new NetworkFacts(
        network.getMetadata().getName(),
        network.getMetadata().getUid(),
        generation(network),
        created(network),
        network.getMetadata().getDeletionTimestamp() != null,
        "true".equals(annotation(network, TweedApi.RELEASE_BLOCKS)),
        network.getSpec() == null && !unknown.isEmpty() ? UNREADABLE_NETWORK : network.getSpec(),
        unknown);
  }

  /** Of a Node. */
  public static NodeFacts of(Node node) {
    return new NodeFacts(
        shared(node.getMetadata().getName()),
        shared(node.getMetadata().getUid()),
        created(node),
        labels(node),
        NodeAddresses.of(
            node.getStatus() == null
                ? List.of()
                : node.getStatus().getAddresses().stream()
                    .filter(a -> "InternalIP".equals(a.getType()))
                    .map(NodeAddress::getAddress)
                    .toList(),
            Optional.ofNullable(annotation(node, TweedApi.NODE_ADDRESS))),
        node.getSpec() == null ? List.of() : node.getSpec().getPodCIDRs(),
        node.getStatus() == null || node.getStatus().getNodeInfo() == null
            ? ""
            : Objects.requireNonNullElse(node.getStatus().getNodeInfo().getMachineID(), ""),
        maxPods(node));
  }

  private static int maxPods(Node node) {
    if (node.getStatus() == null || node.getStatus().getCapacity() == null) {
      return 0;
    }
    Quantity pods = node.getStatus().getCapacity().get("pods");
    try {
      return pods == null ? 0 : pods.getNumericalAmount().intValue();
    } catch (IllegalArgumentException e) {
      return 0; // whatever a kubelet means by it
    }
  }

  /** Of a NodeSubnet; a mark that cannot be read counts as none, and is written anew. */
  public static SubnetFacts of(NodeSubnet subnet) {
    boolean unread = !unknownOfSpec(subnet).isEmpty() || !missing(subnet.getSpec()).isEmpty();
    return new SubnetFacts(
        subnet.getMetadata().getName(),
        subnet.getMetadata().getUid(),
        subnet.getMetadata().getResourceVersion(),
        generation(subnet),
        created(subnet),
        shared(unread ? known(subnet) : subnet.getSpec()),
        labels(subnet),
        time(annotation(subnet, TweedApi.NODE_GONE_SINCE)),
        subnet.getMetadata().getDeletionTimestamp() != null,
        unread);
  }

  /** What a NodeSubnet must say, and does not, or not so that this version understands it. */
  static List<UnknownValue> missing(NodeSubnetSpec spec) {
    if (spec == null) {
      return List.of(new UnknownValue("spec", ABSENT));
    }
    List<UnknownValue> missing = new ArrayList<>(0);
    if (spec.podNetwork() == null) {
      missing.add(new UnknownValue("spec.podNetwork", ABSENT));
    }
    if (spec.nodeName() == null) {
      missing.add(new UnknownValue("spec.nodeName", ABSENT));
    }
    if (IpPrefix.tryParseNetwork(spec.cidr()).isEmpty()) {
      missing.add(new UnknownValue("spec.cidr", Objects.requireNonNullElse(spec.cidr(), ABSENT)));
    }
    return missing;
  }

  // The name of a NodeSubnet is its CIDR.
  private static NodeSubnetSpec known(NodeSubnet subnet) {
    NodeSubnetSpec spec = Objects.requireNonNullElse(subnet.getSpec(), UNREADABLE_SUBNET);
    String cidr = Objects.requireNonNullElse(spec.cidr(), "");
    try {
      cidr = new NodeSubnetName(subnet.getMetadata().getName()).cidr();
    } catch (IllegalArgumentException e) {
      // Then whatever it says.
    }
    return new NodeSubnetSpec(
        Objects.requireNonNullElse(spec.podNetwork(), ""),
        Objects.requireNonNullElse(spec.nodeName(), ""),
        spec.nodeUID(),
        cidr,
        spec.nodeIPs(),
        spec.vtepMAC(),
        spec.mtu());
  }

  /** Of a FirewallPolicy. */
  static PolicyFacts of(FirewallPolicy policy) {
    List<UnknownValue> unknown = unknownOfSpec(policy);
    return new PolicyFacts(
        policy.getMetadata().getName(),
        policy.getMetadata().getUid(),
        generation(policy),
        policy.getSpec() == null && !unknown.isEmpty() ? UNREADABLE_POLICY : policy.getSpec(),
        unknown);
  }

  /** Of a ServiceCIDR: ranges of Services. */
  static List<String> of(ServiceCIDR object) {
    return object.getSpec() == null ? List.of() : List.copyOf(object.getSpec().getCidrs());
  }

  /**
   * Of NodeSubnets that are gone, or are in the caches only by now, of the ledger, and of
   * NodeReports. One that belongs to an earlier Node of the name says nothing of this one.
   */
  static LastBlocks lastBlocks(ClusterView view, SequencedMap<String, String> lastHolders) {
    return lastBlocks(view, lastHolders, reports(view));
  }

  private static LastBlocks lastBlocks(
      ClusterView view,
      SequencedMap<String, String> lastHolders,
      Map<String, ReportDigest> reports) {
    Map<String, List<String>> seen = new HashMap<>();
    view.gone().forEach(spec -> see(seen, spec));
    view.subnets().forEach(subnet -> see(seen, subnet.spec()));
    Map<String, List<String>> released = new HashMap<>();
    lastHolders
        .reversed()
        .forEach((cidr, node) -> released.computeIfAbsent(node, n -> new ArrayList<>()).add(cidr));
    Map<String, List<String>> reported = new HashMap<>();
    reports.forEach((node, report) -> reported.put(node, report.blocks()));
    return new LastBlocks(seen, released, reported);
  }

  // The latest of each family, IPv4 first.
  private static void see(Map<String, List<String>> seen, NodeSubnetSpec spec) {
    seen.merge(
        spec.nodeName(),
        List.of(spec.cidr()),
        (before, now) ->
            Stream.concat(
                    before.stream().filter(b -> isIPv6(b) != isIPv6(spec.cidr())), now.stream())
                .sorted(Comparator.comparing(Facts::isIPv6))
                .toList());
  }

  private static boolean isIPv6(String cidr) {
    return cidr.indexOf(':') >= 0;
  }

  private static Map<String, Integer> mtus(Map<String, ReportDigest> reports) {
    Map<String, Integer> mtus = new HashMap<>();
    reports.forEach(
        (node, report) -> {
          if (report.dataPath().mtu() > 0) {
            mtus.put(node, report.dataPath().mtu());
          }
        });
    return mtus;
  }

  private static Map<String, List<LinkAddress>> linkAddresses(Map<String, ReportDigest> reports) {
    Map<String, List<LinkAddress>> addresses = new HashMap<>();
    reports.forEach(
        (node, report) -> {
          if (!report.addresses().isEmpty()) {
            addresses.put(
                node,
                report.addresses().stream()
                    .flatMap(a -> LinkAddress.of(a.device(), a.address()).stream())
                    .toList());
          }
        });
    return addresses;
  }

  /** Those of the Nodes there are, by their names, and not of earlier ones of these names. */
  private static Map<String, ReportDigest> reports(ClusterView view) {
    Map<String, ReportDigest> reports = new HashMap<>();
    for (NodeFacts node : view.nodes()) {
      ReportDigest report = view.reports().get(node.name());
      if (report != null && report.owner().equals(node.uid())) {
        reports.put(node.name(), report);
      }
    }
    return reports;
  }

  // Null if it has none, as in the object.
  private static String annotation(HasMetadata object, String key) {
    Map<String, String> annotations = object.getMetadata().getAnnotations();
    return annotations == null ? null : annotations.get(key);
  }

  private static Map<String, String> labels(HasMetadata object) {
    Map<String, String> labels = object.getMetadata().getLabels();
    return labels == null
        ? Map.of()
        : labels.entrySet().stream()
            .collect(
                Collectors.toUnmodifiableMap(e -> shared(e.getKey()), e -> shared(e.getValue())));
  }

  private static NodeSubnetSpec shared(NodeSubnetSpec spec) {
    return new NodeSubnetSpec(
        shared(spec.podNetwork()),
        shared(spec.nodeName()),
        shared(spec.nodeUID()),
        spec.cidr(),
        spec.nodeIPs(),
        spec.vtepMAC(),
        spec.mtu());
  }

  // Names, UIDs and labels of a node are in its Node, NodeSubnets and NodeReport, and thousands of
  // nodes have the same zone: one text for all, which the JVM forgets with the last that has it.
  private static String shared(String text) {
    return text == null ? null : text.intern();
  }

  // The status is what an operator writes, perhaps a newer one before.
  private static List<UnknownValue> unknownOfSpec(TweedResource<?, ?> object) {
    return object.getUnknownValues().stream()
        .filter(v -> v.field().isEmpty() || v.field().startsWith("spec"))
        .toList();
  }

  private static long generation(HasMetadata object) {
    return Optional.ofNullable(object.getMetadata().getGeneration()).orElse(0L);
  }

  private static Instant created(HasMetadata object) {
    return time(object.getMetadata().getCreationTimestamp()).orElse(Instant.EPOCH);
  }

  private static Optional<Instant> time(String text) {
    try {
      return Optional.ofNullable(text).map(Instant::parse);
    } catch (DateTimeParseException e) {
      return Optional.empty();
    }
  }
}
