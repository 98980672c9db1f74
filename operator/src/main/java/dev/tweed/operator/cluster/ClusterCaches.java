package dev.tweed.operator.cluster;

import dev.tweed.crds.FirewallPolicy;
import dev.tweed.crds.NodeReport;
import dev.tweed.crds.NodeSubnet;
import dev.tweed.crds.PodNetwork;
import dev.tweed.operator.allocation.NetworkFacts;
import dev.tweed.operator.allocation.NodeFacts;
import dev.tweed.operator.allocation.SubnetFacts;
import dev.tweed.operator.policy.PolicyFacts;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.networking.v1.ServiceCIDR;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import io.fabric8.kubernetes.client.informers.cache.ItemStore;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * One watch and one cache of each kind for the whole operator. Tells when something changed that
 * matters; the heartbeats of Nodes do not.
 */
public final class ClusterCaches implements AutoCloseable {
  // A list of 5,000 Nodes in one piece is 88 MB.
  private static final long PAGE = 500L;
  // A NodeReport about 200 policies is 15 kB, and one about as many failures 100 kB.
  private static final long REPORTS_PAGE = 100L;

  private final KubernetesClient client;
  private final UnseenSubnets unseen = new UnseenSubnets();
  private final List<SharedIndexInformer<?>> informers = new ArrayList<>();
  private final FactStore<PodNetwork, NetworkFacts> networks;
  private final FactStore<Node, KnownNode> nodes;
  private final SubnetStore subnets;
  private final ReportStore reports;
  private final FactStore<FirewallPolicy, PolicyFacts> policies;
  private final FactStore<ServiceCIDR, List<String>> serviceCIDRs;
  private final Runnable onChange;
  private final UnknownObjects unknown;
  private final SteadyTime time;
  private Optional<Instant> notWatchingSince = Optional.empty();
  private SharedIndexInformer<NodeSubnet> subnetInformer;

  private record KnownNode(NodeFacts facts, NodeConnection connection) {}

  /**
   * @param onChange called from informer threads; must return at once
   * @param onPolicyChange the same for what matters to FirewallPolicies alone
   * @param unknown notes objects of which not everything could be read
   */
  ClusterCaches(
      KubernetesClient client,
      Runnable onChange,
      Runnable onPolicyChange,
      UnknownObjects unknown,
      SteadyTime time) {
    this.client = client;
    this.unknown = unknown;
    this.time = time;
    this.onChange = onChange;
    networks = new FactStore<>(PodNetwork::new, Facts::of, onChange);
    nodes =
        new FactStore<>(
            Node::new,
            n -> new KnownNode(Facts.of(n), NodeConnection.of(n)),
            Comparator.comparing(KnownNode::facts, NodeFacts.OLDEST_FIRST),
            onChange);
    subnets = new SubnetStore(Facts::of, onChange);
    reports = new ReportStore(onChange, onPolicyChange);
    policies = new FactStore<>(FirewallPolicy::new, Facts::of, onPolicyChange);
    serviceCIDRs = new FactStore<>(ServiceCIDR::new, Facts::of, onChange);
  }

  /**
   * Lists and watches; returns when every cache is filled.
   *
   * @throws KubernetesClientException when a kind cannot be listed or watched
   */
  public void start() {
    watch(PodNetwork.class, PAGE, unknown.noting(networks));
    watch(Node.class, PAGE, nodes);
    subnetInformer = watch(NodeSubnet.class, PAGE, unknown.noting(subnets));
    // Whether a report is there matters to the Node's chores; what it says, the store tells.
    watch(NodeReport.class, REPORTS_PAGE, unknown.noting(reports))
        .addEventHandler(new ComingAndGoing<>(onChange));
    watch(FirewallPolicy.class, PAGE, unknown.noting(policies));
    // Since Kubernetes 1.33. Before, nothing in the API says which range Services have.
    if (client.supports(ServiceCIDR.class)) {
      watch(ServiceCIDR.class, PAGE, serviceCIDRs);
    }
    CompletableFuture<?>[] started =
        informers.stream()
            .map(informer -> informer.start().toCompletableFuture())
            .toArray(CompletableFuture[]::new);
    try {
      CompletableFuture.allOf(started).join();
    } catch (CompletionException e) {
      throw KubernetesClientException.launderThrowable(e.getCause());
    }
  }

  /** Since when, in {@link SteadyTime}, some watch has been without a connection. */
  synchronized Optional<Instant> notWatchingSince() {
    boolean watching = informers.stream().allMatch(i -> i.hasSynced() && i.isWatching());
    notWatchingSince =
        watching ? Optional.empty() : notWatchingSince.or(() -> Optional.of(time.now()));
    return notWatchingSince;
  }

  private <T extends HasMetadata> SharedIndexInformer<T> watch(
      Class<T> kind, long page, ItemStore<T> store) {
    SharedIndexInformer<T> informer =
        client
            .resources(kind)
            .withLimit(page)
            .runnableInformer(0)
            .itemStore(store)
            // Once it has begun nothing ends it: whatever goes wrong is tried again. What goes
            // wrong at the start ends the process, which says why.
            .exceptionHandler((begun, failure) -> begun);
    informers.add(informer);
    return informer;
  }

  /** Notes NodeSubnets that exist although the watch may not have delivered them yet. */
  public void remember(List<SubnetFacts> created) {
    unseen.remember(created);
  }

  /** Guards that people have opened by annotations of PodNetworks and NodeSubnets. */
  Set<OpenGuard> openGuards() {
    return Stream.concat(networks.openGuards(), subnets.openGuards()).collect(Collectors.toSet());
  }

  /** UIDs of Nodes, by name. */
  Map<String, String> nodeUids() {
    return nodes.facts().stream()
        .collect(Collectors.toMap(n -> n.facts().name(), n -> n.facts().uid()));
  }

  /** What is known now. */
  public ClusterView view() {
    List<KnownNode> present = nodes.facts();
    return new ClusterView(
        networks.facts().stream().filter(n -> n.spec() != null).toList(),
        present.stream().map(KnownNode::facts).toList(),
        present.stream().collect(Collectors.toMap(n -> n.facts().name(), KnownNode::connection)),
        subnets(),
        subnets.gone(nodes.names()),
        reports.byName(),
        policies.facts().stream().filter(p -> p.spec() != null).toList(),
        serviceCIDRs.byName());
  }

  private List<SubnetFacts> subnets() {
    // Asked before the store, which is at least as new.
    Map<String, SubnetFacts> more = unseen.after(subnetInformer::lastSyncResourceVersion);
    return Stream.concat(
            subnets.facts().stream().filter(s -> !more.containsKey(s.name())),
            more.values().stream())
        .toList();
  }

  @Override
  public void close() {
    informers.forEach(SharedIndexInformer::close);
  }

  private record ComingAndGoing<T>(Runnable changed) implements ResourceEventHandler<T> {
    @Override
    public void onAdd(T object) {
      changed.run();
    }

    @Override
    public void onUpdate(T old, T now) {}

    @Override
    public void onDelete(T object, boolean unknownState) {
      changed.run();
    }
  }
}
