package dev.tweed.operator.cluster;

import dev.tweed.crds.NetworkPolicyReport;
import dev.tweed.crds.NodePolicy;
import dev.tweed.crds.PeerSlice;
import dev.tweed.crds.PeerSliceSpec;
import dev.tweed.crds.PolicyProgram;
import dev.tweed.operator.cluster.CompiledFacts.NodePolicyFacts;
import dev.tweed.operator.cluster.CompiledFacts.ProgramFacts;
import dev.tweed.operator.cluster.CompiledFacts.ReportFacts;
import dev.tweed.operator.networkpolicy.ClusterNetworkPolicyReader;
import dev.tweed.operator.networkpolicy.NetworkPolicyReader;
import dev.tweed.operator.networkpolicy.PodReader;
import dev.tweed.operator.networkpolicy.PolicyObject;
import io.fabric8.kubernetes.api.model.APIResourceList;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.KubernetesResourceList;
import io.fabric8.kubernetes.api.model.Namespace;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.AnyNamespaceOperation;
import io.fabric8.kubernetes.client.dsl.base.ResourceDefinitionContext;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.function.Function;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Watches of policies, of what they are compiled to, and of Pods and Namespaces as long as somebody
 * asks for these. Each begins in its own time, in pages, and anew after a failure; nobody waits.
 */
