package dev.tweed.e2e.bed;

import com.github.dockerjava.api.DockerClient;
import com.github.dockerjava.api.model.Capability;
import com.github.dockerjava.api.model.HostConfig;
import com.github.dockerjava.api.model.Network.Ipam;
import com.github.dockerjava.api.model.Volume;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.Stream;
import org.testcontainers.DockerClientFactory;
import org.testcontainers.containers.BindMode;
import org.testcontainers.containers.GenericContainer;
import org.testcontainers.containers.wait.strategy.Wait;
import org.testcontainers.utility.DockerImageName;

/**
 * A real Kubernetes cluster on this machine: etcd, API server, controller-manager and scheduler on
 * one container, kubelet, containerd and kube-proxy on each of the others, joined by a docker
 * network from which nothing reaches the outside.
 *
 * <p>There is no pod network: every Node is NotReady until somebody brings one. The images of
 * operator and daemon, where {@link BedSettings} names them, are in every node's containerd.
 *
 * <p>Not thread safe, except for {@link #client()} and the machines.
 */
public final class TestCluster implements AutoCloseable {
  private static final Duration COMMAND_LIMIT = Duration.ofMinutes(3);

  /** Where a node finds the archives, outside of /images: imported once, not at every boot. */
  private static final String OPERATOR_IMAGE = "/bed-images/operator.tar";

  private static final String NODE_IMAGE = "/bed-images/node.tar";

  /** Where a node finds the test pods of others' suites; imported by who runs these. */
  public static final String SUITES_IMAGE = "/bed-images/suites.tar";

  private final BedSettings settings;
  private final ClusterPlan plan;
  private final String networkId;
  private final BedLock lock;
  private final Map<String, Machine> machines = Collections.synchronizedMap(new LinkedHashMap<>());
  private KubernetesClient client;
  private Stranger outside;
  private int nextIndex;

  private TestCluster(BedSettings settings, ClusterPlan plan, String networkId, BedLock lock) {
    this.lock = lock;
    this.settings = settings;
    this.plan = plan;
    this.networkId = networkId;
  }

  /**
   * Waits for the end of another run that uses a cluster of this name, removes what an earlier run
   * with the same label left behind, then starts all machines and waits until each says it is up.
   *
   * @throws BedException naming the machine that did not come up, with the end of its log
   */
  public static TestCluster start(BedSettings settings, ClusterPlan plan) {
    BedLock lock = BedLock.acquire(settings.cache(), plan.name());
    Leftovers.sweep(plan.label());
    TestCluster cluster = new TestCluster(settings, plan, createNetwork(plan), lock);
    try {
      cluster.startMachines();
      return cluster;
    } catch (RuntimeException e) {
      cluster.close();
      throw e;
    }
  }

  private static String createNetwork(ClusterPlan plan) {
    return docker()
        .createNetworkCmd()
        .withName(plan.name())
        .withInternal(true)
        .withLabels(Map.of(Leftovers.LABEL, plan.label()))
        .withOptions(Map.of("com.docker.network.bridge.name", plan.name()))
        .withEnableIpv6(plan.ipv6Only())
        .withIpam(
            new Ipam()
                .withConfig(
                    plan.subnets().stream()
                        .map(subnet -> new Ipam.Config().withSubnet(subnet))
                        .toList()))
        .exec()
        .getId();
  }

  private void startMachines() {
    forgetNodeCertificates();
    List<String> words = new ArrayList<>(List.of("init", plan.address(0)));
    for (int i = 0; i < plan.machines().size(); i++) {
      words.addAll(certificateWords(plan.machines().get(i), plan.address(i)));
    }
    certificates(words);
    try (ExecutorService starters = Executors.newVirtualThreadPerTaskExecutor()) {
      List<CompletableFuture<Void>> starts = new ArrayList<>();
      for (MachinePlan machine : plan.machines()) {
        String address = plan.address(nextIndex++);
        starts.add(CompletableFuture.runAsync(() -> startMachine(machine, address), starters));
      }
      starts.forEach(CompletableFuture::join);
    }
    client =
        new KubernetesClientBuilder()
            .withConfig(Config.fromKubeconfig(kubeconfig().toFile()))
            .build();
  }

