package dev.tweed.crds;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.tweed.crds.testing.ApiServer;
import dev.tweed.crds.testing.ApiServerExtension;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.client.CustomResource;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** What people and programs get from the API server for our kinds. */
@Tag("api-server")
@ExtendWith(ApiServerExtension.class)
class ServedKindsTest {

  private static final String SINCE = "2026-01-01T00:00:00Z";

  private final List<HasMetadata> created = new ArrayList<>();
  private KubernetesClient client;

  @BeforeEach
  void connect(KubernetesClient client) {
    this.client = client;
  }

  @AfterEach
  void deleteWhatWasCreated() {
    created.forEach(object -> client.resource(object).delete());
  }

  @Test
  void theSchemaDefaultsAreThoseOfTheRecords() {
    PodNetworkSpec spec = podNetworkSpec();

    // The records fill in what is absent; this sends only what a person must write.
    String minimal =
        """
        apiVersion: tweed.dev/v1alpha1
        kind: PodNetwork
        metadata: {name: served}
        spec:
          pools:
          - {cidr: 10.244.0.0/16, nodePrefixLength: 24}
        """;
    GenericKubernetesResource stored =
        client
            .resource(
                client
                    .getKubernetesSerialization()
                    .unmarshal(minimal, GenericKubernetesResource.class))
            .create();
    created.add(stored);

    Map<String, Object> defaults = stored.get("spec");
    assertThat(defaults)
        .containsEntry("allocation", "Operator")
        .doesNotContainKeys("mtu", "reservations")
        .containsEntry("hostFirewall", "Auto")
        .containsEntry("fastPath", "Auto")
        .containsEntry("bridge", Map.of("name", "tweed-br0", "hairpin", true))
        .containsEntry("masquerade", Map.of("enabled", true, "fullyRandom", true))
        .containsEntry("backend", Map.of("type", "VXLAN"));
    assertThat(stored.<Object>get("status"))
        .as("nothing that would have to be waited for")
        .isNull();
    assertThat(client.resources(PodNetwork.class).withName("served").get().getSpec())
        .isEqualTo(spec);
  }

  /** Argo CD compares lists as a whole, so nothing may be added to the items of one. */
  @Test
  void rulesAreStoredAsWrittenAndAbsentLoggingReadsAsNone() {
    Map<String, Object> rule = Map.of("name", "ssh", "direction", "In", "action", "Allow");
    GenericKubernetesResource policy =
        client
            .getKubernetesSerialization()
            .unmarshal(
                """
                apiVersion: tweed.dev/v1alpha1
                kind: FirewallPolicy
                metadata: {name: served}
                spec:
                  nodeSelector: {}
                  rules:
                  - {name: ssh, direction: In, action: Allow}
                """,
                GenericKubernetesResource.class);

    GenericKubernetesResource stored = client.resource(policy).create();
    created.add(stored);

    assertThat(stored.<Object>get("spec", "rules")).isEqualTo(List.of(rule));
    assertThat(client.resources(FirewallPolicy.class).withName("served").get().getSpec().rules())
        .allSatisfy(read -> assertThat(read.log()).isEqualTo(FirewallPolicySpec.Log.None));
  }

  @Test
  void daemonsFindTheirOwnSubnetsByNodeName() {
    create(nodeSubnet("10.244.3.0/24", "node-1"));
    create(nodeSubnet("10.244.4.0/24", "node-2"));

    assertThat(
            client
                .resources(NodeSubnet.class)
                .withField("spec.nodeName", "node-2")
                .list()
                .getItems())
        .extracting(subnet -> subnet.getSpec().cidr())
        .containsExactly("10.244.4.0/24");
  }

  @Test
  void theSecondClaimOfABlockConflicts() {
    create(nodeSubnet("10.244.3.0/24", "node-1"));

    assertThat(
            catchThrowableOfType(
                    KubernetesClientException.class,
                    () -> client.resource(nodeSubnet("10.244.3.0/24", "node-2")).create())
                .getCode())
        .isEqualTo(409);
  }

