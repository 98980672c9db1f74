package dev.tweed.crds.testing;

import io.fabric8.kubeapitest.KubeAPIServer;
import io.fabric8.kubeapitest.KubeAPIServerConfigBuilder;
import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinition;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.stream.Stream;

/**
 * A real kube-apiserver with its etcd on loopback, with RBAC on and Tweed's CRDs established. There
 * are no controllers: nothing is garbage collected, a Node is only what a test creates, and so is
 * EndpointSlice default/kubernetes.
 *
 * <p>The binaries come from {@code ./dev setup}; see {@link #directory}.
 */
public final class ApiServer implements AutoCloseable {

  /** Version of the binaries {@code ./dev setup} builds. */
  public static final String VERSION = "1.35.4";

  private static final String AUDIT_POLICY = "audit.yaml";
  private static final String AUDIT_LOG = "audit.log";

  private static final List<String> KINDS =
      List.of(
          "podnetworks",
          "nodesubnets",
          "firewallpolicies",
          "nodereports",
          "policyprograms",
          "peerslices",
          "nodepolicies",
          "networkpolicyreports");

  private final KubeAPIServer server;
  private final Path scratch;
  private final Path kubeconfig;
  private final KubernetesClient admin;

  private ApiServer(KubeAPIServer server, Path scratch) throws IOException {
    this.server = server;
    this.scratch = scratch;
    this.kubeconfig = scratch.resolve("kubeconfig.yaml");
    Files.writeString(kubeconfig, server.getKubeConfigYaml());
    this.admin = new KubernetesClientBuilder().withConfig(config()).build();
  }

  /**
   * Where the binaries are: system property {@code tweed.kubeApiTestDir}, else environment {@code
   * TWEED_KUBE_API_TEST_DIR}, else {@code kube-api-test} in Tweed's cache; empty if there are none.
   */
  public static Optional<Path> directory() {
    Path directory = configured(System::getProperty, System::getenv);
    boolean complete =
        Stream.of("etcd", "kube-apiserver", "kubectl")
            .allMatch(b -> Files.isExecutable(binaries(directory).resolve(b)));
    return complete ? Optional.of(directory) : Optional.empty();
  }

  static Path configured(Function<String, String> property, Function<String, String> environment) {
    return first(property.apply("tweed.kubeApiTestDir"))
        .or(() -> first(environment.apply("TWEED_KUBE_API_TEST_DIR")))
        .or(() -> first(environment.apply("TWEED_CACHE")).map(c -> c + "/kube-api-test"))
        .or(() -> first(environment.apply("XDG_CACHE_HOME")).map(c -> c + "/tweed/kube-api-test"))
        .map(Path::of)
        .orElseGet(() -> Path.of(property.apply("user.home"), ".cache/tweed/kube-api-test"));
  }

  private static Optional<String> first(String value) {
    return Optional.ofNullable(value).filter(v -> !v.isBlank());
  }

  private static Path binaries(Path directory) {
    return directory.resolve("k8s").resolve(VERSION + "-linux-amd64");
  }

