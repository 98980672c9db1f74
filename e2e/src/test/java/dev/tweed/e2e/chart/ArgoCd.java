package dev.tweed.e2e.chart;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.tweed.crds.testing.ApiServer;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.Resource;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.ProcessBuilder.Redirect;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.awaitility.Awaitility;
import org.awaitility.core.ThrowingRunnable;

/**
 * A real Argo CD: repo-server and application-controller, with a Redis in memory, which read a
 * repository of their own and sync to an API server of their own, that has none of Tweed's kinds at
 * first. There is neither UI nor CLI: an Application is made, refreshed and read as the object it
 * is.
 */
final class ArgoCd implements AutoCloseable {
  private static final Duration LIMIT = Duration.ofSeconds(90);
  private static final ObjectMapper JSON = new ObjectMapper();

  private final Path directory;
  private final ApiServer server;
  private final GitRepository repository;
  private final List<Process> processes = new ArrayList<>();
  private ProcessBuilder controller;

  private ArgoCd(Path directory, ApiServer server) {
    this.directory = directory;
    this.server = server;
    this.repository = GitRepository.in(directory);
  }

  /** With health as {@code docs/examples/gitops/argocd-health.yaml} has it. */
  static ArgoCd start() {
    Path components = ChartTools.argocd();
    Path helm = ChartTools.helm();
    ChartTools.kubernetes("kube-controller-manager");
    try {
      ArgoCd argocd =
          new ArgoCd(Files.createTempDirectory("tweed-argocd"), ApiServer.startWithoutKinds());
      try {
        argocd.startKubernetesControllers();
        argocd.startComponents(components, helm);
      } catch (IOException | RuntimeException | AssertionError e) {
        argocd.close();
        throw e;
      }
      return argocd;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void configure(Path manifests) {
    kubectl("", "create", "namespace", "argocd");
    kubectl("", "apply", "--server-side", "-n", "argocd", "-f", manifests.toString());
    kubectl(
        "",
        "patch",
        "configmap",
        "argocd-cm",
        "-n",
        "argocd",
        "--patch-file",
        ChartTools.repository().resolve("docs/examples/gitops/argocd-health.yaml").toString());
    kubectl(
        "",
        "wait",
        "--for=condition=Established",
        "crd/applications.argoproj.io",
        "crd/appprojects.argoproj.io");
    // Otherwise Argo CD's own API server makes it.
    create(
        """
        apiVersion: argoproj.io/v1alpha1
        kind: AppProject
        metadata: {name: default, namespace: argocd}
        spec:
          sourceRepos: ['*']
          destinations: [{server: '*', namespace: '*'}]
          clusterResourceWhitelist: [{group: '*', kind: '*'}]
        """);
  }

  private void startComponents(Path components, Path helm) throws IOException {
    String redis = "127.0.0.1:" + freePort();
    int repoServer = freePort();
    // git-verify-wrapper.sh is beside the components.
    String path = "%s:%s:%s".formatted(components, helm.getParent(), System.getenv("PATH"));
    Map<String, String> environment =
        Map.of(
            "PATH",
            path,
            "HOME",
            directory.toString(),
            "TMPDIR",
            Files.createDirectory(directory.resolve("tmp")).toString(),
            "ARGOCD_GPG_ENABLED",
            "false",
            // https://kubernetes.default.svc is where the kubeconfig leads to.
            "KUBECONFIG",
            server.kubeconfig().toString(),
            "ARGOCD_FAKE_IN_CLUSTER",
            "true",
            // Between what is applied and what is pruned last; two seconds otherwise.
            "ARGOCD_SYNC_WAVE_DELAY",
            "0",
            // For each CRD that is made it asks for all kinds there are.
            "ARGOCD_K8S_CLIENT_QPS",
            "1000");
    start(program(components.resolve("redis"), environment, redis));
    start(
        program(
            components.resolve("argocd-repo-server"),
            environment,
            "--address=127.0.0.1",
            "--port=" + repoServer,
            "--metrics-address=127.0.0.1",
            "--metrics-port=" + freePort(),
            "--disable-tls",
            "--client-ca-path=",
            "--redis=" + redis));
    configure(components.resolve("manifests"));
    controller =
        program(
            components.resolve("argocd-application-controller"),
            environment,
            "--kubeconfig=" + server.kubeconfig(),
            "--namespace=argocd",
            "--repo-server=127.0.0.1:" + repoServer,
            "--repo-server-plaintext",
            "--redis=" + redis,
            "--metrics-port=" + freePort(),
            // Seconds; not the exponential minutes between two attempts.
            "--self-heal-backoff-timeout-seconds=1",
            "--self-heal-backoff-cap-seconds=1",
            "--persist-resource-health");
    start(controller);
  }

  /** Does something while Argo CD does not run, which comes to the cluster after that. */
  void whileItDoesNotRun(Runnable action) throws IOException, InterruptedException {
    Process running = processes.removeLast();
    running.destroy();
    running.waitFor();
    action.run();
    start(controller);
  }

  /** The controllers of Kubernetes that make pods, collect garbage and empty namespaces. */
  private void startKubernetesControllers() throws IOException {
    start(
        program(
            ChartTools.kubernetes("kube-controller-manager"),
            Map.of(),
            "--kubeconfig=" + server.kubeconfig(),
            "--controllers=deployment-controller,replicaset-controller,daemonset-controller,garbage-collector-controller,namespace-controller",
            "--leader-elect=false",
            "--secure-port=0"));
  }

  private static ProcessBuilder program(
      Path program, Map<String, String> environment, String... words) throws IOException {
    List<String> command = new ArrayList<>(List.of(program.toString()));
    command.addAll(List.of(words));
    Path logs = Files.createDirectories(Path.of("target", "argocd"));
    File log = logs.resolve(program.getFileName() + ".log").toFile();
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().putAll(environment);
    return builder.redirectOutput(Redirect.appendTo(log));
  }

  private void start(ProcessBuilder program) throws IOException {
    processes.add(program.start());
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0)) {
      return socket.getLocalPort();
    }
  }