  /** A node of the same name may have had another address, which its certificate names. */
  private void forgetNodeCertificates() {
    Path directory = plan.pki().resolve("nodes");
    if (!Files.isDirectory(directory)) {
      return;
    }
    try (Stream<Path> files = Files.list(directory)) {
      for (Path file : files.toList()) {
        Files.delete(file);
      }
    } catch (IOException e) {
      throw new BedException("old certificates cannot be removed", e);
    }
  }

  private static List<String> certificateWords(MachinePlan machine, String address) {
    return machine.role().isNode()
        ? List.of("--", "node", machine.name(), address)
        : List.<String>of();
  }

  private void certificates(List<String> words) {
    List<String> command = new ArrayList<>();
    command.add(settings.pkiScript().toString());
    command.add(plan.pki().toString());
    command.addAll(words);
    HostCommand.run(command, Map.of(), "", COMMAND_LIMIT).text();
  }

  private void startMachine(MachinePlan machine, String address) {
    GenericContainer<?> container = container(machine, address);
    try {
      container.start();
    } catch (RuntimeException e) {
      throw new BedException("machine " + machine.name() + " did not come up", e);
    }
    Machine started = new Machine(machine, address, container);
    machines.put(machine.name(), started);
    if (machine.role().isNode()) {
      importImages(started);
    }
  }

  private void importImages(Machine node) {
    List<String> command = new ArrayList<>(List.of("bed-import"));
    settings.operatorImageTar().ifPresent(tar -> command.add(OPERATOR_IMAGE));
    settings.nodeImageTar().ifPresent(tar -> command.add(NODE_IMAGE));
    if (command.size() > 1) {
      node.exec(command.toArray(String[]::new)).text();
    }
  }

  private GenericContainer<?> container(MachinePlan machine, String address) {
    GenericContainer<?> container =
        new GenericContainer<>(DockerImageName.parse(settings.bedImage()))
            .withImagePullPolicy(image -> false)
            .withNetworkMode(plan.name())
            .withLabel(Leftovers.LABEL, plan.label())
            .withEnv(machine.environment())
            .withEnv("BED_ROLES", machine.role().words)
            .withEnv("BED_NODE_NAME", machine.name())
            .withEnv("BED_IP", address)
            .withFileSystemBind(plan.pki().toString(), "/pki", BindMode.READ_ONLY)
            .withTmpFs(Map.of("/run", "rw,exec", "/tmp", "rw,exec"))
            .withStartupTimeout(Duration.ofMinutes(3))
            .waitingFor(
                Wait.forLogMessage(
                    ".*BED READY %s .*"
                        .formatted(machine.role().isNode() ? "node" : "control-plane"),
                    1));
    if (machine.role().isNode()) {
      settings.operatorImageTar().ifPresent(tar -> bindImage(container, tar, OPERATOR_IMAGE));
      settings.nodeImageTar().ifPresent(tar -> bindImage(container, tar, NODE_IMAGE));
      settings
          .coreDns()
          .ifPresent(dns -> bindImage(container, dns.resolve("image.tar"), ClusterDns.IMAGE));
      settings
          .conformance()
          .ifPresent(suites -> bindImage(container, suites.resolve("image.tar"), SUITES_IMAGE));
    }
    return container.withCreateContainerCmdModifier(
        command -> {
          plan.addressed(command, address)
              .withName(plan.containerName(machine.name()))
              .withHostName(machine.name())
              .withVolumes(volumes(machine));
          actAsMachine(command.getHostConfig());
        });
  }

  private static void bindImage(GenericContainer<?> container, Path tar, String path) {
    container.withFileSystemBind(tar.toString(), path, BindMode.READ_ONLY);
  }

  private static List<Volume> volumes(MachinePlan machine) {
    List<Volume> volumes = new ArrayList<>();
    if (machine.role().isNode()) {
      volumes.add(new Volume("/var/lib/containerd"));
      volumes.add(new Volume("/var/lib/kubelet"));
    }
    if (machine.role().isControlPlane()) {
      volumes.add(new Volume("/var/lib/etcd"));
    }
    return volumes;
  }

  /** What containerd and the kubelet need of their container; the reasons are in the README. */
  private static void actAsMachine(HostConfig host) {
    host.withCapAdd(Capability.ALL)
        .withSecurityOpts(List.of("seccomp=unconfined", "apparmor=unconfined"))
        .withDeviceCgroupRules(List.of("a *:* rwm"))
        .withCgroupnsMode("private");
    if (!allIsWhatTheEngineHas(docker().versionCmd().exec().getApiVersion())) {
      host.withCapDrop(Capability.SYS_RESOURCE);
    }
  }

