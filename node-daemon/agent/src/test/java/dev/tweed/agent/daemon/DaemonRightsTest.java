package dev.tweed.agent.daemon;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tweed.crds.FirewallPolicySpec;
import dev.tweed.crds.FirewallPolicySpec.Action;
import dev.tweed.crds.FirewallPolicySpec.Direction;
import dev.tweed.crds.NodePolicy;
import dev.tweed.crds.NodePolicySpec;
import dev.tweed.crds.NodeReport;
import dev.tweed.crds.PeerSlice;
import dev.tweed.crds.PeerSliceSpec;
import dev.tweed.crds.PolicyProgram;
import dev.tweed.crds.PolicyProgramSpec;
import dev.tweed.crds.TweedApi;
import dev.tweed.crds.testing.ApiServer;
import dev.tweed.crds.testing.ApiServerExtension;
import dev.tweed.crds.testing.AuditLog;
import dev.tweed.crds.testing.Permission;
import dev.tweed.policy.PolicyNames;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.api.model.authentication.TokenRequestBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/**
 * A daemon lives and ends as the ServiceAccount that the chart makes, by a token bound to its node;
 * then its rights are compared with what the API server has noted of its requests.
 */
@Tag("api-server")
@Tag("kernel")
@ExtendWith(ApiServerExtension.class)
class DaemonRightsTest {
  private static final Duration SOON = Duration.ofSeconds(60);
  private static final String NAMESPACE = "tweed-system";
  private static final String LEASES = "tweed-node-lease";
  private static final Path MANIFESTS = Path.of("../../helm/manifests/tweed.yaml");
  private static final Set<String> OBJECTS = Set.of("tweed-node", "tweed-own-node-only");

  @Test
  void everyRightIsUsedAndNothingIsRefused(ApiServer server, @TempDir Path directory)
      throws Exception {
    KubernetesClient admin = server.admin();
    Cluster cluster = new Cluster(admin);
    List<HasMetadata> chart = ofTheDaemon(admin);
    for (String namespace : List.of(NAMESPACE, LEASES)) {
      admin
          .resource(
              new NamespaceBuilder().withNewMetadata().withName(namespace).endMetadata().build())
          .serverSideApply();
    }
    chart.forEach(object -> admin.resource(object).forceConflicts().serverSideApply());
    AuditLog audit = server.audit();

    cluster.node("n1");
    cluster.network();
    cluster.subnet(1, "n1");
    cluster.subnet(2, "n2");
    try (TestDaemon daemon = new TestDaemon("n1", 1, directory, kubeconfig(server, directory))) {
      daemon.withLeasesIn(LEASES);
      daemon.start();
      await().atMost(SOON).until(daemon::ready);
      await().atMost(SOON).until(() -> report(admin) != null && report(admin).getStatus() != null);
      await()
          .atMost(SOON)
          .until(() -> admin.leases().inNamespace(LEASES).withName("n1").get() != null);
      List<HasMetadata> policies = policies();
      policies.forEach(object -> admin.resource(object).create());
      await()
          .atMost(SOON)
          .until(() -> admin.resources(NodePolicy.class).withName("n1").get().getStatus() != null);
      policies.forEach(object -> admin.resource(object).delete());
      FirewallPolicySpec deny = Cluster.rule("discard", Direction.Out, Action.Deny, "9");
      cluster.policy(
          "tried",
          new FirewallPolicySpec(
              deny.nodeSelector(), null, FirewallPolicySpec.Mode.Audit, null, null, deny.rules()));
      await()
          .atMost(SOON)
          .until(
              () -> {
                daemon.netns.sh("timeout 0.2 bash -c '>/dev/tcp/192.0.2.77/9' || true");
                return !admin.v1().events().inNamespace("default").list().getItems().isEmpty();
              });
    } finally {
      cluster.close();
      admin.leases().inNamespace(LEASES).delete();
      admin.v1().events().inNamespace("default").delete();
    }

    List<AuditLog.Request> requests = audit.of("tweed-node");
    assertThat(requests).filteredOn(AuditLog.Request::isRefused).as("refused").isEmpty();
    assertThat(chart.stream().flatMap(Permission::of))
        .isNotEmpty()
        .filteredOn(right -> requests.stream().noneMatch(right::isNeededFor))
        .as("never used")
        .isEmpty();
  }

  /** A pod of the node that a policy selects, which allows members of a set. */
  private static List<HasMetadata> policies() {
    String name = PolicyNames.program("uid");
    String set = PolicyNames.peerSet("set");
    PeerSlice slice = new PeerSlice();
    slice.setMetadata(named(set + "-0", TweedApi.PEERS_LABEL, set));
    slice.setSpec(new PeerSliceSpec(1, List.of("10.244.2.7"), List.of(), null));
    PolicyProgram program = new PolicyProgram();
    program.setMetadata(named(name, TweedApi.PROGRAM_LABEL, name));
    program.setSpec(
        new PolicyProgramSpec(
            PolicyProgramSpec.FORMAT,
            new PolicyProgramSpec.Policy(PolicyProgramSpec.PolicyKind.NetworkPolicy, "uid", 1L),
            PolicyProgramSpec.Tier.NetworkPolicy,
            null,
            List.of(PolicyProgramSpec.Direction.Ingress),
            List.of(
                new PolicyProgramSpec.Rule(
                    0,
                    PolicyProgramSpec.Action.Accept,
                    true,
                    List.of(),
                    new PolicyProgramSpec.Peers(null, null, List.of(set), List.of()))),
            List.of()));
    NodePolicy policy = new NodePolicy();
    policy.setMetadata(new ObjectMetaBuilder().withName("n1").build());
    policy.setSpec(
        new NodePolicySpec(
            List.of(new NodePolicySpec.PodClass("c-0", List.of(name))),
            List.of(new NodePolicySpec.Pod("pod", "c-0", List.of("10.244.1.7"), List.of()))));
    return List.of(slice, program, policy);
  }

  private static ObjectMeta named(String name, String label, String value) {
    return new ObjectMetaBuilder().withName(name).withLabels(Map.of(label, value)).build();
  }

  private static List<HasMetadata> ofTheDaemon(KubernetesClient client) throws IOException {
    try (InputStream yaml = Files.newInputStream(MANIFESTS)) {
      return client.load(yaml).items().stream()
          .filter(object -> !object.getKind().equals("DaemonSet"))
          .filter(object -> OBJECTS.contains(object.getMetadata().getName()))
          .toList();
    }
  }

  private static NodeReport report(KubernetesClient admin) {
    return admin.resources(NodeReport.class).withName("n1").get();
  }

  private static Path kubeconfig(ApiServer server, Path directory) throws IOException {
    String token =
        server
            .admin()
            .serviceAccounts()
            .inNamespace(NAMESPACE)
            .withName("tweed-node")
            .tokenRequest(
                new TokenRequestBuilder()
                    .withNewSpec()
                    .withExpirationSeconds(3600L)
                    .withNewBoundObjectRef()
                    .withApiVersion("v1")
                    .withKind("Node")
                    .withName("n1")
                    .endBoundObjectRef()
                    .endSpec()
                    .build())
            .getStatus()
            .getToken();
    return Files.writeString(
        directory.resolve("kubeconfig"),
        Files.readString(server.kubeconfig())
            .replaceAll("(?m)^(\\s*)client-certificate(-data)?:.*$", "$1token: " + token)
            .replaceAll("(?m)^\\s*client-key(-data)?:.*$\\n?", ""));
  }
}