  @Test
  void twoWritersOfConditionsKeepEachOthers() {
    create(named(new NodeReport(), "node-1", new NodeReportSpec()));

    applyStatus("one", "Ready");
    applyStatus("two", "PortInUse");

    assertThat(
            client
                .resources(NodeReport.class)
                .withName("node-1")
                .get()
                .getStatus()
                .conditions()
                .stream()
                .map(Condition::type))
        .containsExactlyInAnyOrder("Ready", "PortInUse");
  }

  @Test
  void kubectlGetTellsTheStoryOfANetwork(ApiServer server) throws Exception {
    PodNetwork network = create(named(new PodNetwork(), "served", podNetworkSpec()));
    network.setStatus(
        new PodNetworkStatus(
            1L,
            List.of(
                ready(),
                new Condition("Progressing", "False", "AsExpected", "", SINCE, 1L),
                new Condition("Degraded", "True", "NodesNotReady", "", SINCE, 1L)),
            List.of(poolUse("10.244.0.0/16", 3, false)),
            new PodNetworkStatus.NodeCounts(3, 3, 2),
            3,
            253L,
            new PodNetworkStatus.MtuRange(1400, 1450)));
    client.resource(network).updateStatus();

    assertThat(kubectl(server, "get", "pnet"))
        .containsExactly(
            "NAME BACKEND NODES READY-NODES FREE-BLOCKS READY PROGRESSING DEGRADED AGE",
            "served VXLAN 3 2 253 True False True *");
    assertThat(kubectl(server, "get", "pnet", "-o", "wide"))
        .containsExactly(
            "NAME BACKEND NODES READY-NODES FREE-BLOCKS READY PROGRESSING DEGRADED REASON FIRST-POOL"
                + " LOWEST-MTU AGE",
            "served VXLAN 3 2 253 True False True NodesNotReady 10.244.0.0/16 1400 *");
  }

  private static PodNetworkStatus.PoolUse poolUse(String cidr, long allocated, boolean disabled) {
    return new PodNetworkStatus.PoolUse(
        cidr, 256L, allocated, 0L, disabled ? 0 : 256L - allocated, disabled ? true : null);
  }

  @Test
  void aPoolIsRemovedWhenItIsDisabledAndEmptyAndNotBefore() {
    // Given a network of two pools, one of them disabled
    PodNetwork network =
        create(
            named(
                new PodNetwork(),
                "served",
                PodNetworkSpec.ofPools(
                    List.of(
                        new PodNetworkSpec.Pool("10.244.0.0/16", 24, null),
                        new PodNetworkSpec.Pool("10.245.0.0/16", 24, null, null, true)))));

    // Then it stays while the operator has not said so, or a node holds a block of it
    assertThat(refusalOfRemoval(null)).contains("spec.pools lacks a pool");
    assertThat(refusalOfRemoval(poolUse("10.245.0.0/16", 0, false))).contains("lacks a pool");
    assertThat(refusalOfRemoval(poolUse("10.245.0.0/16", 1, true))).contains("lacks a pool");
    assertThat(refusalOfRemoval(poolUse("10.244.0.0/16", 0, true))).contains("lacks a pool");

    // And goes when none does
    writeStatus(poolUse("10.245.0.0/16", 0, true));
    assertThat(client.resource(withoutSecondPool()).update().getSpec().pools()).hasSize(1);
    assertThat(network.getSpec().pools()).hasSize(2);
  }

  private String refusalOfRemoval(PodNetworkStatus.PoolUse use) {
    if (use != null) {
      writeStatus(use);
    }
    return catchThrowableOfType(
            KubernetesClientException.class, () -> client.resource(withoutSecondPool()).update())
        .getMessage();
  }

  private void writeStatus(PodNetworkStatus.PoolUse use) {
    PodNetwork network = client.resources(PodNetwork.class).withName("served").get();
    network.setStatus(new PodNetworkStatus(1L, null, List.of(use), null, null, null, null));
    client.resource(network).updateStatus();
  }

  private PodNetwork withoutSecondPool() {
    PodNetwork network = client.resources(PodNetwork.class).withName("served").get();
    network.setSpec(PodNetworkSpec.ofPools(network.getSpec().pools().subList(0, 1)));
    return network;
  }