  GitRepository repository() {
    return repository;
  }

  /** An administrator's. */
  KubernetesClient client() {
    return server.admin();
  }

  /** Creates what is in the documents. */
  void create(String documents) {
    for (String document : documents.split("(?m)^---$")) {
      server
          .admin()
          .resource(Serialization.unmarshal(document, GenericKubernetesResource.class))
          .create();
    }
  }

  /** kubectl as an administrator; it has to succeed. */
  String kubectl(String input, String... words) {
    List<String> command =
        new ArrayList<>(
            List.of(
                ChartTools.kubernetes("kubectl").toString(),
                "--kubeconfig=" + server.kubeconfig()));
    command.addAll(List.of(words));
    return Program.run(command, Map.of(), input).text();
  }

  /** helm as the same, with something on standard input. */
  Program.Outcome helm(String input, String... words) {
    List<String> command =
        new ArrayList<>(
            List.of(ChartTools.helm().toString(), "--kubeconfig=" + server.kubeconfig()));
    command.addAll(List.of(words));
    return Program.run(command, Map.of(), input);
  }

  Application application(String name) {
    return new Application(name);
  }

  /** The object at a path of the API; empty if there is none. */
  Optional<JsonNode> get(String path) {
    return Optional.ofNullable(server.admin().raw(path)).map(ArgoCd::parsed);
  }

  /** An object of Tweed's, by the plural of its kind. */
  Optional<JsonNode> tweed(String kinds, String name) {
    return get("/apis/tweed.dev/v1alpha1/%s/%s".formatted(kinds, name));
  }

  long generation(String kind, String name) {
    return tweedObject(kind, name).require().getMetadata().getGeneration();
  }

  /** A merge patch of the status of an object of Tweed's. */
  void patchStatus(String kind, String name, String status) {
    tweedObject(kind, name)
        .subresource("status")
        .patch(PatchContext.of(PatchType.JSON_MERGE), "{\"status\":" + status + "}");
  }

