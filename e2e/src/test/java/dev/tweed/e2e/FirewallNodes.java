package dev.tweed.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.crds.Condition;
import dev.tweed.crds.FirewallPolicy;
import dev.tweed.crds.NodeReportStatus;
import dev.tweed.e2e.bed.Installation;
import dev.tweed.e2e.bed.Machine;
import dev.tweed.e2e.bed.TestCluster;
import java.time.Duration;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The machines of {@link Layout#NODES_WITH_FIREWALLS}: on the control plane and on n1 a ufw that
 * denies what comes in, what goes out and what is routed, but for what a person typed; n2 has no
 * firewall manager, its ufw having no configuration. Tweed may use the hosts' tools.
 */
final class FirewallNodes {
  /** Where rules typed on a machine are remembered, as {@code ufw show added} has them. */
  private static final String TYPED = "/root/typed";

  /**
   * A sysctl that the PodNetwork sets, against what the control plane's ufw and a file of n2's say.
   */
  private static final String SYSCTL = "net.ipv4.conf.all.rp_filter";

  /** Where its value is remembered. */
  private static final String SYSCTL_BEFORE = "/root/rp_filter";

  /** That file of n2's. */
  static final String SYSCTL_FILE = "/etc/sysctl.d/50-typed.conf";

  private final TestCluster cluster;
  private final Installation tweed;

  private FirewallNodes(TestCluster cluster, Installation tweed) {
    this.cluster = cluster;
    this.tweed = tweed;
  }

  /** Prepares the machines and installs Tweed, unless a class before did. */
  static FirewallNodes given(TestCluster cluster, Installation tweed) {
    FirewallNodes nodes = new FirewallNodes(cluster, tweed);
    if (!tweed.isInstalled()) {
      nodes.prepare();
    }
    tweed.awaitReady(Duration.ofSeconds(120));
    return nodes;
  }

  private void prepare() {
    Stream.<Runnable>of(this::typeOnControlPlane, this::typeOnUfwNode, this::preparePlainNode)
        .parallel()
        .forEach(Runnable::run);
    for (Machine node : cluster.nodes()) {
      node.shell("sysctl -n %s >%s".formatted(SYSCTL, SYSCTL_BEFORE)).text();
    }
    // Not by reading and writing back: the kubelet writes its Node, too.
    cluster.kubectl("label", "node", "cp", "node-role.kubernetes.io/control-plane=").text();
    install("");
    tweed.apply(
        Installation.podNetwork("default", Given.POOL)
            // So that the API server's node sees pods with their own addresses: by the device the
            // reply does not take, hence the filter that is not strict.
            + """
              masquerade: {exceptCIDRs: [%s/32]}
              sysctls: {%s: "2"}
            """
                .formatted(controlPlane().address(), SYSCTL));
  }

  private void typeOnControlPlane() {
    // As ufw had it for long; its start sets it.
    controlPlane().shell("echo net/ipv4/conf/all/rp_filter=1 >>/etc/ufw/sysctl.conf").text();
    type(
        controlPlane(),
        """
        ufw allow 22/tcp comment ssh
        ufw allow from 172.31.77.0/24 to any port 6443 proto tcp comment 'API server'
        ufw allow 2379:2380/tcp comment etcd
        ufw allow 10250/tcp comment kubelet
        ufw allow 10257/tcp
        ufw allow 10259/tcp
        ufw allow out to 172.31.77.0/24 port 10250 proto tcp comment kubelets
        ufw allow out to 172.31.77.0/24 port 6443 proto tcp
        ufw allow out 53
        """);
  }

  private void preparePlainNode() {
    plainNode().exec("mv", "/etc/ufw", "/etc/ufw.away").text();
    plainNode()
        .shell("mkdir -p /etc/sysctl.d && echo %s = 1 >%s".formatted(SYSCTL, SYSCTL_FILE))
        .text();
  }

  /** Installs or upgrades with more values. */
  void install(String values) {
    tweed.helmInstall(
        Given.VALUES
            + "firewall: {hostTools: true}\n"
            // The daemons need no rules of kube-proxy's, which tests flush.
            + "apiServer: {host: %s}\n".formatted(controlPlane().address())
            + values);
  }

  /** What a person types on n1, and types again after a reset. */
  void typeOnUfwNode() {
    type(
        ufwNode(),
        """
        ufw allow 22/tcp comment ssh
        ufw allow 10250/tcp comment kubelet
        ufw allow out to %s port 6443 proto tcp comment 'API server'
        ufw allow out 53
        """
            .formatted(controlPlane().address()));
  }

  private static void type(Machine machine, String rules) {
    machine
        .shell(
            """
            set -e
            ufw default deny incoming
            ufw default deny outgoing
            ufw default deny routed
            %s
            ufw --force enable
            [ -e %s ] || ufw show added >%s
            """
                .formatted(rules, TYPED, TYPED))
        .text();
  }

  /** What {@code ufw show added} said before Tweed came. */
  String typedOn(Machine machine) {
    return machine.exec("cat", TYPED).text();
  }

  /** That sysctl now. */
  String sysctl(Machine machine) {
    return machine.exec("sysctl", "-n", SYSCTL).text();
  }

  /** And before Tweed came. */
  String sysctlBefore(Machine machine) {
    return machine.exec("cat", SYSCTL_BEFORE).text();
  }

  Machine controlPlane() {
    return cluster.controlPlane();
  }

  /** n1. */
  Machine ufwNode() {
    return cluster.machine("n1");
  }

  /** n2. */
  Machine plainNode() {
    return cluster.machine("n2");
  }

  NodeReportStatus report(Machine node) {
    return tweed.nodeReport(node.name()).orElseThrow().getStatus();
  }

  /** A policy for nodes with this label; {} for all. */
  void policy(String name, String nodeSelector, String options, List<String> rules) {
    tweed.apply(
        """
        apiVersion: tweed.dev/v1alpha1
        kind: FirewallPolicy
        metadata: {name: %s}
        spec:
          nodeSelector: %s
          %s
          rules:
          - %s
        """
            .formatted(name, nodeSelector, options, String.join("\n  - ", rules)));
  }

  /** Selects one node by its name. */
  static String only(Machine node) {
    return "{matchLabels: {kubernetes.io/hostname: " + node.name() + "}}";
  }

  /** What the node says of this generation of the policy; fails while it says nothing of it. */
  NodeReportStatus.PolicyState state(Machine node, String policy) {
    FirewallPolicy wanted = tweed.firewallPolicy(policy).orElseThrow();
    return report(node).policies().stream()
        .filter(state -> state.name().equals(policy))
        .filter(state -> state.generation().equals(wanted.getMetadata().getGeneration()))
        .findFirst()
        .orElseThrow();
  }

  /** Message of a condition of a policy; empty while there is none. */
  String condition(String policy, String type) {
    return tweed.firewallPolicy(policy).map(FirewallPolicy::getStatus).stream()
        .flatMap(status -> status.conditions().stream())
        .filter(condition -> condition.type().equals(type))
        .map(Condition::message)
        .collect(Collectors.joining());
  }

  void awaitApplied(String policy, Machine... nodes) {
    for (Machine node : nodes) {
      Eventually.within(
          30,
          () ->
              assertThat(state(node, policy)).returns(true, NodeReportStatus.PolicyState::applied));
    }
  }

  void deletePolicies() {
    cluster.client().resources(FirewallPolicy.class).delete();
  }

  /** How often the node's daemon has repaired its rules. */
  long repairs(Machine node) {
    return report(node).repairs().stream()
        .filter(repair -> repair.kind().equals("Firewall"))
        .mapToLong(NodeReportStatus.Repair::count)
        .sum();
  }

  /** Waits for the Event that tells of such repairs, which is on the Node. */
  void awaitRepairEvent(Machine node) {
    Eventually.within(
        30,
        () ->
            assertThat(
                    cluster
                        .kubectl(
                            "get",
                            "events",
                            "--all-namespaces",
                            "--field-selector",
                            "reason=FirewallRepaired,involvedObject.kind=Node,involvedObject.name="
                                + node.name())
                        .text())
                .contains("FirewallRepaired"));
  }
}