  @Test
  void kubectlGetTellsTheStoryOfASubnet(ApiServer server) throws Exception {
    create(nodeSubnet("10.244.3.0/24", "node-1"));

    assertThat(kubectl(server, "get", "nsub"))
        .containsExactly(
            "NAME NODE CIDR NETWORK NODE-IP AGE",
            "10-244-3-0-24 node-1 10.244.3.0/24 served 192.0.2.1 *");
  }

  @Test
  void theStatusThatOlderDaemonsWroteIntoASubnetIsNoObstacle(ApiServer server) throws Exception {
    // Given a manifest of an older version
    GenericKubernetesResource old =
        Serialization.unmarshal(
            Serialization.asYaml(nodeSubnet("10.244.3.0/24", "node-1"))
                + """
                status:
                  observedGeneration: 1
                  mtu: 1450
                  conditions:
                    - {type: Ready, status: "True", reason: Programmed, message: m,
                       lastTransitionTime: "2026-01-01T00:00:00Z"}
                """,
            GenericKubernetesResource.class);
    created.add(client.resource(old).create());

    // Then nothing is left of that, and a daemon of that version is told that it cannot write it
    assertThat(
            client
                .genericKubernetesResources("tweed.dev/v1alpha1", "NodeSubnet")
                .withName("10-244-3-0-24")
                .get()
                .<Object>get("status"))
        .isNull();
    assertThat(
            catchThrowableOfType(
                    KubernetesClientException.class,
                    () ->
                        client
                            .genericKubernetesResources("tweed.dev/v1alpha1", "NodeSubnet")
                            .withName("10-244-3-0-24")
                            .subresource("status")
                            .patch(PatchContext.of(PatchType.JSON_MERGE), "{\"status\":{}}"))
                .getCode())
        .isEqualTo(404);
    // And what an API server with the CRD of that version sends can be read
    assertThat(
            Serialization.unmarshal(Serialization.asYaml(old), NodeSubnet.class).getSpec().cidr())
        .isEqualTo("10.244.3.0/24");
  }

  @Test
  void kubectlGetTellsTheStoryOfAPolicy(ApiServer server) throws Exception {
    FirewallPolicy policy =
        create(
            named(
                new FirewallPolicy(),
                "ssh",
                new FirewallPolicySpec(
                    LabelSelector.everything(),
                    null,
                    null,
                    null,
                    null,
                    List.of(
                        new FirewallPolicySpec.Rule(
                            "ssh",
                            FirewallPolicySpec.Direction.In,
                            FirewallPolicySpec.Action.Limit,
                            FirewallPolicySpec.Protocol.TCP,
                            null,
                            List.of(new FirewallPolicySpec.Port(22, null)),
                            null,
                            null,
                            null,
                            null,
                            null,
                            null)))));
    policy.setStatus(
        new FirewallPolicyStatus(
            1L,
            List.of(
                new Condition("Accepted", "True", "Accepted", "", SINCE, 1L),
                new Condition("Applied", "False", "WouldLockOut", "", SINCE, 1L),
                new Condition("Ready", "False", "WouldLockOut", "", SINCE, 1L)),
            3,
            2,
            List.of(new FirewallPolicyStatus.Failure("node-2", "WouldLockOut", "rule ssh"))));
    client.resource(policy).updateStatus();

    assertThat(kubectl(server, "get", "fwp"))
        .containsExactly(
            "NAME PRIORITY MODE SELECTED APPLIED-NODES ACCEPTED APPLIED READY AGE",
            "ssh 100 Enforce 3 2 True False False *");
    assertThat(kubectl(server, "get", "fwp", "-o", "wide"))
        .containsExactly(
            "NAME PRIORITY MODE SELECTED APPLIED-NODES ACCEPTED APPLIED READY REASON AGE",
            "ssh 100 Enforce 3 2 True False False WouldLockOut *");
  }

