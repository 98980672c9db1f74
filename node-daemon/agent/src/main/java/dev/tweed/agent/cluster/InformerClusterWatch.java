package dev.tweed.agent.cluster;

import dev.tweed.crds.FirewallPolicySpec;
import dev.tweed.crds.NodeSubnet;
import dev.tweed.crds.PodNetwork;
import dev.tweed.crds.TweedApi;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.Informable;
import io.fabric8.kubernetes.client.dsl.base.ResourceDefinitionContext;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Watches by fabric8's informers: PodNetworks, NodeSubnets, FirewallPolicies, and of Nodes this one
 * only (by a field selector on its name; the others' heartbeats are no concern of a daemon).
 */
public final class InformerClusterWatch implements ClusterWatch {

  private static final Logger LOG = LoggerFactory.getLogger(InformerClusterWatch.class);

  /** Objects per page of the first list: the heap grows for the largest response. */
  private static final long PAGE = 100;

  private static final ResourceDefinitionContext NODE =
      new ResourceDefinitionContext.Builder()
          .withVersion("v1")
          .withKind("Node")
          .withPlural("nodes")
          .withNamespaced(false)
          .build();

  private static final ResourceDefinitionContext POLICY =
      new ResourceDefinitionContext.Builder()
          .withGroup(TweedApi.GROUP)
          .withVersion(TweedApi.VERSION)
          .withKind("FirewallPolicy")
          .withPlural("firewallpolicies")
          .withNamespaced(false)
          .build();

  private final KubernetesClient client;
  private final String nodeName;
  private final RecordStore<PodNetwork, NetworkRecord> networks;
  private final RecordStore<NodeSubnet, SubnetRecord> subnets;
  private final RecordStore<GenericKubernetesResource, PolicyRecord> policies;
  private final RecordStore<GenericKubernetesResource, NodeRecord> nodes;
  private final List<SharedIndexInformer<?>> informers = new ArrayList<>();
  private volatile Runnable onChange = () -> {};
  private volatile boolean complete;

  /**
   * @param client stays the caller's to close
   * @param nodeName name of this node
   */
  public InformerClusterWatch(KubernetesClient client, String nodeName) {
    this.client = client;
    this.nodeName = nodeName;
    SubnetParser parser = new SubnetParser(nodeName);
    networks = new RecordStore<>(NetworkRecord::of, PodNetwork::new, this::changed);
    subnets = new RecordStore<>(parser::parse, NodeSubnet::new, this::changed);
    policies =
        new RecordStore<>(
            new PolicyParser(
                    spec ->
                        client
                            .getKubernetesSerialization()
                            .convertValue(spec, FirewallPolicySpec.class))
                ::parse,
            GenericKubernetesResource::new,
            this::changed);
    nodes = new RecordStore<>(NodeRecord::of, GenericKubernetesResource::new, this::changed);
  }

  @Override
  public void start(Runnable onChange) {
    this.onChange = onChange;
    List<CompletableFuture<?>> synced =
        List.of(
            inform(client.resources(PodNetwork.class).withLimit(PAGE), networks),
            inform(client.resources(NodeSubnet.class).withLimit(PAGE), subnets),
            inform(client.genericKubernetesResources(POLICY).withLimit(PAGE), policies),
            // Generic: the typed Node would bring the deserialisers of its whole spec and status.
            inform(client.genericKubernetesResources(NODE).withName(nodeName), nodes));
    CompletableFuture.allOf(synced.toArray(CompletableFuture[]::new))
        .thenRun(
            () -> {
              complete = true;
              LOG.info(
                  "first lists complete: {} PodNetworks, {} NodeSubnets, {} FirewallPolicies",
                  networks.size(),
                  subnets.size(),
                  policies.size());
              changed();
            });
  }

  private <K extends HasMetadata> CompletableFuture<?> inform(
      Informable<K> kind, RecordStore<K, ?> store) {
    SharedIndexInformer<K> informer =
        kind.runnableInformer(0)
            .itemStore(store)
            .removeNamespaceIndex()
            // Never give up: the API server may be away for longer than any limit.
            .exceptionHandler((started, failure) -> true);
    informers.add(informer);
    return informer.start().toCompletableFuture();
  }

  @Override
  public ClusterView view() {
    return complete
        ? new ClusterView(
            true,
            networks.records(),
            subnets.records(),
            policies.records(),
            nodes.records().stream().filter(n -> n.name().equals(nodeName)).findFirst())
        : ClusterView.INCOMPLETE;
  }

  @Override
  public void close() {
    informers.forEach(SharedIndexInformer::close);
  }

  /** Before the first lists are complete nobody can use what changed. */
  private void changed() {
    if (complete) {
      onChange.run();
    }
  }
}