final class NetworkPolicyWatches implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(NetworkPolicyWatches.class);

  /** Of ClusterNetworkPolicies, the best first; they have the same fields. */
  private static final List<String> VERSIONS = List.of("v1beta1", "v1alpha2");

  static final String POLICY_GROUP = "policy.networking.k8s.io";

  // Pods are up to 10 kB each, and are read whole before what matters of them is kept.
  private static final long PAGE = 250L;
  private static final Duration AGAIN = Duration.ofSeconds(5);
  // How late it may be found that the CRD of ClusterNetworkPolicies came or went.
  private static final Duration DISCOVERY = Duration.ofSeconds(30);

  private final KubernetesClient client;
  private final Runnable onChange;
  private final SteadyTime time;
  private final Watched<NetworkPolicy, PolicyObject> policies;
  private final Watched<GenericKubernetesResource, PolicyObject> clusterPolicies;
  private final Watched<Pod, dev.tweed.policy.source.Pod> pods;
  private final Watched<Namespace, Map<String, String>> namespaces;
  private final Watched<PolicyProgram, ProgramFacts> programs;
  private final Watched<PeerSlice, Optional<PeerSliceSpec>> slices;
  private final Watched<NodePolicy, NodePolicyFacts> nodes;
  private final Watched<NetworkPolicyReport, ReportFacts> reports;
  private final Map<String, String> unlisted = new ConcurrentSkipListMap<>();
  private Optional<String> served = Optional.empty();
  private Optional<Instant> discovered = Optional.empty();

  /**
   * @param onChange called from informer threads; must return at once
   * @param onWord the same where what nodes say, or reports, changed
   */
  NetworkPolicyWatches(
      KubernetesClient client, Runnable onChange, Runnable onWord, SteadyTime time) {
    this.client = client;
    this.onChange = onChange;
    this.time = time;
    Runnable both =
        () -> {
          onChange.run();
          onWord.run();
        };
    policies =
        new Watched<>(
            "NetworkPolicies",
            store(NetworkPolicy::new, NetworkPolicyReader::read, onChange),
            () -> client.resources(NetworkPolicy.class).inAnyNamespace());
    clusterPolicies =
        new Watched<>(
            "ClusterNetworkPolicies",
            store(GenericKubernetesResource::new, ClusterNetworkPolicyReader::read, onChange),
            () -> client.genericKubernetesResources(context(served.orElseThrow())));
    pods =
        new Watched<>(
            "Pods",
            store(Pod::new, PodReader::read, onChange),
            () -> client.resources(Pod.class).inAnyNamespace());
    namespaces =
        new Watched<>(
            "Namespaces",
            store(
                Namespace::new,
                n -> Objects.requireNonNullElse(n.getMetadata().getLabels(), Map.of()),
                onChange),
            () -> client.resources(Namespace.class));
    programs =
        new Watched<>(
            "PolicyPrograms",
            store(PolicyProgram::new, CompiledFacts::of, onChange),
            () -> client.resources(PolicyProgram.class));
    slices =
        new Watched<>(
            "PeerSlices",
            store(PeerSlice::new, CompiledFacts::of, onChange),
            () -> client.resources(PeerSlice.class));
    nodes =
        new Watched<>(
            "NodePolicies",
            store(NodePolicy::new, CompiledFacts::of, both),
            () -> client.resources(NodePolicy.class));
    reports =
        new Watched<>(
            "NetworkPolicyReports",
            store(NetworkPolicyReport::new, CompiledFacts::of, onWord),
            () -> client.resources(NetworkPolicyReport.class).inAnyNamespace());
  }

  private static <T extends HasMetadata, F> DeltaStore<T, F> store(
      Supplier<T> empty, Function<T, F> read, Runnable onChange) {
    return new DeltaStore<>(empty, read, onChange);
  }

  static ResourceDefinitionContext context(String version) {
    return new ResourceDefinitionContext.Builder()
        .withGroup(POLICY_GROUP)
        .withVersion(version)
        .withKind("ClusterNetworkPolicy")
        .withPlural("clusternetworkpolicies")
        .withNamespaced(false)
        .build();
  }

  /** Whether everything is known that the operator has written. */
  boolean knowsCompiled() {
    return programs.begin() & slices.begin() & nodes.begin() & reports.begin();
  }

  /** Whether all policies are known. */
  boolean knowsPolicies() {
    return policies.begin() & knowsClusterPolicies();
  }

  // Where nobody serves them there are none.
  private boolean knowsClusterPolicies() {
    Instant now = time.now();
    if (discovered.isEmpty() || !now.isBefore(discovered.get().plus(DISCOVERY))) {
      Optional<String> version = discover();
      discovered = Optional.of(now);
      if (!version.equals(served)) {
        LOG.info("ClusterNetworkPolicies are served as {}", version.orElse("nothing"));
        clusterPolicies.stop();
        served = version;
      }
    }
    return served.isEmpty() || clusterPolicies.begin();
  }

  private Optional<String> discover() {
    for (String version : VERSIONS) {
      // Null where nobody serves the version.
      APIResourceList resources = client.getApiResources(POLICY_GROUP + "/" + version);
      if (resources != null
          && resources.getResources().stream()
              .anyMatch(r -> "clusternetworkpolicies".equals(r.getName()))) {
        return Optional.of(version);
      }
    }
    return Optional.empty();
  }

  /** Whether all pods and namespaces are known; asks for them. */
  boolean knowsPods() {
    return pods.begin() & namespaces.begin();
  }

  /** Forgets pods and namespaces. */
  void forgetPods() {
    pods.stop();
    namespaces.stop();
  }

  /** Kinds that could not be listed when that was tried last, and why. */
  Map<String, String> unlisted() {
    return new TreeMap<>(unlisted);
  }

  /** Version in which ClusterNetworkPolicies are served. */
  Optional<String> served() {
    return served;
  }

  DeltaStore<NetworkPolicy, PolicyObject> policies() {
    return policies.store;
  }

  DeltaStore<GenericKubernetesResource, PolicyObject> clusterPolicies() {
    return clusterPolicies.store;
  }

  DeltaStore<Pod, dev.tweed.policy.source.Pod> pods() {
    return pods.store;
  }

  DeltaStore<Namespace, Map<String, String>> namespaces() {
    return namespaces.store;
  }

  DeltaStore<PolicyProgram, ProgramFacts> programs() {
    return programs.store;
  }

  DeltaStore<PeerSlice, Optional<PeerSliceSpec>> slices() {
    return slices.store;
  }

  DeltaStore<NodePolicy, NodePolicyFacts> nodes() {
    return nodes.store;
  }

  DeltaStore<NetworkPolicyReport, ReportFacts> reports() {
    return reports.store;
  }

  @Override
  public void close() {
    List.of(policies, clusterPolicies, pods, namespaces, programs, slices, nodes, reports)
        .forEach(Watched::stop);
  }

  /** One watch; of one thread. */
  private final class Watched<T extends HasMetadata, F> {
    private final String kind;
    private final DeltaStore<T, F> store;
    private final Supplier<
            ? extends AnyNamespaceOperation<T, ? extends KubernetesResourceList<T>, ?>>
        objects;
    private Optional<SharedIndexInformer<T>> informer = Optional.empty();
    private CompletableFuture<?> listed = new CompletableFuture<>();
    private Instant earliest = time.now();

    Watched(
        String kind,
        DeltaStore<T, F> store,
        Supplier<? extends AnyNamespaceOperation<T, ? extends KubernetesResourceList<T>, ?>>
            objects) {
      this.kind = kind;
      this.store = store;
      this.objects = objects;
    }

    /** Begins, unless it has. Whether everything is known. */
    boolean begin() {
      Instant now = time.now();
      if (listed.isCompletedExceptionally()) {
        String why = Duties.message(listed.exceptionNow());
        LOG.warn("{} cannot be listed, tried again: {}", kind, why);
        stop();
        unlisted.put(kind, why);
        earliest = now.plus(AGAIN);
      }
      if (informer.isEmpty() && !now.isBefore(earliest)) {
        SharedIndexInformer<T> next =
            objects
                .get()
                .withLimit(PAGE)
                .runnableInformer(0)
                .itemStore(store)
                // Once it has begun nothing ends it: whatever goes wrong is tried again.
                .exceptionHandler((begun, failure) -> begun);
        informer = Optional.of(next);
        listed = next.start().toCompletableFuture();
        listed.whenComplete((done, failure) -> onChange.run());
      }
      boolean known = informer.isPresent() && listed.isDone() && !listed.isCompletedExceptionally();
      if (known) {
        unlisted.remove(kind);
      }
      return known;
    }

    void stop() {
      unlisted.remove(kind);
      informer.ifPresent(SharedIndexInformer::close);
      informer = Optional.empty();
      listed = new CompletableFuture<>();
      store.clear();
    }
  }
}
