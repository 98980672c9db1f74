package dev.tweed.e2e.chart;

import io.fabric8.kubeapitest.KubeAPIServer;
import io.fabric8.kubeapitest.KubeAPIServerConfigBuilder;
import io.fabric8.kubeapitest.cert.CertManager;
import io.fabric8.kubernetes.api.model.authorization.v1.SelfSubjectAccessReviewBuilder;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;

/**
 * A real API server (with etcd, RBAC and admission; no controllers, no kubelet) that the chart is
 * installed on, and the identities people and daemons have there. One for all test classes.
 */
final class ChartCluster implements AutoCloseable {
  static final String NAMESPACE = "tweed-system";

  /** Gives tests the cluster as a parameter. */
  static final class Extension implements BeforeAllCallback, ParameterResolver {
    private static final ExtensionContext.Namespace STORE =
        ExtensionContext.Namespace.create(ChartCluster.class);

    @Override
    public void beforeAll(ExtensionContext context) {
      cluster(context);
    }

    @Override
    public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
      return parameter.getParameter().getType() == ChartCluster.class;
    }

    @Override
    public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
      return cluster(context);
    }

    /** In the store of the session, which is that of the JVM, and whose end closes it. */
    private static ChartCluster cluster(ExtensionContext context) {
      return context
          .getStore(ExtensionContext.StoreScope.LAUNCHER_SESSION, STORE)
          .getOrComputeIfAbsent(
              ChartCluster.class, type -> ChartCluster.start(), ChartCluster.class);
    }
  }

  private final KubeAPIServer server;
  private final Path directory;
  private final Path kubectl;
  private final Path adminKubeconfig;
  private final Path anonymousKubeconfig;
  private final String installNotes;
  private final List<KubernetesClient> clients = new ArrayList<>();

  private ChartCluster(
      KubeAPIServer server,
      Path directory,
      Path kubectl,
      Path adminKubeconfig,
      Path anonymousKubeconfig) {
    this.server = server;
    this.directory = directory;
    this.kubectl = kubectl;
    this.adminKubeconfig = adminKubeconfig;
    this.anonymousKubeconfig = anonymousKubeconfig;
    this.installNotes =
        helm(
                "install",
                "tweed",
                ChartTools.chart().toString(),
                "-n",
                NAMESPACE,
                "--set=" + Rendering.REGISTRY)
            .text();
  }

  private static ChartCluster start() {
    try {
      Path binaries = ChartTools.kubeApiTestDir();
      ChartTools.helm();
      Path directory = Files.createTempDirectory("tweed-chart-test");
      KubeAPIServer server =
          new KubeAPIServer(
              KubeAPIServerConfigBuilder.anAPIServerConfig()
                  .withTestDir(testDir(binaries, directory).toString())
                  .withOfflineMode(true)
                  .withUpdateKubeConfig(false)
                  .withWaitForEtcdHealthCheckOnStartup(true)
                  .withStartupTimeout(120_000)
                  .build());
      server.start();
      try {
        return installed(server, directory);
      } catch (IOException | RuntimeException | AssertionError e) {
        server.stop();
        throw e;
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static ChartCluster installed(KubeAPIServer server, Path directory) throws IOException {
    Path admin = directory.resolve("admin.conf");
    Files.writeString(admin, server.getKubeConfigYaml());
    Path kubectl = ChartTools.kubernetes("kubectl");
    Program.run(
            List.of(kubectl.toString(), "--kubeconfig=" + admin, "create", "namespace", NAMESPACE))
        .text();
    return new ChartCluster(server, directory, kubectl, admin, anonymous(server, directory));
  }

  /**
   * A directory of this server's own: its certificates are made there, and clients of our CA are
   * added to those it trusts. (Given as a flag, the server's own {@code --client-ca-file} would
   * come after it and win.)
   */
  private static Path testDir(Path binaries, Path directory) throws IOException {
    Path testDir = Files.createDirectory(directory.resolve("server"));
    Files.createSymbolicLink(testDir.resolve("k8s"), binaries.resolve("k8s").toAbsolutePath());
    CertManager certificates = new CertManager(testDir.toString());
    certificates.createCertificatesIfNeeded();
    pki(directory, "init", "127.0.0.1");
    Files.writeString(
        Path.of(certificates.getClientCertPath()),
        Files.readString(directory.resolve("ca.crt")),
        StandardOpenOption.APPEND);
    return testDir;
  }

  private static void pki(Path directory, String... words) {
    List<String> command =
        new ArrayList<>(List.of("bash", ChartTools.pkiScript().toString(), directory.toString()));
    command.addAll(List.of(words));
    Program.run(command).text();
  }

  /** Leads to the server and proves no identity: a client certificate would win over a token. */
  private static Path anonymous(KubeAPIServer server, Path directory) throws IOException {
    Config config = Config.fromKubeconfig(server.getKubeConfigYaml());
    String authority =
        config.getCaCertData() != null
            ? config.getCaCertData()
            : Base64.getEncoder()
                .encodeToString(Files.readAllBytes(new File(config.getCaCertFile()).toPath()));
    return Files.writeString(
        directory.resolve("anonymous.conf"),
        """
        apiVersion: v1
        kind: Config
        current-context: test
        clusters:
        - name: test
          cluster: {server: "%s", certificate-authority-data: %s}
        contexts:
        - name: test
          context: {cluster: test}
        """
            .formatted(config.getMasterUrl(), authority),
        StandardCharsets.UTF_8);
  }

  /** What {@code helm install} printed. */
  String installNotes() {
    return installNotes;
  }

  /** kubectl as a cluster administrator. */
  Program.Outcome kubectl(String... words) {
    return kubectlWithInput("", words);
  }

  /** The same with something on standard input, for {@code -f -}. */
  Program.Outcome kubectlWithInput(String input, String... words) {
    return run(kubectl, List.of("--kubeconfig=" + adminKubeconfig), input, words);
  }

  /** helm as a cluster administrator. */
  Program.Outcome helm(String... words) {
    return run(ChartTools.helm(), List.of("--kubeconfig", adminKubeconfig.toString()), "", words);
  }

  /** Somebody the API server knows by a token or a certificate. */
  final class Identity {
    private final String name;
    private final List<String> credentials;
    private final KubernetesClient client;

    private Identity(String name, List<String> credentials, ConfigBuilder config) {
      this.name = name;
      this.credentials = credentials;
      this.client = new KubernetesClientBuilder().withConfig(config.build()).build();
      clients.add(client);
    }

    Program.Outcome kubectl(String... words) {
      return kubectlWithInput("", words);
    }

    Program.Outcome kubectlWithInput(String input, String... words) {
      List<String> options = new ArrayList<>(List.of("--kubeconfig=" + anonymousKubeconfig));
      options.addAll(credentials);
      return run(kubectl, options, input, words);
    }

    /**
     * Whether RBAC lets it, e.g. {@code patch nodes/status}: a word for the verb, one for the
     * resource.
     */
    boolean may(String verbAndResource) {
      String[] words = verbAndResource.split("[ /]");
      String[] resource = words[1].split("\\.", 2);
      return client
          .resource(
              new SelfSubjectAccessReviewBuilder()
                  .withNewSpec()
                  .withNewResourceAttributes()
                  .withVerb(words[0])
                  .withResource(resource[0])
                  .withGroup(resource.length == 2 ? resource[1] : "")
                  .withSubresource(words.length == 3 ? words[2] : "")
                  .endResourceAttributes()
                  .endSpec()
                  .build())
          .create()
          .getStatus()
          .getAllowed();
    }

    @Override
    public String toString() {
      return name;
    }
  }

  /** By a token of a ServiceAccount of the release; {@code binding} are words of create token. */
  Identity token(String serviceAccount, String... binding) {
    List<String> words =
        new ArrayList<>(List.of("create", "token", serviceAccount, "-n", NAMESPACE));
    words.addAll(List.of(binding));
    String token = kubectl(words.toArray(String[]::new)).text().strip();
    return new Identity(
        serviceAccount + " " + String.join(" ", binding),
        List.of("--token=" + token),
        anonymous().withOauthToken(token));
  }

  /** By a real certificate, as a daemon outside the cluster has it. */
  Identity certificate(String organisation, String commonName) {
    String file = (organisation + "-" + commonName).replace(':', '-');
    pki(directory, "client", file, organisation, commonName);
    String certificate = directory.resolve(file + ".crt").toString();
    String key = directory.resolve(file + ".key").toString();
    return new Identity(
        "O=" + organisation + ", CN=" + commonName,
        List.of("--client-certificate=" + certificate, "--client-key=" + key),
        anonymous().withClientCertFile(certificate).withClientKeyFile(key));
  }

  private ConfigBuilder anonymous() {
    return new ConfigBuilder(Config.fromKubeconfig(anonymousKubeconfig.toFile()));
  }

  /** With a discovery cache of its own: the usual one is named by port and outlives a server. */
  private Program.Outcome run(Path program, List<String> options, String input, String... words) {
    List<String> command = new ArrayList<>(List.of(program.toString()));
    command.addAll(options);
    command.addAll(List.of(words));
    String cache = directory.resolve("cache").toString();
    return Program.run(command, Map.of("KUBECACHEDIR", cache), input);
  }

  @Override
  public void close() {
    clients.forEach(KubernetesClient::close);
    server.stop();
    try (Stream<Path> files = Files.walk(directory)) {
      files.sorted((a, b) -> b.compareTo(a)).map(Path::toFile).forEach(File::delete);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
