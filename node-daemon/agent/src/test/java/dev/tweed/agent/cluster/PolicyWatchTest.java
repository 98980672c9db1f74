package dev.tweed.agent.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tweed.agent.api.ApiAccess;
import dev.tweed.agent.api.ApiClient;
import dev.tweed.agent.api.RetryPauses;
import dev.tweed.crds.Condition;
import dev.tweed.crds.NodePolicy;
import dev.tweed.crds.NodePolicySpec;
import dev.tweed.crds.NodePolicyStatus;
import dev.tweed.crds.PeerSlice;
import dev.tweed.crds.PeerSliceName;
import dev.tweed.crds.PeerSliceSpec;
import dev.tweed.crds.PolicyProgram;
import dev.tweed.crds.PolicyProgramSpec;
import dev.tweed.crds.TweedApi;
import dev.tweed.crds.testing.ApiServer;
import dev.tweed.crds.testing.ApiServerExtension;
import dev.tweed.policy.PolicyNames;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** What policies are compiled to, as a real API server serves it. */
@Tag("api-server")
@ExtendWith(ApiServerExtension.class)
class PolicyWatchTest {

  private static final String NODE = "policy-watch";
  private static final Duration SOON = Duration.ofSeconds(20);
  private static final String PROGRAM = PolicyNames.program("watched");
  private static final String OTHER = PolicyNames.program("not watched");
  private static final String SET = PolicyNames.peerSet("watched");

  private final List<HasMetadata> made = new ArrayList<>();
  private ApiServer server;
  private ApiClient client;
  private RetryPauses pauses;
  private PolicyWatch watch;

  @BeforeEach
  void open(ApiServer server) {
    this.server = server;
    client =
        ApiClient.open(
            new ApiAccess(Optional.of(server.kubeconfig()), Optional.empty(), Path.of("/none")),
            Map.of(),
            "test");
    pauses = new RetryPauses(() -> {}, System::nanoTime);
    watch = new PolicyWatch(client, NODE, pauses, Duration.ofSeconds(30), () -> {});
    watch.start();
  }

  @AfterEach
  void close() {
    watch.close();
    pauses.close();
    client.close();
    made.forEach(object -> server.admin().resource(object).delete());
  }

  @Test
  void aDaemonSeesWhatItsPodsNeedAndNothingElse() {
    await().atMost(SOON).until(() -> watch.view().listing() == ClusterView.Listing.RECEIVED);
    assertThat(watch.view().node()).isEmpty();

    slice(PeerSliceName.NAMESPACES, new PeerSliceSpec(1, List.of(), List.of(), true));
    slice(SET, new PeerSliceSpec(1, List.of("10.244.1.2"), List.of(), null));
    program(PROGRAM);
    program(OTHER);
    nodePolicy();
    await()
        .atMost(SOON)
        .until(
            () ->
                watch.view().node().isPresent()
                    && watch
                        .view()
                        .slices()
                        .keySet()
                        .contains(new PeerSliceName(PeerSliceName.NAMESPACES, 0)));
    assertThat(watch.view().node().orElseThrow().pods().getFirst().programs())
        .containsExactly(PROGRAM);
    assertThat(watch.view().programs()).isEmpty();

    await().atMost(SOON).until(() -> watch.follow(Set.of(PROGRAM), Set.of(SET)));

    assertThat(watch.view().programs()).containsOnlyKeys(PROGRAM);
    assertThat(watch.view().programs().get(PROGRAM).orElseThrow().policy().generation())
        .isEqualTo(1);
    assertThat(watch.view().slices())
        .containsOnlyKeys(
            new PeerSliceName(PeerSliceName.NAMESPACES, 0), new PeerSliceName(SET, 0));

    // A name more is another watch; what was known stays.
    await().atMost(SOON).until(() -> watch.follow(Set.of(PROGRAM, OTHER), Set.of(SET)));
    assertThat(watch.view().programs()).containsOnlyKeys(PROGRAM, OTHER);

    // And nothing is no watch.
    assertThat(watch.follow(Set.of(), Set.of())).isTrue();
    assertThat(watch.view().programs()).isEmpty();
  }

  @Test
  void theStatusIsApplied() {
    NodePolicyStatusApi api = new NodePolicyStatusApi(client.channel(), NODE);
    NodePolicyStatus status =
        new NodePolicyStatus(
            1L,
            List.of(new Condition("Enforced", "True", "InForce", "", "2026-01-01T00:00:00Z", 1L)),
            1,
            0,
            7L,
            List.of(new NodePolicyStatus.ProgramState(PROGRAM, 1L, 1, 3L)),
            List.of());
    assertThat(api.apply(status)).as("there is none").isFalse();
    nodePolicy();

    assertThat(api.apply(status)).isTrue();
    assertThat(api.apply(status)).isTrue();

    assertThat(server.admin().resources(NodePolicy.class).withName(NODE).get().getStatus())
        .isEqualTo(status);
  }

  private void nodePolicy() {
    NodePolicy policy = new NodePolicy();
    policy.setMetadata(new ObjectMetaBuilder().withName(NODE).build());
    policy.setSpec(
        new NodePolicySpec(
            List.of(new NodePolicySpec.PodClass("c-0", List.of(PROGRAM))),
            List.of(new NodePolicySpec.Pod("uid-1", "c-0", List.of("10.244.1.2"), List.of()))));
    create(policy);
  }

  private void program(String name) {
    PolicyProgram program = new PolicyProgram();
    program.setMetadata(
        new ObjectMetaBuilder()
            .withName(name)
            .withLabels(Map.of(TweedApi.PROGRAM_LABEL, name))
            .build());
    program.setSpec(
        new PolicyProgramSpec(
            PolicyProgramSpec.FORMAT,
            new PolicyProgramSpec.Policy(
                PolicyProgramSpec.PolicyKind.NetworkPolicy, "uid-of-" + name, 1L),
            PolicyProgramSpec.Tier.NetworkPolicy,
            null,
            List.of(PolicyProgramSpec.Direction.Ingress),
            List.of(),
            List.of()));
    create(program);
  }

  private void slice(String set, PeerSliceSpec spec) {
    PeerSlice slice = new PeerSlice();
    slice.setMetadata(
        new ObjectMetaBuilder()
            .withName(set + "-0")
            .withLabels(Map.of(TweedApi.PEERS_LABEL, set))
            .build());
    slice.setSpec(spec);
    create(slice);
  }

  private void create(HasMetadata object) {
    made.add(server.admin().resource(object).create());
  }
}