  @Test
  void kubectlGetTellsTheStoryOfANode(ApiServer server) throws Exception {
    NodeReport report = create(named(new NodeReport(), "node-1", new NodeReportSpec()));
    report.setStatus(
        new NodeReportStatus(
            List.of(ready(), new Condition("Reachable", "Unknown", "Probing", "", SINCE, null)),
            "served",
            List.of("10.244.3.0/24"),
            List.of(new NodeReportStatus.ObservedSubnet("10-244-3-0-24", "uid", 1L)),
            new NodeReportStatus.Versions("0.1.0", "6.12.0", "1.1.3", "1.9.1"),
            new NodeReportStatus.DataPath("tweed.1", 1450, "eth0", "192.0.2.1", 3, 2),
            null,
            new NodeReportStatus.Firewall("ufw", "Active", "seen", "ufw", "it is active", 14, null),
            List.of(),
            List.of(new NodeReportStatus.Finding("TooManyPolicies", "", "", "")),
            List.of(),
            List.of(),
            null,
            null,
            new NodeReportStatus.FastPath("Off", "KernelTooOld", "the kernel is 6.1.0")));
    client.resource(report).updateStatus();

    assertThat(kubectl(server, "get", "nrep"))
        .containsExactly(
            "NAME NETWORK DEVICE MTU PEERS EXPECTED FIREWALL BACKEND RULES REACHABLE READY AGE",
            "node-1 served tweed.1 1450 2 3 ufw ufw 14 Unknown True *");
    assertThat(kubectl(server, "get", "nrep", "-o", "wide"))
        .containsExactly(
            "NAME NETWORK DEVICE MTU PEERS EXPECTED FIREWALL BACKEND RULES"
                + " FAST-PATH SLOW-REASON STATE KERNEL REACHABLE READY REASON FINDING AGE",
            "node-1 served tweed.1 1450 2 3 ufw ufw 14 Off KernelTooOld Active 6.12.0 Unknown True Programmed"
                + " TooManyPolicies *");
  }

  @Test
  void kubectlGetTweedListsWhatPeopleLookAt(ApiServer server) throws Exception {
    create(named(new NodeReport(), "node-1", new NodeReportSpec()));
    create(named(new PodNetwork(), "served", podNetworkSpec()));
    create(nodeSubnet("10.244.3.0/24", "node-1"));
    create(named(new NodePolicy(), "node-1", new NodePolicySpec(null, null)));
    create(report("default-deny"));
    create(
        named(
            new PeerSlice(),
            "s-0123456789abcdef0123-0",
            new PeerSliceSpec(1, List.of(), List.of(), null)));

    assertThat(kubectl(server, "get", "tweed", "-o", "name"))
        .containsExactlyInAnyOrder(
            "nodereport.tweed.dev/node-1",
            "nodepolicy.tweed.dev/node-1",
            "networkpolicyreport.tweed.dev/default-deny",
            "podnetwork.tweed.dev/served",
            "nodesubnet.tweed.dev/10-244-3-0-24");
  }

  @Test
  void kubectlGetTellsWhetherANetworkPolicyIsInForce(ApiServer server) throws Exception {
    NetworkPolicyReport report = create(report("default-deny"));
    report.setStatus(
        new NetworkPolicyReportStatus(
            3L,
            List.of(new Condition("Enforced", "True", "Enforced", "", SINCE, 3L)),
            12,
            "3/3",
            7L,
            "p-0123456789abcdef0123",
            List.of()));
    client.resource(report).updateStatus();

    assertThat(kubectl(server, "get", "npr").stream().map(l -> l.replaceAll(" \\d+d ", " * ")))
        .containsExactly(
            "NAME PODS NODES ENFORCED SINCE DROPS AGE", "default-deny 12 3/3 True * 7 *");
    assertThat(kubectl(server, "get", "npr", "-o", "wide").getFirst())
        .isEqualTo("NAME PODS NODES ENFORCED SINCE DROPS REASON PROGRAM AGE");
    assertThat(
            kubectl(server, "wait", "npr/default-deny", "--for=condition=Enforced", "--timeout=5s"))
        .containsExactly("networkpolicyreport.tweed.dev/default-deny condition met");
  }

  @Test
  void kubectlGetTellsWhatANodeEnforces(ApiServer server) throws Exception {
    NodePolicy policy = create(named(new NodePolicy(), "node-1", new NodePolicySpec(null, null)));
    policy.setStatus(
        new NodePolicyStatus(
            1L,
            List.of(new Condition("Enforced", "False", "PodsWaitForPolicy", "", SINCE, 1L)),
            20,
            2,
            9L,
            List.of(new NodePolicyStatus.ProgramState("p-0123456789abcdef0123", 3L, 4, 9L)),
            List.of("s-0123456789abcdef0123")));
    client.resource(policy).updateStatus();

    assertThat(kubectl(server, "get", "nodepol").stream().map(l -> l.replaceAll(" \\d+d ", " * ")))
        .containsExactly("NAME PODS WAITING DROPS ENFORCED SINCE AGE", "node-1 20 2 9 False * *");
  }

