package dev.tweed.operator.cluster;

import dev.tweed.crds.NodeReport;
import dev.tweed.crds.NodeSubnet;
import dev.tweed.crds.TweedResource;
import dev.tweed.operator.allocation.AllocationPlan.Release;
import dev.tweed.operator.allocation.NetworkOutcome.NodeNames;
import dev.tweed.operator.allocation.NodeFacts;
import dev.tweed.operator.networkpolicy.PolicyOutlook;
import dev.tweed.operator.policy.RepairWatch.Repaired;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.MicroTime;
import io.fabric8.kubernetes.api.model.ObjectReference;
import io.fabric8.kubernetes.api.model.ObjectReferenceBuilder;
import io.fabric8.kubernetes.api.model.events.v1.EventBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.time.Clock;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Kubernetes Events ({@code events.k8s.io/v1}) for people; one for each transition. */
public final class OperatorEvents {
  private static final Logger LOG = LoggerFactory.getLogger(OperatorEvents.class);
  private static final DateTimeFormatter MICROS =
      DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH:mm:ss.SSSSSS'Z'").withZone(ZoneOffset.UTC);
  // Events about cluster-scoped objects live here, as those of Kubernetes' own controllers do.
  private static final String CLUSTER_NAMESPACE = "default";
  private static final int NOTE_LIMIT = 1_000;
  private static final String UPDATE =
      ". There may be more such objects. The CRDs are newer than the operator: update it";

  private final KubernetesClient client;
  private final OperatorSettings settings;
  private final Clock clock;

  /** How an Event is shown. */
  public enum Type {
    Normal,
    Warning
  }

  public OperatorEvents(KubernetesClient client, OperatorSettings settings, Clock clock) {
    this.client = client;
    this.settings = settings;
    this.clock = clock;
  }

  /** About an object of ours. */
  public void about(HasMetadata object, Type type, String reason, String action, String note) {
    record(
        new ObjectReferenceBuilder()
            .withApiVersion(object.getApiVersion())
            .withKind(object.getKind())
            .withName(object.getMetadata().getName())
            .withUid(object.getMetadata().getUid())
            .build(),
        CLUSTER_NAMESPACE,
        type,
        reason,
        action,
        note);
  }

  /**
   * An object of which not everything could be read. PodNetworks and FirewallPolicies say so in
   * their status. Returns at once.
   */
  void unknownValues(TweedResource<?, ?> object, String what) {
    if (object instanceof NodeSubnet || object instanceof NodeReport) {
      Thread.startVirtualThread(
          () -> about(object, Type.Warning, "UnknownValue", "Read", what + UPDATE));
    }
  }

  /** About a Node. */
  void about(NodeFacts node, Type type, String reason, String action, String note) {
    record(node(node.name(), node.uid()), CLUSTER_NAMESPACE, type, reason, action, note);
  }

  private static ObjectReference node(String name, String uid) {
    return new ObjectReferenceBuilder()
        .withApiVersion("v1")
        .withKind("Node")
        .withName(name)
        .withUid(uid)
        .build();
  }

  /** A node mended its firewall. */
  void repaired(Repaired repaired) {
    record(
        node(repaired.node().name(), repaired.node().uid()),
        CLUSTER_NAMESPACE,
        Type.Warning,
        "FirewallRepaired",
        "Repair",
        "something else changed or removed %s of Tweed's on this node, and Tweed put %s back (%d in all). If it goes on, find out what it is"
            .formatted(
                repaired.more() == 1
                    ? "a firewall row"
                    : "firewall rows %d times".formatted(repaired.more()),
                repaired.more() == 1 ? "it" : "them",
                repaired.total()));
  }

