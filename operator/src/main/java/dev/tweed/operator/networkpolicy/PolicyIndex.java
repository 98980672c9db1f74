package dev.tweed.operator.networkpolicy;

import dev.tweed.crds.Limits;
import dev.tweed.crds.NodePolicySpec;
import dev.tweed.crds.PeerSliceReader.WaitingNamespaces;
import dev.tweed.crds.PolicyProgramSpec;
import dev.tweed.crds.PolicyProgramWriter;
import dev.tweed.ip.IpAddress;
import dev.tweed.policy.NamedPort;
import dev.tweed.policy.PolicyNames;
import dev.tweed.policy.PortMatch;
import dev.tweed.policy.Program;
import dev.tweed.policy.Rule;
import dev.tweed.policy.source.LabelSelector;
import dev.tweed.policy.source.Namespace;
import dev.tweed.policy.source.PeerKey;
import dev.tweed.policy.source.Pod;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * All policies and everything they are resolved with; gives what has to be written, and knows what
 * a change of one of them touches. The same facts give the same objects, in whichever order they
 * came. Pods with the same labels in the same namespace are judged once.
 *
 * <p>No I/O, and not for several threads.
 */
public final class PolicyIndex {
  private static final int CLASS_DIGITS = 14;

  private record Profile(String namespace, Map<String, String> labels) {}

  /** Pods that no selector can tell apart. */
  private static final class Group {
    private final Profile profile;
    private final Map<String, Pod> pods = new HashMap<>();
    private final Set<Entry> policies = new HashSet<>();
    private final Set<Peer> peers = new HashSet<>();

    Group(Profile profile) {
      this.profile = profile;
    }

    List<String> programs() {
      return policies.stream().map(e -> e.compiled.program().name()).sorted().toList();
    }
  }

  /** A policy. */
  private static final class Entry {
    private final PolicyObject policy;
    private final Set<Group> groups = new HashSet<>();
    private CompiledPolicy compiled;

    Entry(PolicyObject policy, CompiledPolicy compiled) {
      this.policy = policy;
      this.compiled = compiled;
    }
  }

  /** A set, and whose addresses it holds. */
  private static final class Peer {
    private final String name;
    private final PeerKey key;
    private final Set<Group> groups = new HashSet<>();
    private final Set<Entry> users = new HashSet<>();

    Peer(String name, PeerKey key) {
      this.name = name;
      this.key = key;
    }
  }

  /** Names of what may be otherwise than it was. */
  public record Touched(
      Set<String> programs, Set<String> sets, Set<String> nodes, Set<String> outlooks) {
    /** Nothing. */
    static Touched nothing() {
      return new Touched(new HashSet<>(), new HashSet<>(), new HashSet<>(), new HashSet<>());
    }
  }

  /**
   * Namespaces whose new pods wait for the operator's word.
   *
   * @param all whether those of every namespace do
   * @param names otherwise which
   */
  public record Waiting(boolean all, Set<String> names) {
    public Waiting {
      names = Set.copyOf(names);
    }

    /** As set {@code namespaces} has them. */
    public Set<String> hashes() {
      return names.stream().map(PolicyNames::namespace).collect(Collectors.toSet());
    }
  }

  private final Map<String, Pod> pods = new HashMap<>();
  private final Map<Profile, Group> groups = new HashMap<>();
  private final Map<String, Set<Group>> groupsOf = new HashMap<>(); // by namespace
  private final Map<String, Map<String, Pod>> podsOf = new HashMap<>(); // by node
  private final Map<String, Namespace> namespaces = new HashMap<>();
  private final Map<String, Entry> policies = new HashMap<>(); // by name of the program
  private final Map<String, String> programs = new HashMap<>(); // by key of the object
  private final Map<String, Set<Entry>> policiesOf = new HashMap<>(); // by namespace
  private final Set<Entry> clusterPolicies = new HashSet<>();
  private final Map<String, Peer> peers = new HashMap<>(); // by name of the set
  private final Map<String, Set<Peer>> peersOf = new HashMap<>(); // by namespace
  private final Set<Peer> clusterPeers = new HashSet<>();
  private final Map<NamedPort, Integer> ports = new HashMap<>();
  private final Set<NamedPort> changedPorts = new HashSet<>();
  private Set<String> nodes = Set.of();
  private Optional<WaitingNamespaces> lingering = Optional.empty();
  private Touched touched = Touched.nothing();

  /** Whether there is any policy. */
  public boolean isIdle() {
    return policies.isEmpty();
  }