  @Test
  void daemonsFindTheSlicesAndProgramsTheyNeed() {
    String set = "s-0123456789abcdef0123";
    PeerSlice slice =
        named(new PeerSlice(), set + "-0", new PeerSliceSpec(1, List.of(), List.of(), null));
    slice.getMetadata().setLabels(Map.of(TweedApi.PEERS_LABEL, set));
    create(slice);
    create(
        named(new PeerSlice(), "namespaces-0", new PeerSliceSpec(1, List.of(), List.of(), true)));

    assertThat(
            client
                .resources(PeerSlice.class)
                .withLabelIn(TweedApi.PEERS_LABEL, set, "s-ffffffffffffffffffff")
                .list()
                .getItems())
        .extracting(s -> s.getMetadata().getName())
        .containsExactly(set + "-0");
  }

  @Test
  void kubectlExplainDescribesAField(ApiServer server) throws Exception {
    assertThat(String.join(" ", kubectl(server, "explain", "podnetwork.spec.mtu")))
        .contains("minus the overhead of the encapsulation");
  }

  private void applyStatus(String manager, String type) {
    NodeReport report = named(new NodeReport(), "node-1", new NodeReportSpec());
    report.setStatus(
        new NodeReportStatus(
            List.of(new Condition(type, "True", "Seen", "", SINCE, null)),
            null,
            null,
            null,
            null,
            null,
            null,
            null,
            null,
            null,
            null,
            null,
            null,
            null,
            null));
    client
        .resource(report)
        .subresource("status")
        .patch(
            new PatchContext.Builder()
                .withPatchType(PatchType.SERVER_SIDE_APPLY)
                .withFieldManager(manager)
                .build());
  }

  private static PodNetworkSpec podNetworkSpec() {
    return PodNetworkSpec.ofPools(List.of(new PodNetworkSpec.Pool("10.244.0.0/16", 24, null)));
  }

  private static NodeSubnet nodeSubnet(String cidr, String node) {
    return named(
        new NodeSubnet(),
        NodeSubnetName.of(cidr).value(),
        new NodeSubnetSpec(
            "served", node, "uid-1", cidr, List.of("192.0.2.1"), "0a:58:0a:f4:03:00"));
  }

  private static NetworkPolicyReport report(String name) {
    NetworkPolicyReport report =
        named(new NetworkPolicyReport(), name, new NetworkPolicyReportSpec());
    report.getMetadata().setNamespace("default");
    return report;
  }

  private static Condition ready() {
    return new Condition("Ready", "True", "Programmed", "", SINCE, 1L);
  }

  private static <S, K extends CustomResource<S, ?>> K named(K object, String name, S spec) {
    object.setMetadata(new ObjectMetaBuilder().withName(name).build());
    object.setSpec(spec);
    return object;
  }

  private <T extends HasMetadata> T create(T object) {
    T stored = client.resource(object).create();
    created.add(stored);
    return stored;
  }

  /** Lines of kubectl's output with single spaces, and a star for the age. */
  private static List<String> kubectl(ApiServer server, String... arguments)
      throws IOException, InterruptedException {
    Path binary =
        ApiServer.directory()
            .orElseThrow()
            .resolve("k8s/" + ApiServer.VERSION + "-linux-amd64/kubectl");
    List<String> command = new ArrayList<>(List.of(binary.toString()));
    command.add("--kubeconfig=" + server.kubeconfig());
    // The default one may hold what another server on this port knew, for six hours.
    command.add("--cache-dir=" + server.kubeconfig().resolveSibling("kubectl-cache"));
    command.addAll(List.of(arguments));
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as(output).isZero();
    return output
        .lines()
        .filter(line -> !line.isBlank())
        .map(line -> line.strip().replaceAll(" +", " ").replaceAll(" \\d+s$", " *"))
        .toList();
  }
}