  /**
   * Blocks of a network were given back.
   *
   * @param uid of the network, if it exists: {@code kubectl describe} goes by that
   * @param releases at least one
   */
  void released(String network, Optional<String> uid, List<Release> releases) {
    String blocks =
        releases.stream()
            .limit(NodeNames.SHOWN)
            .map(r -> r.subnet().spec().cidr() + " of node " + r.subnet().spec().nodeName())
            .collect(Collectors.joining(", "));
    int more = releases.size() - NodeNames.SHOWN;
    String note =
        releases.size() == 1
            ? "block %s was released: %s".formatted(blocks, releases.getFirst().message())
            : "%d blocks were released: %s%s; the first because %s"
                .formatted(
                    releases.size(),
                    blocks,
                    more > 0 ? " and " + more + " more" : "",
                    releases.getFirst().message());
    record(
        new ObjectReferenceBuilder()
            .withApiVersion("tweed.dev/v1alpha1")
            .withKind("PodNetwork")
            .withName(network)
            .withUid(uid.orElse(null))
            .build(),
        CLUSTER_NAMESPACE,
        Type.Normal,
        "BlockReleased",
        "Release",
        note);
  }

  /** There are network policies, and no node says anything of them. */
  void networkPoliciesNotEnforced(int policies) {
    String note =
        "there are %d network policies, and no node says that it enforces any: they are not known to be in force. Are the daemons of this version, and do they run?"
            .formatted(policies);
    LOG.warn(note);
    ofOperator("NetworkPolicyNotEnforced", "Enforce", note);
  }

  /**
   * Nothing is written of network policies, since something cannot be read.
   *
   * @param why by the kind that cannot be listed
   */
  void networkPoliciesNotRead(Map<String, String> why) {
    ofOperator(
        "NetworkPolicyNotRead",
        "Read",
        "nodes enforce what they were told before, and new pods may wait, closed: "
            + why.entrySet().stream()
                .map(k -> k.getKey() + " cannot be listed: " + k.getValue())
                .collect(Collectors.joining("; ")));
  }

  /** A warning about the operator itself. */
  private void ofOperator(String reason, String action, String note) {
    // An Event in a namespace must be about an object there; the Lease is one we have by name.
    record(
        new ObjectReferenceBuilder()
            .withApiVersion("coordination.k8s.io/v1")
            .withKind("Lease")
            .withNamespace(settings.namespace())
            .withName(OperatorSettings.ELECTION_LEASE)
            .build(),
        settings.namespace(),
        Type.Warning,
        reason,
        action,
        note);
  }

  /**
   * About a policy.
   *
   * @param apiVersion of a ClusterNetworkPolicy
   */
  void about(
      PolicyOutlook policy,
      String apiVersion,
      Type type,
      String reason,
      String action,
      String note) {
    boolean namespaced = policy.namespace().isPresent();
    record(
        new ObjectReferenceBuilder()
            .withApiVersion(namespaced ? "networking.k8s.io/v1" : apiVersion)
            .withKind(namespaced ? "NetworkPolicy" : "ClusterNetworkPolicy")
            .withNamespace(policy.namespace().orElse(null))
            .withName(policy.name())
            .withUid(policy.uid())
            .build(),
        policy.namespace().orElse(CLUSTER_NAMESPACE),
        type,
        reason,
        action,
        note);
  }

  private void record(
      ObjectReference regarding,
      String namespace,
      Type type,
      String reason,
      String action,
      String note) {
    try {
      client
          .resource(
              new EventBuilder()
                  .withNewMetadata()
                  .withGenerateName("tweed-")
                  .withNamespace(namespace)
                  .endMetadata()
                  .withEventTime(new MicroTime(MICROS.format(clock.instant())))
                  .withReportingController("tweed.dev/operator")
                  .withReportingInstance(settings.instance())
                  .withType(type.name())
                  .withReason(reason)
                  .withAction(action)
                  .withRegarding(regarding)
                  .withNote(note.length() > NOTE_LIMIT ? note.substring(0, NOTE_LIMIT) : note)
                  .build())
          .create();
    } catch (KubernetesClientException e) {
      // An Event is a courtesy; what it says is in the status too.
      LOG.warn("Event {} not recorded: {}", reason, ApiFailure.message(e));
    }
  }
}