  /** How many policies there are. */
  public int policies() {
    return policies.size();
  }

  /** How many sets they need. */
  public int sets() {
    return peers.size();
  }

  /** How many pods are known. */
  public int pods() {
    return pods.size();
  }

  /** The nodes of the cluster. */
  public void nodes(Set<String> names) {
    if (!names.equals(nodes)) {
      touched.nodes().addAll(names);
      touched.nodes().addAll(nodes);
      nodes = Set.copyOf(names);
    }
  }

  /**
   * A pod as it is now; empty where it is gone.
   *
   * @param key of the object: a pod that is made anew under its name takes the place of the old one
   */
  public void pod(String key, Optional<Pod> now) {
    Optional<Pod> before = Optional.ofNullable(pods.get(key));
    if (before.equals(now)) {
      return;
    }
    before.ifPresent(p -> removePod(key, p));
    now.ifPresent(p -> addPod(key, p));
  }

  /** A namespace's labels now; empty where it is gone. */
  public void namespace(String name, Optional<Map<String, String>> labels) {
    Optional<Namespace> before = Optional.ofNullable(namespaces.get(name));
    Optional<Namespace> now = labels.map(l -> new Namespace(name, l));
    if (now.equals(before)) {
      return;
    }
    now.ifPresentOrElse(n -> namespaces.put(name, n), () -> namespaces.remove(name));
    Set<Group> inside = groupsOf.getOrDefault(name, Set.of());
    inside.forEach(this::judge);
    if (now.isPresent() != before.isPresent()) {
      touchNodes(inside);
    }
  }

  /**
   * A policy as it is now; empty where it is gone.
   *
   * @param key of the object
   */
  public void policy(String key, Optional<PolicyObject> now) {
    Optional<Entry> before = Optional.ofNullable(programs.get(key)).map(policies::get);
    if (before.map(e -> e.policy).equals(now)) {
      return;
    }
    // The new one first: sets that both need stay.
    Optional<Entry> entry = now.map(p -> new Entry(p, compile(p)));
    entry.ifPresent(e -> e.compiled.sets().forEach((set, peer) -> use(set, peer, e)));
    before.ifPresent(e -> removePolicy(key, e));
    entry.ifPresent(e -> addPolicy(key, e));
  }

  /** Names of what changed since this was asked last. */
  public Touched touched() {
    recompile();
    Touched since = touched;
    touched = Touched.nothing();
    return since;
  }

  /** Names of everything there is. */
  public Touched everything() {
    recompile();
    return new Touched(
        new HashSet<>(policies.keySet()),
        new HashSet<>(peers.keySet()),
        new HashSet<>(nodes),
        new HashSet<>(policies.keySet()));
  }

  /** What a program is to say; empty where there is to be none. */
  public Optional<PolicyProgramSpec> program(String name) {
    return Optional.ofNullable(policies.get(name))
        .map(e -> PolicyProgramWriter.write(e.compiled.program()));
  }

  /** Names of the sets that a program needs. */
  public Set<String> setsOf(String program) {
    return Optional.ofNullable(policies.get(program))
        .map(e -> e.compiled.sets().keySet())
        .orElse(Set.of());
  }

  /** Whether some program needs a set. */
  public boolean needs(String set) {
    return peers.containsKey(set);
  }

  /** Who is to be in a set that is needed, as canonical texts. */
  public Set<String> members(String set) {
    Peer peer = peers.get(set);
    Set<String> members = new HashSet<>();
    for (Group group : peer.groups) {
      Namespace namespace = namespaceOf(group.profile.namespace());
      for (Pod pod : group.pods.values()) {
        for (IpAddress address : peer.key.addresses(pod, namespace)) {
          members.add(address.toString());
        }
      }
    }
    return members;
  }

  /** Namespaces in which a policy can select pods. */
  public Waiting waiting() {
    return new Waiting(!clusterPolicies.isEmpty(), policiesOf.keySet());
  }

  /**
   * Has nodes told of pods of these namespaces, too, whether or not policies can select them, until
   * {@link #settle}.
   */
  public void linger(WaitingNamespaces more) {
    Set<String> hashes = new HashSet<>(more.hashes());
    lingering.ifPresent(l -> hashes.addAll(l.hashes()));
    lingering =
        Optional.of(
            new WaitingNamespaces(
                more.all() || lingering.filter(WaitingNamespaces::all).isPresent(), hashes));
  }

