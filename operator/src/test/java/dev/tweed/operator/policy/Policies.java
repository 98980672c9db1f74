package dev.tweed.operator.policy;

import dev.tweed.crds.Condition;
import dev.tweed.crds.FirewallPolicy;
import dev.tweed.crds.FirewallPolicySpec;
import dev.tweed.crds.FirewallPolicySpec.Action;
import dev.tweed.crds.FirewallPolicySpec.Direction;
import dev.tweed.crds.FirewallPolicySpec.Peer;
import dev.tweed.crds.FirewallPolicySpec.PeerType;
import dev.tweed.crds.FirewallPolicySpec.Protocol;
import dev.tweed.crds.FirewallPolicySpec.Rule;
import dev.tweed.crds.LabelSelector;
import dev.tweed.crds.NodeReportStatus;
import dev.tweed.crds.NodeReportStatus.PolicyState;
import dev.tweed.crds.NodeReportStatus.Repair;
import dev.tweed.crds.NodeReportStatus.UnreachedPeer;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Policies, nodes and reports as tests need them. */
public final class Policies {
  private Policies() {}

  /** Lets SSH in from these peers, on all nodes. */
  public static FirewallPolicySpec from(Peer... peers) {
    return on(LabelSelector.everything(), peers);
  }

  public static FirewallPolicySpec on(LabelSelector nodes, Peer... peers) {
    return new FirewallPolicySpec(
        nodes,
        null,
        null,
        null,
        null,
        List.of(
            new Rule(
                "ssh",
                Direction.In,
                Action.Allow,
                Protocol.TCP,
                null,
                List.of(new FirewallPolicySpec.Port(22, null)),
                null,
                List.of(peers),
                null,
                null,
                null,
                null)));
  }

  public static Peer network(String name) {
    return new Peer(PeerType.PodNetwork, null, name, null, null);
  }

  public static Peer nodes(LabelSelector selector) {
    return new Peer(PeerType.Nodes, null, null, new FirewallPolicySpec.NodePeer(selector), null);
  }

  public static LabelSelector label(String key, String value) {
    return new LabelSelector(Map.of(key, value), List.of());
  }

  public static PolicyFacts policy(String name, long generation, FirewallPolicySpec spec) {
    return new PolicyFacts(name, "uid-" + name, generation, spec, List.of());
  }

  /** A node without labels that reported this. */
  public static PolicyNode node(String name, PolicyState... states) {
    return node(name, report(0, states));
  }

  public static PolicyNode node(String name, NodeReportStatus report) {
    return new PolicyNode(
        name,
        "uid-" + name,
        Map.of(),
        Optional.empty(),
        Optional.of(new ReportDigester().digest("uid-" + name, Optional.of(report))));
  }

  public static PolicyNode silent(String name) {
    return new PolicyNode(name, "uid-" + name, Map.of(), Optional.empty(), Optional.empty());
  }

  public static PolicyState applied(String policy, long generation) {
    return new PolicyState(policy, "uid-" + policy, generation, true, null, null);
  }

  public static PolicyState failing(String policy, long generation, String reason, String message) {
    return new PolicyState(policy, "uid-" + policy, generation, false, reason, message);
  }

  /** In force, of a policy that an API server has. */
  public static PolicyState applied(FirewallPolicy policy) {
    return state(policy, true, null, null);
  }

  /** Not in force, of a policy that an API server has. */
  public static PolicyState failing(FirewallPolicy policy, String reason, String message) {
    return state(policy, false, reason, message);
  }

  private static PolicyState state(
      FirewallPolicy policy, boolean applied, String reason, String message) {
    ObjectMeta metadata = policy.getMetadata();
    return new PolicyState(
        metadata.getName(), metadata.getUid(), metadata.getGeneration(), applied, reason, message);
  }

  /** With what a node says of the way to others. */
  static NodeReportStatus reach(Condition reachable, UnreachedPeer... unreached) {
    return new NodeReportStatus(
        List.of(reachable),
        null,
        null,
        null,
        null,
        null,
        new NodeReportStatus.Reachability("Probes", 9, 3, null, List.of(unreached), null),
        null,
        null,
        null,
        null,
        null,
        null,
        null,
        null);
  }

  /** What an operator writes for a daemon that is silent. */
  public static NodeReportStatus ofSilentDaemon() {
    return reach(
        new Condition(
            "Reachable", "Unknown", ReportDigest.DAEMON_SILENT, "", "2026-01-01T00:00:00Z", null));
  }

  /** With so many repairs of the firewall. */
  public static NodeReportStatus report(long repairs, PolicyState... states) {
    return new NodeReportStatus(
        null,
        null,
        null,
        null,
        null,
        null,
        null,
        null,
        List.of(states),
        null,
        repairs == 0
            ? List.of()
            : List.of(
                new Repair("Firewall", repairs, "2026-01-01T00:00:00Z"),
                new Repair("Route", 7L, "2026-01-01T00:00:00Z")),
        null,
        null,
        null,
        null);
  }
}
