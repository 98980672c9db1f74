package dev.tweed.operator.cluster;

import dev.tweed.crds.NodePolicy;
import dev.tweed.crds.NodePolicySpec;
import dev.tweed.crds.PeerSlice;
import dev.tweed.crds.PeerSliceDiff;
import dev.tweed.crds.PeerSliceName;
import dev.tweed.crds.PeerSliceSpec;
import dev.tweed.crds.PolicyProgram;
import dev.tweed.crds.PolicyProgramSpec;
import dev.tweed.crds.TweedApi;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.OwnerReferenceBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.util.List;
import java.util.Map;

/**
 * Writes what policies are compiled to. Each write is one request, and what was written is noted
 * where it is read from.
 */
final class NetworkPolicyWriter {
  private final KubernetesClient client;
  private final NetworkPolicyWatches watches;

  NetworkPolicyWriter(KubernetesClient client, NetworkPolicyWatches watches) {
    this.client = client;
    this.watches = watches;
  }

  void program(String name, PolicyProgramSpec spec) {
    PolicyProgram object = new PolicyProgram();
    object.getMetadata().setName(name);
    object.getMetadata().setLabels(Map.of(TweedApi.PROGRAM_LABEL, name));
    object.setSpec(spec);
    put(object, spec, watches.programs());
  }

  /**
   * @param owner UID of the Node
   */
  void node(String name, String owner, NodePolicySpec spec) {
    NodePolicy object = new NodePolicy();
    object.getMetadata().setName(name);
    object
        .getMetadata()
        .setOwnerReferences(
            List.of(
                new OwnerReferenceBuilder()
                    .withApiVersion("v1")
                    .withKind("Node")
                    .withName(name)
                    .withUid(owner)
                    .build()));
    object.setSpec(spec);
    put(object, spec, watches.nodes());
  }

  private <T extends HasMetadata> void put(T object, Object spec, DeltaStore<T, ?> store) {
    String name = object.getMetadata().getName();
    try {
      store.written(Patches.put(client, object, spec, store.facts(name).isPresent()));
    } catch (KubernetesClientException e) {
      if (ApiFailure.of(e) == ApiFailure.GONE) {
        store.deleted(name); // somebody has; it is made anew
      }
      throw e;
    }
  }

  /** Writes of one set, one after the other. */
  void slices(List<PeerSliceDiff.Write> writes) {
    for (PeerSliceDiff.Write write : writes) {
      switch (write) {
        case PeerSliceDiff.Put(PeerSliceName name, PeerSliceSpec spec) -> slice(name, spec);
        case PeerSliceDiff.Delete(PeerSliceName name) -> deleteSlice(name.toString());
      }
    }
  }

  private void slice(PeerSliceName name, PeerSliceSpec spec) {
    PeerSlice object = new PeerSlice();
    object.getMetadata().setName(name.toString());
    object.getMetadata().setLabels(Map.of(TweedApi.PEERS_LABEL, name.set()));
    object.setSpec(spec);
    put(object, spec, watches.slices());
  }

  void deleteProgram(String name) {
    delete(PolicyProgram.class, name);
    watches.programs().deleted(name);
  }

  void deleteNode(String name) {
    delete(NodePolicy.class, name);
    watches.nodes().deleted(name);
  }

  void deleteSlice(String name) {
    delete(PeerSlice.class, name);
    watches.slices().deleted(name);
  }

  private <T extends HasMetadata> void delete(Class<T> kind, String name) {
    try {
      client.resources(kind).withName(name).delete();
    } catch (KubernetesClientException e) {
      if (ApiFailure.of(e) != ApiFailure.GONE) {
        throw e;
      }
    }
  }
}