  /** Has nodes told no more of pods that policies cannot select. */
  public void settle() {
    if (lingering.isEmpty()) {
      return;
    }
    groupsOf.forEach(
        (namespace, inside) -> {
          if (isTold(namespace) && !canBeSelected(namespace)) {
            touchNodes(inside);
          }
        });
    if (policies.isEmpty()) {
      touched.nodes().addAll(nodes);
    }
    lingering = Optional.empty();
  }

  /** What a node is to be told; empty where there is no such node, or nothing to tell. */
  public Optional<NodePolicySpec> node(String name) {
    if (policies.isEmpty() && lingering.isEmpty() || !nodes.contains(name)) {
      return Optional.empty();
    }
    Map<List<String>, String> classes = new HashMap<>();
    List<NodePolicySpec.Pod> entries = new ArrayList<>();
    List<Pod> here =
        podsOf.getOrDefault(name, Map.of()).values().stream().filter(Pod::isSelectable).toList();
    // Who makes a pod can say that it mirrors a static one: then neither has the other's policies.
    Map<String, Long> holders =
        here.stream().collect(Collectors.groupingBy(Pod::uid, Collectors.counting()));
    here.stream()
        .filter(p -> isTold(p.namespace()) && isJudged(p.namespace()))
        .filter(p -> holders.get(p.uid()) == 1)
        .sorted(Comparator.comparing(Pod::uid))
        .limit(Limits.NODE_PODS) // a kubelet runs 110 unless told otherwise
        .forEach(p -> entries.add(entry(p, classes)));
    return Optional.of(
        new NodePolicySpec(
            classes.entrySet().stream()
                .map(c -> new NodePolicySpec.PodClass(c.getValue(), c.getKey()))
                .sorted(Comparator.comparing(NodePolicySpec.PodClass::name))
                .toList(),
            entries));
  }

  private NodePolicySpec.Pod entry(Pod pod, Map<List<String>, String> classes) {
    Group group = groups.get(new Profile(pod.namespace(), pod.labels()));
    List<String> programs = group.programs();
    return new NodePolicySpec.Pod(
        pod.uid(),
        programs.isEmpty() ? null : classes.computeIfAbsent(programs, PolicyIndex::className),
        pod.addresses().stream().sorted().map(IpAddress::toString).toList(),
        pod.namedPorts().stream()
            .filter(p -> group.policies.stream().anyMatch(e -> names(e.compiled.program(), p)))
            .limit(Limits.PROGRAM_PORTS)
            .map(
                p ->
                    new NodePolicySpec.NamedPort(
                        p.name(),
                        PolicyProgramSpec.Protocol.valueOf(p.protocol().name()),
                        p.number()))
            .toList());
  }

  // The same on every node, so that its counters can be compared.
  private static String className(List<String> programs) {
    return "c-" + PolicyNames.program(String.join(" ", programs)).substring(2, 2 + CLASS_DIGITS);
  }

  private static boolean names(Program program, NamedPort port) {
    for (Rule rule : program.ingress()) {
      for (PortMatch match : rule.ports()) {
        if (match instanceof PortMatch.Named name && name.means(port)) {
          return true;
        }
      }
    }
    return false;
  }

  /** Where a program has to be in force; empty where there is to be none. */
  public Optional<PolicyOutlook> outlook(String program) {
    return Optional.ofNullable(policies.get(program))
        .map(
            e -> {
              Map<String, Integer> on = new TreeMap<>();
              for (Group group : e.groups) {
                for (Pod pod : group.pods.values()) {
                  if (pod.isSelectable() && !pod.node().isEmpty()) {
                    on.merge(pod.node(), 1, Integer::sum);
                  }
                }
              }
              return new PolicyOutlook(
                  e.policy.namespace(),
                  e.policy.name(),
                  e.policy.uid(),
                  e.policy.generation(),
                  program,
                  on,
                  e.policy.unread(),
                  Optional.empty());
            });
  }

  private void addPod(String key, Pod pod) {
    Profile profile = new Profile(pod.namespace(), pod.labels());
    Group group = groups.get(profile);
    if (group == null) {
      group = new Group(profile);
      groups.put(profile, group);
      groupsOf.computeIfAbsent(pod.namespace(), n -> new HashSet<>()).add(group);
      judge(group);
    }
    Pod shared =
        new Pod(
            pod.uid(),
            pod.namespace(),
            group.profile.labels(), // one map for all of the group
            pod.node(),
            pod.hostNetwork(),
            pod.ended(),
            pod.addresses(),
            pod.namedPorts());
    pods.put(key, shared);
    group.pods.put(key, shared);
    podsOf.computeIfAbsent(pod.node(), n -> new HashMap<>()).put(key, shared);
    count(pod, 1);
    touch(group, pod.node());
  }

