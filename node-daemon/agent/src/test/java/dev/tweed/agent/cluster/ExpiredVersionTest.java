package dev.tweed.agent.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tweed.agent.api.ApiAccess;
import dev.tweed.agent.api.ApiBackoff;
import dev.tweed.agent.api.ApiClient;
import dev.tweed.agent.api.ListWatch;
import dev.tweed.crds.NodeSubnet;
import dev.tweed.crds.NodeSubnetSpec;
import dev.tweed.crds.testing.ApiServer;
import dev.tweed.crds.testing.ApiServerExtension;
import dev.tweed.crds.testing.KillableApiServer;
import io.fabric8.kubernetes.api.model.ListOptions;
import io.fabric8.kubernetes.api.model.ListOptionsBuilder;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinition;
import io.fabric8.kubernetes.api.model.apiextensions.v1.JSONSchemaProps;
import io.fabric8.kubernetes.api.model.apiextensions.v1.JSONSchemaPropsBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.Watch;
import io.fabric8.kubernetes.client.Watcher;
import io.fabric8.kubernetes.client.WatcherException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** What leaves a watch with a version that the API server does not know any more. */
@Tag("api-server")
@ExtendWith(ApiServerExtension.class)
class ExpiredVersionTest {

  /** Longer than the longest pause between two attempts at a server that begins by refusing. */
  private static final Duration SOON = ApiBackoff.LONGEST.multipliedBy(2);

  private static final String BEFORE = "10-244-91-0-24";
  private static final String MEANWHILE = "10-244-92-0-24";
  private static final String AFTER = "10-244-93-0-24";

  @AutoClose private static KillableApiServer watched;

  private KubernetesClient admin;
  private ApiConnection watch;

  @BeforeAll
  static void startServer(ApiServer server) {
    watched = server.killable();
  }

  @BeforeEach
  void watch(ApiServer server) {
    admin = server.admin();
    create(BEFORE);
    watch =
        new ApiConnection(
            ApiClient.open(
                new ApiAccess(
                    Optional.of(server.kubeconfig()), Optional.of(watched.url()), Path.of("/none")),
                Map.of(),
                "test"),
            "n1",
            InstantSource.system(),
            ListWatch.RENEWAL);
    watch.start(() -> {}, contact -> {});
    awaitSubnets(BEFORE);
  }

  @AfterEach
  void stop() {
    watch.close();
    admin.resources(NodeSubnet.class).delete();
  }

  @Test
  void anApiServerThatWasKilledAndIsBackIsFollowed() {
    watched.kill();
    create(MEANWHILE);
    watched.start();
    create(AFTER);

    awaitSubnets(BEFORE, MEANWHILE, AFTER);
  }

  @Test
  void anObjectMadeAfterItsCrdWasReplacedIsSeen() {
    CountDownLatch expired = new CountDownLatch(1);
    try (Watch sameVersion =
        watched.admin().resources(NodeSubnet.class).watch(now(), told(expired))) {
      schema(spec -> spec.put("added", new JSONSchemaPropsBuilder().withType("string").build()));
      // Until then the watches of the CRD as it was go on.
      await().atMost(SOON).until(() -> expired.getCount() == 0);
      create(AFTER);

      awaitSubnets(BEFORE, AFTER);
    } finally {
      schema(spec -> spec.remove("added"));
    }
  }

  private void awaitSubnets(String... names) {
    await()
        .atMost(SOON)
        .untilAsserted(
            () ->
                assertThat(watch.view().subnets())
                    .extracting(SubnetRecord::name)
                    .containsExactlyInAnyOrder(names));
  }

  private void create(String name) {
    admin.resource(subnet(name)).create();
  }

  private static ListOptions now() {
    return new ListOptionsBuilder()
        .withResourceVersion(
            watched.admin().resources(NodeSubnet.class).list().getMetadata().getResourceVersion())
        .build();
  }

  private static Watcher<NodeSubnet> told(CountDownLatch expired) {
    return new Watcher<>() {
      @Override
      public void eventReceived(Action action, NodeSubnet subnet) {}

      @Override
      public void onClose(WatcherException cause) {
        if (cause.isHttpGone()) {
          expired.countDown();
        }
      }
    };
  }

  private void schema(Consumer<Map<String, JSONSchemaProps>> change) {
    admin
        .apiextensions()
        .v1()
        .customResourceDefinitions()
        .withName("nodesubnets.tweed.dev")
        .edit(
            crd -> {
              change.accept(spec(crd));
              return crd;
            });
  }

  private static Map<String, JSONSchemaProps> spec(CustomResourceDefinition crd) {
    return crd.getSpec()
        .getVersions()
        .getFirst()
        .getSchema()
        .getOpenAPIV3Schema()
        .getProperties()
        .get("spec")
        .getProperties();
  }

  private static NodeSubnet subnet(String name) {
    String number = name.split("-")[2];
    NodeSubnet subnet = new NodeSubnet();
    subnet.setMetadata(new ObjectMetaBuilder().withName(name).build());
    subnet.setSpec(
        new NodeSubnetSpec(
            "expired",
            "n" + number,
            "uid",
            "10.244." + number + ".0/24",
            List.of("192.0.2." + number),
            "02:00:00:00:00:" + number));
    return subnet;
  }
}