  /**
   * Starts a server (about 5 s) and applies the CRDs. Close it to stop both processes.
   *
   * @throws IllegalStateException if the binaries are missing
   */
  public static ApiServer start() {
    ApiServer started = startWithoutKinds();
    try {
      started.applyCrds();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return started;
  }

  /** The same without the CRDs, for a test that brings them itself. */
  public static ApiServer startWithoutKinds() {
    Path directory =
        directory()
            .orElseThrow(
                () ->
                    new IllegalStateException(
                        "no kube-apiserver in %s; run: ./dev setup"
                            .formatted(configured(System::getProperty, System::getenv))));
    try {
      // A directory of its own: the test kit keeps certificates there for a year, and two test
      // runs would race to write them.
      Path scratch = Files.createTempDirectory("tweed-apiserver");
      Files.createSymbolicLink(scratch.resolve("k8s"), directory.resolve("k8s"));
      Files.writeString(scratch.resolve(AUDIT_POLICY), AuditLog.POLICY);
      KubeAPIServer server =
          new KubeAPIServer(
              KubeAPIServerConfigBuilder.anAPIServerConfig()
                  .withTestDir(scratch.toString())
                  .withApiServerVersion(VERSION)
                  .withOfflineMode(true)
                  .withUpdateKubeConfig(false)
                  .withWaitForEtcdHealthCheckOnStartup(true)
                  .withStartupTimeout(120_000)
                  // Or a daemon whose connections a test has cut would find another way.
                  .withApiServerFlag("--endpoint-reconciler-type", "none")
                  .withApiServerFlag(
                      "--audit-policy-file", scratch.resolve(AUDIT_POLICY).toString())
                  .withApiServerFlag("--audit-log-path", scratch.resolve(AUDIT_LOG).toString())
                  .build());
      server.start();
      return new ApiServer(server, scratch);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void applyCrds() throws IOException {
    List<CustomResourceDefinition> crds = new ArrayList<>();
    for (String kind : KINDS) {
      String manifest = "/dev/tweed/crds/manifests/" + kind + ".tweed.dev.yaml";
      try (InputStream yaml = ApiServer.class.getResourceAsStream(manifest)) {
        if (yaml == null) {
          throw new IllegalStateException(manifest + " is not on the class path");
        }
        crds.add(
            admin.apiextensions().v1().customResourceDefinitions().load(yaml).serverSideApply());
      }
    }
    for (CustomResourceDefinition crd : crds) {
      admin.resource(crd).waitUntilCondition(ApiServer::established, 30, TimeUnit.SECONDS);
    }
  }

  private static boolean established(CustomResourceDefinition crd) {
    return crd != null
        && crd.getStatus() != null
        && crd.getStatus().getConditions().stream()
            .anyMatch(c -> c.getType().equals("Established") && c.getStatus().equals("True"));
  }

  /** A client in group {@code system:masters}. The server closes it. */
  public KubernetesClient admin() {
    return admin;
  }

  /** Configuration of the administrator, to build other clients from. */
  public Config config() {
    return Config.fromKubeconfig(kubeconfigYaml());
  }

  /** A kubeconfig file of the administrator, for programs. */
  public Path kubeconfig() {
    return kubeconfig;
  }

  private String kubeconfigYaml() {
    try {
      return Files.readString(kubeconfig);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * A client that acts as somebody else, for tests of RBAC and admission policies. The caller
   * closes it.
   *
   * @param user such as {@code system:serviceaccount:tweed-system:tweed-node}
   * @param groups groups besides {@code system:authenticated}
   */
  public KubernetesClient as(String user, String... groups) {
    List<String> all = new ArrayList<>(List.of(groups));
    all.add("system:authenticated");
    return new KubernetesClientBuilder()
        .withConfig(
            new ConfigBuilder(config())
                .withImpersonateUsername(user)
                .withImpersonateGroups(all.toArray(String[]::new))
                .build())
        .build();
  }

  /**
   * A client with a bearer token instead of the administrator's certificate. The caller closes it.
   */
  public KubernetesClient withToken(String token) {
    return new KubernetesClientBuilder()
        .withConfig(
            new ConfigBuilder(config())
                .withClientCertFile(null)
                .withClientKeyFile(null)
                .withClientCertData(null)
                .withClientKeyData(null)
                .withOauthToken(token)
                .build())
        .build();
  }

  /** What ServiceAccounts of namespace {@code tweed-system} ask for from now on. */
  public AuditLog audit() {
    return AuditLog.fromNow(scratch.resolve(AUDIT_LOG));
  }

  /** Starts one more API server on the same etcd, one that can be killed. The caller closes it. */
  public KillableApiServer killable() {
    // The test kit does not tell where its etcd listens; the arguments of its API server do.
    List<String> arguments =
        ProcessHandle.current()
            .children()
            .map(child -> child.info().arguments().map(List::of).orElse(List.of()))
            .filter(child -> child.contains(scratch.toString()))
            .findFirst()
            .orElseThrow();
    return KillableApiServer.start(
        binaries(scratch).resolve("kube-apiserver"), arguments, config());
  }

  @Override
  public void close() {
    admin.close();
    server.stop();
    try (Stream<Path> files = Files.walk(scratch)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(file);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