  private void removePod(String key, Pod pod) {
    pods.remove(key);
    Group group = groups.get(new Profile(pod.namespace(), pod.labels()));
    group.pods.remove(key);
    count(pod, -1);
    touch(group, pod.node());
    Map<String, Pod> ofNode = podsOf.get(pod.node());
    ofNode.remove(key);
    if (ofNode.isEmpty()) {
      podsOf.remove(pod.node());
    }
    if (group.pods.isEmpty()) {
      groups.remove(group.profile);
      group.policies.forEach(e -> e.groups.remove(group));
      group.peers.forEach(p -> p.groups.remove(group));
      Set<Group> ofNamespace = groupsOf.get(pod.namespace());
      ofNamespace.remove(group);
      if (ofNamespace.isEmpty()) {
        groupsOf.remove(pod.namespace());
      }
    }
  }

  private void touch(Group group, String node) {
    group.peers.forEach(p -> touched.sets().add(p.name));
    group.policies.forEach(e -> touched.outlooks().add(e.compiled.program().name()));
    touched.nodes().add(node);
  }

  private void touchNodes(Collection<Group> of) {
    of.forEach(g -> g.pods.values().forEach(p -> touched.nodes().add(p.node())));
  }

  private void count(Pod pod, int change) {
    if (pod.isSelectable()) {
      for (NamedPort port : pod.namedPorts()) {
        int before = ports.getOrDefault(port, 0);
        if (before + change == 0) {
          ports.remove(port);
        } else {
          ports.put(port, before + change);
        }
        if (before == 0 || before + change == 0) {
          changedPorts.add(port);
        }
      }
    }
  }

  /** Which policies and sets a group is of, anew. */
  private void judge(Group group) {
    Namespace namespace = namespaceOf(group.profile.namespace());
    for (Entry entry : policiesOf.getOrDefault(namespace.name(), Set.of())) {
      join(group, entry);
    }
    clusterPolicies.forEach(e -> join(group, e));
    peersOf.getOrDefault(namespace.name(), Set.of()).forEach(p -> join(group, p));
    clusterPeers.forEach(p -> join(group, p));
  }

  private void join(Group group, Entry entry) {
    Profile profile = group.profile;
    boolean selects =
        entry.policy.selects(
            profile.namespace(), namespaceOf(profile.namespace()).labels(), profile.labels());
    if (selects ? group.policies.add(entry) : group.policies.remove(entry)) {
      if (selects) {
        entry.groups.add(group);
      } else {
        entry.groups.remove(group);
      }
      touched.outlooks().add(entry.compiled.program().name());
      touchNodes(List.of(group));
    }
  }

  private void join(Group group, Peer peer) {
    PeerKey key = peer.key;
    Profile profile = group.profile;
    boolean selects =
        key.namespace().map(profile.namespace()::equals).orElse(true)
            && key.podSelector().matches(profile.labels())
            && isOf(profile.namespace(), key.namespaceSelector());
    if (selects ? group.peers.add(peer) : group.peers.remove(peer)) {
      if (selects) {
        peer.groups.add(group);
      } else {
        peer.groups.remove(group);
      }
      touched.sets().add(peer.name);
    }
  }

  /**
   * Whether it is known that a selector chooses a namespace. Until its labels are, its pods are
   * nobody's peers: then those that accept do not, and from those that are to be denied nothing
   * comes, since their own node keeps them closed ({@link #isJudged}).
   */
  private boolean isOf(String namespace, LabelSelector selector) {
    return selector.isEverything()
        || Optional.ofNullable(namespaces.get(namespace))
            .filter(n -> selector.matches(n.labels()))
            .isPresent();
  }

  private void use(String set, PeerKey key, Entry user) {
    if (!peers.containsKey(set)) {
      Peer peer = new Peer(set, key);
      peers.put(set, peer);
      key.namespace()
          .map(n -> peersOf.computeIfAbsent(n, p -> new HashSet<>()))
          .orElse(clusterPeers)
          .add(peer);
      touched.sets().add(set);
      groupsIn(key.namespace()).forEach(g -> join(g, peer));
    }
    peers.get(set).users.add(user);
  }