  private Resource<GenericKubernetesResource> tweedObject(String kind, String name) {
    return server.admin().genericKubernetesResources("tweed.dev/v1alpha1", kind).withName(name);
  }

  static void await(String what, ThrowingRunnable assertion) {
    Awaitility.await(what)
        .atMost(LIMIT)
        .pollInterval(Duration.ofMillis(100))
        .untilAsserted(assertion);
  }

  private static JsonNode parsed(String json) {
    try {
      return JSON.readTree(json);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static Stream<JsonNode> stream(JsonNode list) {
    return StreamSupport.stream(list.spliterator(), false);
  }

  /** An Application in namespace argocd, as it is at the time of each call. */
  final class Application {
    private final String name;

    private Application(String name) {
      this.name = name;
    }

    JsonNode get() {
      return find().orElseThrow(() -> new AssertionError("there is no Application " + name));
    }

    Optional<JsonNode> find() {
      return ArgoCd.this.get("/apis/argoproj.io/v1alpha1/namespaces/argocd/applications/" + name);
    }

    /** Has Argo CD compare again, as with the button, and waits for that. */
    JsonNode refresh() {
      String annotation = "argocd.argoproj.io/refresh";
      patch("{\"metadata\":{\"annotations\":{\"%s\":\"normal\"}}}".formatted(annotation));
      await(
          "refresh of " + name,
          () -> {
            if (get().at("/metadata/annotations").has(annotation)) {
              throw new AssertionError("Argo CD has not compared yet: " + get().path("status"));
            }
          });
      return get();
    }

    void patch(String patch) {
      server
          .admin()
          .genericKubernetesResources("argoproj.io/v1alpha1", "Application")
          .inNamespace("argocd")
          .withName(name)
          .patch(PatchContext.of(PatchType.JSON_MERGE), patch);
    }

    /** The resourceVersion of each object it has, by kind and name. */
    Map<String, String> resourceVersions() {
      Map<String, String> versions = new TreeMap<>();
      for (JsonNode resource : get().at("/status/resources")) {
        versions.put(
            resource.path("kind").asText() + "/" + resource.path("name").asText(),
            ArgoCd.this.get(path(resource)).orElseThrow().at("/metadata/resourceVersion").asText());
      }
      return versions;
    }

    private static String path(JsonNode resource) {
      String group = resource.path("group").asText();
      String namespace = resource.path("namespace").asText();
      return (group.isEmpty() ? "/api/" : "/apis/" + group + "/")
          + resource.path("version").asText()
          + (namespace.isEmpty() ? "/" : "/namespaces/" + namespace + "/")
          + (resource.path("kind").asText().toLowerCase(Locale.ROOT) + "s")
              .replaceFirst("ys$", "ies")
          + "/"
          + resource.path("name").asText();
    }

    /** What Argo CD knows of an object; its health is on /health. */
    JsonNode resource(String kind, String resource) {
      return resource(get().at("/status/resources"), kind, resource);
    }

    /** What became of an object in the latest operation. */
    JsonNode result(String kind, String resource) {
      return resource(get().at("/status/operationState/syncResult/resources"), kind, resource);
    }

    private JsonNode resource(JsonNode list, String kind, String resource) {
      return stream(list)
          .filter(r -> r.path("kind").asText().equals(kind))
          .filter(r -> r.path("name").asText().equals(resource))
          .findFirst()
          .orElseThrow(() -> new AssertionError("no %s %s in %s".formatted(kind, resource, list)));
    }
  }

  @Override
  public void close() {
    processes.reversed().forEach(Process::destroy);
    try {
      for (Process process : processes) {
        if (!process.waitFor(5, TimeUnit.SECONDS)) {
          process.destroyForcibly().waitFor();
        }
      }
      server.close();
      try (Stream<Path> files = Files.walk(directory)) {
        for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
          Files.deleteIfExists(file);
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }
}
