package dev.tweed.operator.cluster;

import dev.tweed.crds.FirewallPolicy;
import dev.tweed.crds.NodeReport;
import dev.tweed.crds.NodeSubnet;
import dev.tweed.crds.PodNetwork;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.OwnerReference;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import io.fabric8.kubernetes.client.informers.cache.ItemStore;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.function.BiPredicate;
import java.util.stream.Collectors;

/**
 * One watch and one cache of each kind for the whole operator. Tells when something changed that
 * matters; the heartbeats of Nodes do not.
 */
public final class ClusterCaches implements AutoCloseable {
  // A list of 5,000 Nodes in one piece is 88 MB.
  private static final long PAGE = 500L;

  private final KubernetesClient client;
  private final Runnable onChange;
  private final ConcurrentMap<String, NodeSubnet> unseen = new ConcurrentHashMap<>();
  private final List<SharedIndexInformer<?>> informers = new ArrayList<>();
  private SharedIndexInformer<PodNetwork> networks;
  private SharedIndexInformer<Node> nodes;
  private SharedIndexInformer<NodeSubnet> subnets;
  private SharedIndexInformer<NodeReport> reports;
  private SharedIndexInformer<FirewallPolicy> policies;

  /**
   * @param onChange called from informer threads; must return at once
   */
  public ClusterCaches(KubernetesClient client, Runnable onChange) {
    this.client = client;
    this.onChange = onChange;
  }

  /** Lists and watches; returns when every cache is filled. */
  public void start() {
    networks = informer(PodNetwork.class, new PrunedStore<>(n -> n), ClusterCaches::specOrMetadata);
    nodes = nodeInformer();
    subnets = informer(NodeSubnet.class, new PrunedStore<>(s -> s), (old, now) -> true);
    reports =
        informer(NodeReport.class, new PrunedStore<>(ClusterCaches::named), (old, now) -> false);
    policies =
        informer(FirewallPolicy.class, new PrunedStore<>(p -> p), ClusterCaches::specOrMetadata);
    informers.parallelStream().forEach(SharedIndexInformer::run);
  }

  /** Whether every watch is filled and alive. */
  public boolean healthy() {
    return informers.stream().allMatch(i -> i.hasSynced() && i.isRunning());
  }

  private <T extends HasMetadata> SharedIndexInformer<T> informer(
      Class<T> kind, ItemStore<T> store, BiPredicate<T, T> matters) {
    SharedIndexInformer<T> informer =
        client.resources(kind).withLimit(PAGE).runnableInformer(0).itemStore(store);
    return watched(informer, matters);
  }

  private SharedIndexInformer<Node> nodeInformer() {
    SharedIndexInformer<Node> informer =
        client
            .nodes()
            .withLimit(PAGE)
            .runnableInformer(0)
            .itemStore(new PrunedStore<>(NodePruner::prune));
    return watched(
        informer,
        (old, now) ->
            !Facts.of(old).equals(Facts.of(NodePruner.prune(now)))
                || !NodeNetwork.of(old).equals(NodeNetwork.of(now)));
  }

  private <T extends HasMetadata> SharedIndexInformer<T> watched(
      SharedIndexInformer<T> informer, BiPredicate<T, T> matters) {
    informer.addEventHandler(
        new ResourceEventHandler<>() {
          @Override
          public void onAdd(T object) {
            onChange.run();
          }

          @Override
          public void onUpdate(T old, T now) {
            if (matters.test(old, now)) {
              onChange.run();
            }
          }

          @Override
          public void onDelete(T object, boolean unknownState) {
            if (object instanceof NodeSubnet subnet) {
              unseen.remove(subnet.getMetadata().getName());
            }
            onChange.run();
          }
        });
    informers.add(informer);
    return informer;
  }

  // Status is written by this operator itself.
  private static boolean specOrMetadata(HasMetadata old, HasMetadata now) {
    return !Objects.equals(old.getMetadata().getGeneration(), now.getMetadata().getGeneration())
        || !Objects.equals(
            old.getMetadata().getDeletionTimestamp(), now.getMetadata().getDeletionTimestamp());
  }

  // Reports are large and only their existence matters here.
  private static NodeReport named(NodeReport report) {
    NodeReport pruned = new NodeReport();
    pruned.getMetadata().setName(report.getMetadata().getName());
    pruned.getMetadata().setUid(report.getMetadata().getUid());
    pruned.getMetadata().setResourceVersion(report.getMetadata().getResourceVersion());
    pruned.getMetadata().setOwnerReferences(report.getMetadata().getOwnerReferences());
    return pruned;
  }

  /** Notes NodeSubnets that exist although the watch may not have delivered them yet. */
  public void remember(List<NodeSubnet> created) {
    created.forEach(subnet -> unseen.put(subnet.getMetadata().getName(), subnet));
  }

  /** Forgets a NodeSubnet that was noted and is known to be gone. */
  public void forget(String name) {
    unseen.remove(name);
  }

  /** What is known now. */
  public ClusterView view() {
    Map<String, NodeSubnet> known = new HashMap<>();
    subnets.getStore().list().forEach(s -> known.put(s.getMetadata().getName(), s));
    unseen.keySet().removeIf(known::containsKey);
    unseen.forEach(known::putIfAbsent);
    return new ClusterView(
        networks.getStore().list().stream().filter(n -> n.getSpec() != null).toList(),
        List.copyOf(nodes.getStore().list()),
        known.values().stream().filter(s -> s.getSpec() != null).toList(),
        reports.getStore().list().stream()
            .collect(
                Collectors.toMap(
                    r -> r.getMetadata().getName(), ClusterCaches::owner, (a, b) -> b)),
        policies.getStore().list().stream().filter(p -> p.getSpec() != null).toList());
  }

  private static String owner(NodeReport report) {
    return report.getMetadata().getOwnerReferences().stream()
        .filter(o -> "Node".equals(o.getKind()))
        .map(OwnerReference::getUid)
        .findFirst()
        .orElse("");
  }

  @Override
  public void close() {
    informers.forEach(SharedIndexInformer::close);
  }
}
