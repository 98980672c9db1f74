package dev.tweed.operator.networkpolicy;

import dev.tweed.crds.NodePolicy;
import dev.tweed.crds.NodePolicyReader;
import dev.tweed.crds.NodePolicySpec;
import dev.tweed.crds.PolicyProgram;
import dev.tweed.crds.PolicyProgramReader;
import dev.tweed.crds.PolicyProgramSpec;
import dev.tweed.ip.IpAddress;
import dev.tweed.policy.NodeState;
import dev.tweed.policy.PeerSet;
import dev.tweed.policy.PodEntry;
import dev.tweed.policy.Program;
import dev.tweed.policy.source.Cluster;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Collectors;

/** What an index has to be written, as somebody keeps it who looks only at what it says changed. */
final class CompiledCluster {
  final Map<String, PolicyProgramSpec> programs = new TreeMap<>();
  final Map<String, Set<String>> sets = new TreeMap<>();
  final Map<String, NodePolicySpec> nodes = new TreeMap<>();
  final Map<String, PolicyOutlook> outlooks = new TreeMap<>();

  /** Everything that an index that has seen only this cluster says. */
  static CompiledCluster of(Cluster cluster) {
    PolicyIndex index = new PolicyIndex();
    fill(index, cluster);
    CompiledCluster compiled = new CompiledCluster();
    compiled.look(index, index.everything());
    return compiled;
  }

  static void fill(PolicyIndex index, Cluster cluster) {
    index.nodes(cluster.nodes().stream().map(Cluster.Node::name).collect(Collectors.toSet()));
    cluster.namespaces().forEach(n -> index.namespace(n.name(), Optional.of(n.labels())));
    cluster.pods().forEach(p -> index.pod(p.uid(), Optional.of(p)));
    policies(cluster).forEach((key, p) -> index.policy(key, Optional.of(p)));
  }

  static Map<String, PolicyObject> policies(Cluster cluster) {
    Map<String, PolicyObject> policies = new HashMap<>();
    cluster
        .networkPolicies()
        .forEach(
            p ->
                policies.put(
                    p.uid(), new PolicyObject.OfNamespace("name of " + p.uid(), p, List.of())));
    cluster
        .clusterNetworkPolicies()
        .forEach(
            p ->
                policies.put(
                    p.uid(), new PolicyObject.OfCluster("name of " + p.uid(), p, List.of())));
    return policies;
  }

  void look(PolicyIndex index, PolicyIndex.Touched touched) {
    touched.programs().forEach(p -> note(programs, p, index.program(p)));
    touched
        .sets()
        .forEach(
            s -> note(sets, s, index.needs(s) ? Optional.of(index.members(s)) : Optional.empty()));
    touched.nodes().forEach(n -> note(nodes, n, index.node(n)));
    touched.outlooks().forEach(p -> note(outlooks, p, index.outlook(p)));
  }

  private static <T> void note(Map<String, T> all, String name, Optional<T> now) {
    now.ifPresentOrElse(n -> all.put(name, n), () -> all.remove(name));
  }

  /** What a node makes of it, with pods that never wait let in as nobody's. */
  NodeState state(Cluster cluster, Cluster.Node node) {
    Set<IpAddress> own = new LinkedHashSet<>(node.outside());
    own.addAll(node.inside());
    NodePolicy policy = new NodePolicy();
    policy.setSpec(nodes.getOrDefault(node.name(), new NodePolicySpec(null, null)));
    List<PodEntry> pods = new ArrayList<>(NodePolicyReader.read(policy).entries());
    Set<String> known = pods.stream().map(PodEntry::uid).collect(Collectors.toSet());
    cluster.pods().stream()
        .filter(p -> p.node().equals(node.name()) && p.isSelectable() && !known.contains(p.uid()))
        .filter(p -> !waits(cluster, p.namespace()))
        .forEach(p -> pods.add(new PodEntry(p.uid(), p.addresses(), Set.of(), List.of())));
    return new NodeState(
        node.blocks(),
        own,
        cluster.addressSpace(),
        pods,
        programs.entrySet().stream()
            .map(p -> program(p.getKey(), p.getValue()))
            .collect(Collectors.toMap(Program::name, Function.identity())),
        sets.entrySet().stream()
            .map(
                s ->
                    new PeerSet(
                        s.getKey(),
                        s.getValue().stream().map(IpAddress::parse).collect(Collectors.toSet())))
            .collect(Collectors.toMap(PeerSet::name, Function.identity())));
  }

  private static boolean waits(Cluster cluster, String namespace) {
    return !cluster.clusterNetworkPolicies().isEmpty()
        || cluster.networkPolicies().stream().anyMatch(p -> p.namespace().equals(namespace));
  }

  private static Program program(String name, PolicyProgramSpec spec) {
    PolicyProgram object = new PolicyProgram();
    object.getMetadata().setName(name);
    object.setSpec(spec);
    return PolicyProgramReader.read(object);
  }
}