  private void release(Set<String> sets, Entry user) {
    for (String set : sets) {
      Peer peer = peers.get(set);
      peer.users.remove(user);
      if (peer.users.isEmpty()) {
        peers.remove(set);
        clusterPeers.remove(peer);
        peer.key
            .namespace()
            .ifPresent(
                n ->
                    peersOf.computeIfPresent(
                        n, (of, left) -> left.remove(peer) && left.isEmpty() ? null : left));
        peer.groups.forEach(g -> g.peers.remove(peer));
        touched.sets().add(set);
      }
    }
  }

  private void addPolicy(String key, Entry entry) {
    String program = entry.compiled.program().name();
    boolean first = policies.isEmpty();
    programs.put(key, program);
    policies.put(program, entry);
    touched.programs().add(program);
    touched.outlooks().add(program);
    Optional<String> namespace = entry.policy.namespace();
    Set<Entry> beside =
        namespace
            .map(n -> policiesOf.computeIfAbsent(n, p -> new HashSet<>()))
            .orElse(clusterPolicies);
    beside.add(entry);
    groupsIn(namespace).forEach(g -> join(g, entry));
    if (beside.size() == 1) {
      touchNodes(groupsIn(namespace)); // pods that can be selected now
    }
    if (first) {
      touched.nodes().addAll(nodes);
    } else {
      touchNodes(entry.groups); // names of ports
    }
  }

  private void removePolicy(String key, Entry entry) {
    String program = entry.compiled.program().name();
    programs.remove(key);
    policies.remove(program, entry);
    release(entry.compiled.sets().keySet(), entry);
    touched.programs().add(program);
    touched.outlooks().add(program);
    touchNodes(entry.groups);
    entry.groups.forEach(g -> g.policies.remove(entry));
    Optional<String> namespace = entry.policy.namespace();
    Set<Entry> beside = namespace.map(policiesOf::get).orElse(clusterPolicies);
    beside.remove(entry);
    if (beside.isEmpty()) {
      namespace.ifPresent(policiesOf::remove);
      touchNodes(groupsIn(namespace));
    }
    if (policies.isEmpty()) {
      touched.nodes().addAll(nodes);
    }
  }

  /** Those that something of a namespace, or else of the cluster, can be about. */
  private Collection<Group> groupsIn(Optional<String> namespace) {
    return namespace.isPresent()
        ? groupsOf.getOrDefault(namespace.get(), Set.of())
        : groups.values();
  }

  private CompiledPolicy compile(PolicyObject policy) {
    return NetworkPolicyCompiler.compile(policy, this::numbers);
  }

  private List<NamedPort> numbers(PortMatch.Named name) {
    return ports.keySet().stream()
        .filter(name::means)
        .sorted(Comparator.comparing(NamedPort::protocol).thenComparing(NamedPort::number))
        .toList();
  }

  /** Programs of which an egress rule names a port that pods have come to mean, or mean no more. */
  private void recompile() {
    if (changedPorts.isEmpty()) {
      return;
    }
    for (Map.Entry<String, Entry> policy : policies.entrySet()) {
      Entry entry = policy.getValue();
      if (entry.compiled.egressNames().stream()
          .anyMatch(n -> changedPorts.stream().anyMatch(n::means))) {
        CompiledPolicy now = compile(entry.policy);
        now.sets().forEach((set, key) -> use(set, key, entry));
        Set<String> gone = new TreeSet<>(entry.compiled.sets().keySet());
        gone.removeAll(now.sets().keySet());
        release(gone, entry);
        entry.compiled = now;
        touched.programs().add(policy.getKey());
      }
    }
    changedPorts.clear();
  }

  private boolean isTold(String namespace) {
    return canBeSelected(namespace)
        || lingering
            .filter(l -> l.all() || l.hashes().contains(PolicyNames.namespace(namespace)))
            .isPresent();
  }

  private boolean canBeSelected(String namespace) {
    return !clusterPolicies.isEmpty() || policiesOf.containsKey(namespace);
  }

  /**
   * Whether it is known which policies select pods of a namespace. Kinds are watched separately, so
   * a pod may come before its namespace, whose labels ClusterNetworkPolicies ask; until then its
   * node keeps it closed.
   */
  private boolean isJudged(String namespace) {
    return clusterPolicies.isEmpty() || namespaces.containsKey(namespace);
  }

  private Namespace namespaceOf(String name) {
    return namespaces.getOrDefault(name, new Namespace(name, Map.of()));
  }
}