  /**
   * Docker 20.10 grants with ALL also what it lacks itself, and where that is SYS_RESOURCE no
   * container starts. Since 23.0 (API 1.42) it refuses to drop what it lacks.
   */
  private static boolean allIsWhatTheEngineHas(String apiVersion) {
    return Integer.parseInt(apiVersion.split("\\.")[1]) >= 42;
  }

  /** Starts one more machine; returns when it is up. Its Node joins by itself. */
  public Machine addNode(MachinePlan machine) {
    String address = plan.address(nextIndex++);
    certificates(List.of("node", machine.name(), address));
    startMachine(machine, address);
    return machine(machine.name());
  }

  /**
   * Boots a machine that is no container, and returns when somebody can log in. Its Node joins by
   * itself, and is none of {@link #nodes()}.
   *
   * @param vm what it boots from; see {@link VirtualMachine#boot}
   */
  public VirtualMachine addVirtualMachine(String name, Path vm) {
    String address = plan.address(nextIndex++);
    certificates(List.of("node", name, address));
    return VirtualMachine.boot(
        vm,
        name,
        address,
        plan.gateway(),
        plan.name(),
        plan.pki(),
        settings.workDirectory().resolve("e2e-" + name));
  }

  /** Switches a machine off for ever and deletes its Node. */
  public void removeNode(String name) {
    machines.remove(name).remove();
    client.nodes().withName(name).delete();
  }

  /** The outside of the pod network; started when first asked for. */
  public Stranger outside() {
    if (outside == null) {
      outside = Stranger.start(plan);
    }
    return outside;
  }

  /** Makes the kubeconfig of a daemon that runs outside of the cluster, for this node. */
  public void certifyDaemon(String node) {
    certificates(List.of("tweed", node));
  }

  /** A running machine by its name. */
  public Machine machine(String name) {
    Machine machine = machines.get(name);
    if (machine == null) {
      throw new BedException("no machine " + name + " in " + machines.keySet());
    }
    return machine;
  }

  /** Every machine that runs a kubelet. */
  public List<Machine> nodes() {
    synchronized (machines) {
      return machines.values().stream().filter(Machine::isNode).toList();
    }
  }

  /** The machine of the API server. */
  public Machine controlPlane() {
    return machine(plan.machines().getFirst().name());
  }

  /** Every machine, the control plane included. */
  public List<Machine> machines() {
    synchronized (machines) {
      return List.copyOf(machines.values());
    }
  }

  /** A client with all rights. */
  public KubernetesClient client() {
    return client;
  }

  public BedSettings settings() {
    return settings;
  }

  /** kubeconfig with all rights for this machine. */
  public Path kubeconfig() {
    return plan.pki().resolve("admin.conf");
  }

  /** Runs kubectl with all rights. */
  public Output kubectl(String... arguments) {
    return tool(settings.kubectl(), "", arguments);
  }

  /** Runs kubectl with a manifest on its standard input. */
  public Output kubectlWithInput(String manifest, String... arguments) {
    return tool(settings.kubectl(), manifest, arguments);
  }

  /** Runs helm with all rights. */
  public Output helm(String... arguments) {
    return tool(settings.helm(), "", arguments);
  }

  /** Runs helm with values on its standard input. */
  public Output helmWithInput(String values, String... arguments) {
    return tool(settings.helm(), values, arguments);
  }

  private Output tool(Path binary, String input, String... arguments) {
    List<String> command = new ArrayList<>();
    command.add(binary.toString());
    command.addAll(List.of(arguments));
    return HostCommand.run(
        command,
        Map.of(
            "KUBECONFIG",
            kubeconfig().toString(),
            // What kubectl remembers of an API server is filed under its address, which the next
            // cluster has too.
            "KUBECACHEDIR",
            plan.pki().resolve("kube-cache").resolve(networkId).toString()),
        input,
        COMMAND_LIMIT);
  }

  @Override
  public void close() {
    if (client != null) {
      client.close();
    }
    try (ExecutorService removers = Executors.newVirtualThreadPerTaskExecutor()) {
      machines().forEach(machine -> removers.execute(machine::remove));
      if (outside != null) {
        removers.execute(outside::stop);
      }
    }
    machines.clear();
    Leftovers.sweep(plan.label());
    lock.close();
  }

  private static DockerClient docker() {
    return DockerClientFactory.lazyClient();
  }
}
