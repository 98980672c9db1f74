package dev.tweed.e2e.chart;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.entry;
import static org.assertj.core.api.Assertions.tuple;

import dev.tweed.crds.TweedApi;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.EnvVar;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.Probe;
import io.fabric8.kubernetes.api.model.ServiceAccount;
import io.fabric8.kubernetes.api.model.Toleration;
import io.fabric8.kubernetes.api.model.Volume;
import io.fabric8.kubernetes.api.model.VolumeMount;
import io.fabric8.kubernetes.api.model.apps.DaemonSet;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.flowcontrol.v1.FlowSchema;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The chart's objects as a cluster would get them, parsed: what they may do and where they run. */
@Tag("api-server")
class ChartRenderTest {
  private static final String CLEANUP = "tweed-cleanup-cleanup";

  @Test
  void rendersTheSameBytesTwice() {
    String[] everything = {
      "podNetwork.create=true",
      "operator.replicas=2",
      "node.http.address=0.0.0.0",
      "operator.http.address=0.0.0.0",
      "metrics.podMonitor.enabled=true",
      "apiServer.host=10.0.0.1"
    };

    assertThat(Rendering.of(everything).text()).isEqualTo(Rendering.of(everything).text());
  }

  @Test
  void defaultValuesRenderTheseObjectsOnly() {
    assertThat(Rendering.of().names())
        .containsExactly(
            "ClusterRole/tweed-node",
            "ClusterRole/tweed-operator",
            "ClusterRoleBinding/tweed-node",
            "ClusterRoleBinding/tweed-operator",
            "DaemonSet/tweed-node",
            "Deployment/tweed-operator",
            "FlowSchema/tweed-node",
            "FlowSchema/tweed-operator",
            "Namespace/tweed-node-lease",
            "PriorityLevelConfiguration/tweed-node",
            "PriorityLevelConfiguration/tweed-operator",
            "Role/tweed-node",
            "Role/tweed-node",
            "Role/tweed-operator",
            "Role/tweed-operator",
            "RoleBinding/tweed-node",
            "RoleBinding/tweed-node",
            "RoleBinding/tweed-operator",
            "RoleBinding/tweed-operator",
            "ServiceAccount/tweed-node",
            "ServiceAccount/tweed-operator",
            "ValidatingAdmissionPolicy/tweed-kinds-in-use",
            "ValidatingAdmissionPolicy/tweed-nodesubnet-in-use",
            "ValidatingAdmissionPolicy/tweed-operator-only",
            "ValidatingAdmissionPolicy/tweed-own-node-only",
            "ValidatingAdmissionPolicy/tweed-podnetwork-in-use",
            "ValidatingAdmissionPolicyBinding/tweed-kinds-in-use",
            "ValidatingAdmissionPolicyBinding/tweed-nodesubnet-in-use",
            "ValidatingAdmissionPolicyBinding/tweed-operator-only",
            "ValidatingAdmissionPolicyBinding/tweed-own-node-only",
            "ValidatingAdmissionPolicyBinding/tweed-podnetwork-in-use");
  }

  /** YAML takes a bare {@code Off} for false, in a file of values too. */
  @Test
  void fastPathThatIsOffIsAWord() {
    for (String off : List.of("Off", "false")) {
      assertThat(Rendering.of("podNetwork.create=true", "podNetwork.spec.fastPath=" + off).text())
          .contains("fastPath: \"Off\"");
    }
    assertThat(Rendering.of("podNetwork.create=true").text()).doesNotContain("fastPath:");
  }

  @Test
  void leasesHaveANamespaceOfTheirOwnOrNone() {
    assertThat(Rendering.of("fullnameOverride=net").names()).contains("Namespace/net-node-lease");
    assertThat(Rendering.ofRelease("my.net").names()).contains("Namespace/my-net-tweed-node-lease");
    assertThat(Rendering.of("node.leases.namespace=lives").text())
        .contains("kubernetes.io/metadata.name", "values: [default, tweed-system, lives]")
        .contains("request.namespace == 'lives'")
        .containsPattern("TWEED_LEASE_NAMESPACE\n +value: lives");

    Rendering without = Rendering.of("node.leases.enabled=false");
    assertThat(without.names()).noneMatch(name -> name.startsWith("Namespace/"));
    assertThat(without.text()).doesNotContain("TWEED_LEASE_NAMESPACE").doesNotContain("node-lease");

    assertThat(Rendering.attempt("node.leases.namespace=" + ChartCluster.NAMESPACE).err())
        .contains("node.leases.namespace=tweed-system is the namespace of the release");
  }

  /** Whoever can have a certificate signed, or names groups, would be a daemon. */
  @Test
  void theGroupOfCertificatesHasRightsOnlyWhereDaemonsRunOutsidePods() {
    assertThat(Rendering.of().text()).doesNotContain("name: tweed:nodes");
    assertThat(Rendering.of("node.outsidePods=true").text().split("name: tweed:nodes")).hasSize(5);
  }

  /** One list in Java and one in the policies. */
  @Test
  void everyAnnotationThatOpensAGuardIsTheOperatorsToTakeOff() {
    String guards =
        Rendering.of()
            .text()
            .lines()
            .dropWhile(line -> !line.contains("name: guards"))
            .skip(1)
            .findFirst()
            .orElseThrow();

    assertThat(guards.split("'"))
        .filteredOn(part -> part.startsWith("tweed.dev/"))
        .containsExactlyInAnyOrderElementsOf(TweedApi.GUARD_ANNOTATIONS);
  }

  /** Selectors are immutable: a changed label makes the next upgrade fail. */
  @Test
  void selectorsStayAsTheyWereInTheFirstVersion() {
    Rendering rendering = Rendering.of();

    assertThat(operator(rendering).getSpec().getSelector().getMatchLabels())
        .isEqualTo(
            Map.of(
                "app.kubernetes.io/name", "tweed",
                "app.kubernetes.io/instance", "tweed",
                "app.kubernetes.io/component", "operator"));
    assertThat(node(rendering).getSpec().getSelector().getMatchLabels())
        .isEqualTo(
            Map.of(
                "app.kubernetes.io/name", "tweed",
                "app.kubernetes.io/instance", "tweed",
                "app.kubernetes.io/component", "node"));
  }

  @Test
  void daemonHasNetAdminAsItsOnlyPrivilege() {
    PodSpec pod = nodePod(Rendering.of());
    Container container = pod.getContainers().getFirst();

    assertThat(pod.getContainers()).hasSize(1);
    assertThat(container.getSecurityContext())
        .satisfies(
            context -> {
              assertThat(context.getPrivileged()).isNull();
              assertThat(context.getAllowPrivilegeEscalation()).isFalse();
              assertThat(context.getReadOnlyRootFilesystem()).isTrue();
              assertThat(context.getRunAsUser()).isZero();
              assertThat(context.getCapabilities().getDrop()).containsExactly("ALL");
              assertThat(context.getCapabilities().getAdd()).containsExactly("NET_ADMIN");
              assertThat(context.getAppArmorProfile()).isNull();
            });
    assertThat(pod.getSecurityContext().getSeccompProfile().getType()).isEqualTo("RuntimeDefault");
    assertThat(pod.getHostPID()).isNull();
    assertThat(pod.getHostIPC()).isNull();
  }

  @Test
  void daemonHasFurtherRightsOnlyWhereTheyAreAskedFor() {
    assertThat(capabilities("node.fastPath=true")).containsExactly("NET_ADMIN", "BPF", "PERFMON");
    assertThat(capabilities("node.fastPath=true", "firewall.hostTools=true"))
        .containsExactly("NET_ADMIN", "SYS_CHROOT", "BPF", "PERFMON");
    assertThat(capabilities("node.fastPath=true", "node.fastPathCapabilities={SYS_ADMIN}"))
        .containsExactly("NET_ADMIN", "SYS_ADMIN");
    assertThat(capabilities("node.capture=true")).containsExactly("NET_ADMIN", "NET_RAW");
    assertThat(capabilities()).containsExactly("NET_ADMIN");
  }

  private static List<String> capabilities(String... values) {
    return nodePod(Rendering.of(values))
        .getContainers()
        .getFirst()
        .getSecurityContext()
        .getCapabilities()
        .getAdd();
  }

  @Test
  void daemonSeesSevenDirectoriesOfItsNodeAndNothingElse() {
    PodSpec pod = nodePod(Rendering.of());

    Map<String, String> mounts =
        pod.getContainers().getFirst().getVolumeMounts().stream()
            .collect(Collectors.toMap(VolumeMount::getName, VolumeMount::getMountPath));
    Map<String, String> paths =
        pod.getVolumes().stream()
            .filter(volume -> mounts.containsKey(volume.getName()))
            .collect(
                Collectors.toMap(
                    volume -> mounts.get(volume.getName()),
                    volume -> volume.getHostPath().getPath()));
    assertThat(paths)
        .isEqualTo(
            Map.of(
                "/run/tweed", "/run/tweed",
                "/var/lib/tweed", "/var/lib/tweed",
                "/var/lib/cni", "/var/lib/cni",
                "/host/cni-conf", "/etc/cni/net.d",
                "/host/cni-bin", "/opt/cni/bin",
                "/host/proc-sys-net", "/proc/sys/net",
                "/run/systemd/sessions", "/run/systemd/sessions"));
    assertThat(pod.getContainers().getFirst().getVolumeMounts())
        .filteredOn(mount -> Set.of("sessions", "cni-results").contains(mount.getName()))
        .hasSize(2)
        .allSatisfy(mount -> assertThat(mount.getReadOnly()).isTrue());
  }

  /** The container runtime runs as root what is there. */
  @Test
  void pluginsAreWrittenBeforeTheDaemonStartsAndNotByIt() {
    PodSpec pod = nodePod(Rendering.of("firewall.hostTools=true"));

    assertThat(pod.getContainers().getFirst().getVolumeMounts())
        .filteredOn(mount -> mount.getName().equals("cni-bin"))
        .singleElement()
        .satisfies(mount -> assertThat(mount.getReadOnly()).isTrue());
    Container init = pod.getInitContainers().getFirst();
    assertThat(pod.getInitContainers()).hasSize(1);
    assertThat(init.getArgs()).containsExactly("install-cni");
    assertThat(init.getVolumeMounts())
        .extracting(VolumeMount::getMountPath, VolumeMount::getReadOnly)
        .containsExactly(
            tuple("/host/cni-bin", null),
            tuple("/run/tweed", null),
            tuple("/host/cni-conf", null),
            tuple("/host/tmpfiles.d", null));
    assertThat(init.getSecurityContext().getCapabilities().getDrop()).containsExactly("ALL");
    assertThat(init.getSecurityContext().getCapabilities().getAdd()).isNullOrEmpty();
    assertThat(init.getSecurityContext().getReadOnlyRootFilesystem()).isTrue();
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void hostToolsComeWithTheirValue(boolean cleanup) {
    String value = "firewall.hostTools=true";
    PodSpec pod =
        (cleanup ? Rendering.ofCleanup(value) : Rendering.of(value))
            .only(DaemonSet.class, cleanup ? CLEANUP : "tweed-node")
            .getSpec()
            .getTemplate()
            .getSpec();
    Container container =
        cleanup ? pod.getInitContainers().getFirst() : pod.getContainers().getFirst();

    assertThat(container.getSecurityContext().getCapabilities().getAdd())
        .containsExactly("NET_ADMIN", "SYS_CHROOT");
    assertThat(container.getSecurityContext().getAppArmorProfile().getType())
        .isEqualTo("Unconfined");
    assertThat(container.getEnv())
        .anySatisfy(
            variable -> {
              assertThat(variable.getName()).isEqualTo("TWEED_HOST_ROOT");
              assertThat(variable.getValue()).isEqualTo("/host/root");
            });
    assertThat(container.getVolumeMounts())
        .extracting(VolumeMount::getMountPath, VolumeMount::getReadOnly)
        .contains(tuple("/host/root", true), tuple("/host/root/etc", null));
    assertThat(pod.getVolumes())
        .extracting(Volume::getName, volume -> volume.getHostPath().getPath())
        .contains(tuple("root", "/"), tuple("etc", "/etc"))
        .doesNotContain(tuple("sessions", "/run/systemd/sessions")); // it is in the root
  }

  @Test
  void aHostWhoseEtcIsReadOnlyHasNoLineOfTmpfiles() {
    PodSpec pod = nodePod(Rendering.of("cni.tmpfilesDir="));

    assertThat(pod.getVolumes()).extracting(Volume::getName).doesNotContain("tmpfiles");
    assertThat(pod.getInitContainers().getFirst().getEnv())
        .extracting(EnvVar::getName)
        .doesNotContain("TWEED_TMPFILES_DIR");
  }

  @Test
  void cniDirectoriesFollowTheirValues() {
    assertThat(
            nodePod(Rendering.of("cni.binDir=/var/lib/bin", "cni.confDir=/var/lib/net.d"))
                .getContainers()
                .getFirst()
                .getEnv())
        .extracting(EnvVar::getName, EnvVar::getValue)
        .contains(
            tuple("TWEED_CNI_BIN_DIR_ON_HOST", "/var/lib/bin"),
            tuple("TWEED_CNI_CONF_DIR_ON_HOST", "/var/lib/net.d"));
    List<String> paths =
        nodePod(Rendering.of("cni.binDir=/var/lib/bin", "cni.confDir=/var/lib/net.d"))
            .getVolumes()
            .stream()
            .map(Volume::getHostPath)
            .map(path -> path.getPath())
            .toList();

    assertThat(paths).contains("/var/lib/bin", "/var/lib/net.d");
    assertThat(paths).doesNotContain("/opt/cni/bin", "/etc/cni/net.d");
  }

  @Test
  void operatorRunsWithoutAnyPrivilege() {
    PodSpec pod = operatorPod(Rendering.of());

    assertThat(pod.getSecurityContext())
        .satisfies(
            context -> {
              assertThat(context.getRunAsNonRoot()).isTrue();
              assertThat(context.getRunAsUser()).isEqualTo(65532);
              assertThat(context.getSeccompProfile().getType()).isEqualTo("RuntimeDefault");
            });
    assertThat(pod.getContainers().getFirst().getSecurityContext())
        .satisfies(
            context -> {
              assertThat(context.getAllowPrivilegeEscalation()).isFalse();
              assertThat(context.getReadOnlyRootFilesystem()).isTrue();
              assertThat(context.getCapabilities().getDrop()).containsExactly("ALL");
              assertThat(context.getCapabilities().getAdd()).isNullOrEmpty();
            });
    assertThat(pod.getVolumes()).isEmpty();
  }

  /** The pods that make the pod network cannot wait for it, nor for the cluster's DNS. */
  @Test
  void bothStartOnANodeWithoutPodNetwork() {
    Rendering rendering = Rendering.of();

    assertThat(List.of(operatorPod(rendering), nodePod(rendering)))
        .allSatisfy(
            pod -> {
              assertThat(pod.getHostNetwork()).isTrue();
              assertThat(pod.getDnsPolicy()).isEqualTo("Default");
            });
    assertThat(operatorPod(rendering).getTolerations())
        .extracting(Toleration::getKey)
        .containsExactly(
            "node.kubernetes.io/not-ready",
            "node.kubernetes.io/network-unavailable",
            "node-role.kubernetes.io/control-plane",
            "node.cloudprovider.kubernetes.io/uninitialized",
            "CriticalAddonsOnly");
    assertThat(operatorPod(rendering).getTolerations())
        .allSatisfy(
            toleration -> {
              assertThat(toleration.getOperator()).isEqualTo("Exists");
              assertThat(toleration.getEffect()).isNull();
            });
    assertThat(nodePod(rendering).getTolerations())
        .singleElement()
        .satisfies(
            toleration -> {
              assertThat(toleration.getKey()).isNull();
              assertThat(toleration.getOperator()).isEqualTo("Exists");
            });
    assertThat(operatorPod(rendering).getPriorityClassName()).isEqualTo("system-cluster-critical");
    assertThat(nodePod(rendering).getPriorityClassName()).isEqualTo("system-node-critical");
  }

  @Test
  void healthAndMetricsAreBoundToLoopbackAndProbedThere() {
    Rendering rendering = Rendering.of();
    Container operator = operatorPod(rendering).getContainers().getFirst();
    Container node = nodePod(rendering).getContainers().getFirst();

    assertThat(environment(operator))
        .containsEntry("QUARKUS_HTTP_HOST", "127.0.0.1")
        .containsEntry("QUARKUS_HTTP_PORT", "9463");
    assertThat(environment(node)).containsEntry("TWEED_HTTP_ADDRESS", "127.0.0.1:9464");
    assertThat(probes(operator))
        .allSatisfy(probe -> assertThat(probe.getHttpGet().getHost()).isEqualTo("127.0.0.1"));
    assertThat(probes(node))
        .allSatisfy(probe -> assertThat(probe.getHttpGet().getHost()).isEqualTo("127.0.0.1"));
    assertThat(operator.getReadinessProbe().getHttpGet().getPath()).isEqualTo("/q/health/ready");
    assertThat(node.getReadinessProbe().getHttpGet().getPath()).isEqualTo("/readyz");
  }

  @Test
  void opensHealthAndMetricsWhenAskedAndStillProbesLoopback() {
    Container node =
        nodePod(Rendering.of("node.http.address=::", "node.http.port=19464"))
            .getContainers()
            .getFirst();

    assertThat(environment(node)).containsEntry("TWEED_HTTP_ADDRESS", "[::]:19464");
    assertThat(probes(node))
        .allSatisfy(probe -> assertThat(probe.getHttpGet().getHost()).isEqualTo("127.0.0.1"));
    assertThat(node.getPorts().getFirst().getHostPort()).isEqualTo(19464);
  }

  @Test
  void apiServerValuesReplaceTheServiceAddress() {
    Rendering rendering = Rendering.of("apiServer.host=10.0.0.1", "apiServer.port=16443");

    for (PodSpec pod : List.of(operatorPod(rendering), nodePod(rendering))) {
      assertThat(environment(pod.getContainers().getFirst()))
          .containsEntry("KUBERNETES_SERVICE_HOST", "10.0.0.1")
          .containsEntry("KUBERNETES_SERVICE_PORT", "16443");
    }
  }

  @Test
  void kubeletsServiceAddressIsUsedByDefault() {
    Rendering rendering = Rendering.of();

    for (PodSpec pod : List.of(operatorPod(rendering), nodePod(rendering))) {
      assertThat(environment(pod.getContainers().getFirst()))
          .doesNotContainKey("KUBERNETES_SERVICE_HOST");
    }
  }

  @Test
  void daemonGetsItsNodesNameFromThePod() {
    EnvVar name =
        nodePod(Rendering.of()).getContainers().getFirst().getEnv().stream()
            .filter(variable -> variable.getName().equals("NODE_NAME"))
            .findFirst()
            .orElseThrow();

    assertThat(name.getValueFrom().getFieldRef().getFieldPath()).isEqualTo("spec.nodeName");
  }

  @Test
  void imagesAreMadeOfRegistryRepositoryAndTag() {
    Rendering rendering =
        Rendering.of("image.registry=registry.example.org/infra", "image.tag=dev");

    assertThat(operatorPod(rendering).getContainers().getFirst().getImage())
        .isEqualTo("registry.example.org/infra/tweed/operator:dev");
    assertThat(nodePod(rendering).getContainers().getFirst().getImage())
        .isEqualTo("registry.example.org/infra/tweed/node:dev");
  }

  @Test
  void digestWinsOverTag() {
    String digest = "sha256:" + "0123456789abcdef".repeat(4);
    Rendering rendering = Rendering.of("node.image.digest=" + digest, "image.tag=dev");

    assertThat(nodePod(rendering).getContainers().getFirst().getImage())
        .isEqualTo("registry.example.org/tweed/node@" + digest);
    assertThat(operatorPod(rendering).getContainers().getFirst().getImage())
        .isEqualTo("registry.example.org/tweed/operator:dev");
  }

  /** What holds that name on Docker Hub would run as root on every node. */
  @ParameterizedTest
  @ValueSource(strings = {"logLevel=info", "image.pullPolicy=Always"})
  void withoutARegistryNothingIsRendered(String assignment) {
    Program.Outcome outcome = Rendering.attemptWithoutRegistry(assignment);

    assertThat(outcome.succeeded()).isFalse();
    assertThat(outcome.err())
        .contains("image.registry is empty", "--set image.registry=registry.example.org");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/",
        "//",
        "infra",
        "infra/registry.example.org",
        ".",
        "docker.io",
        "docker.io/",
        "index.docker.io",
        "registry-1.docker.io:443",
        "registry.hub.docker.com"
      })
  void aRegistryWithoutAHostOfItsOwnIsRefused(String registry) {
    Program.Outcome outcome = Rendering.attempt("image.registry=" + registry);

    assertThat(outcome.succeeded()).isFalse();
    assertThat(outcome.err()).contains("image.registry", "as in", "registry.example.org");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "registry.example.org",
        "registry.example.org/infra/",
        "localhost/infra",
        "registry:5000",
        "192.0.2.1:5000/infra",
        "docker.io/infra"
      })
  void aRegistryWithAHostIsPutInFront(String registry) {
    assertThat(
            nodePod(Rendering.of("image.registry=" + registry))
                .getContainers()
                .getFirst()
                .getImage())
        .isEqualTo(registry.replaceFirst("/$", "") + "/tweed/node:0.1.0");
  }

  @Test
  void imagesThatAreNeverPulledNeedNoRegistry() {
    Program.Outcome outcome =
        Rendering.attemptWithoutRegistry("image.pullPolicy=Never", "image.tag=dev");

    assertThat(outcome.text()).contains("image: tweed/node:dev", "imagePullPolicy: Never");
  }

  /** Its port is the node's, so old and new pod cannot share a node. */
  @Test
  void operatorUpgradeNeedsNoRoomForASecondPod() {
    assertThat(operator(Rendering.of()).getSpec().getStrategy().getRollingUpdate())
        .satisfies(
            update -> {
              assertThat(update.getMaxSurge().getIntVal()).isZero();
              assertThat(update.getMaxUnavailable().getIntVal()).isOne();
            });
  }

  @Test
  void disruptionBudgetComesWithTheSecondReplica() {
    assertThat(Rendering.of("operator.replicas=1").names())
        .doesNotContain("PodDisruptionBudget/tweed-operator");
    assertThat(Rendering.of("operator.replicas=2").names())
        .contains("PodDisruptionBudget/tweed-operator");
  }

  @Test
  void podNetworkIsMadeWhenAskedAndOutlivesTheRelease() {
    GenericKubernetesResource network =
        Rendering.of("podNetwork.create=true", "podNetwork.spec.pools[0].cidr=10.42.0.0/16")
            .only(GenericKubernetesResource.class, "default");

    assertThat(network.getKind()).isEqualTo("PodNetwork");
    assertThat(network.<String>get("spec", "pools", 0, "cidr")).isEqualTo("10.42.0.0/16");
    assertThat(network.getMetadata().getAnnotations())
        .containsEntry("helm.sh/resource-policy", "keep")
        .containsEntry("argocd.argoproj.io/compare-options", "IgnoreExtraneous");
  }

  @Test
  void podMonitorsNeedAnAddressThatPrometheusReaches() {
    Program.Outcome outcome = Rendering.attempt("metrics.podMonitor.enabled=true");

    assertThat(outcome.succeeded()).isFalse();
    assertThat(outcome.err()).contains("node.http.address=127.0.0.1", "set it to 0.0.0.0");
  }

  @Test
  void podMonitorsComeWithReachableAddresses() {
    Rendering rendering =
        Rendering.of(
            "metrics.podMonitor.enabled=true",
            "node.http.address=0.0.0.0",
            "operator.http.address=0.0.0.0");

    assertThat(rendering.names()).contains("PodMonitor/tweed-node", "PodMonitor/tweed-operator");
  }

  @Test
  void helmTestRunsAPodOfThePodNetworkWithoutAnyRight() {
    Pod pod = Rendering.withTests().only(Pod.class, "tweed-test");

    assertThat(pod.getMetadata().getAnnotations()).containsEntry("helm.sh/hook", "test");
    assertThat(pod.getSpec().getHostNetwork()).isNull();
    assertThat(pod.getSpec().getAutomountServiceAccountToken()).isFalse();
    assertThat(pod.getSpec().getSecurityContext().getRunAsNonRoot()).isTrue();
    assertThat(pod.getSpec().getContainers().getFirst().getArgs())
        .containsExactly("connect", "$(KUBERNETES_SERVICE_HOST)", "$(KUBERNETES_SERVICE_PORT)");
    assertThat(pod.getMetadata().getLabels())
        .as("not one of those that the selectors of the release find")
        .containsEntry("app.kubernetes.io/component", "test");
  }

  @Test
  void alertsComeWithLinksToTheDocumentsOfPeople() {
    Rendering rendering =
        Rendering.of(
            "metrics.prometheusRule.enabled=true",
            "metrics.prometheusRule.labels.release=prom",
            "metrics.prometheusRule.docs=https://git.example.org/docs/");

    GenericKubernetesResource rule = rendering.only(GenericKubernetesResource.class, "tweed");
    assertThat(rule.getMetadata().getLabels()).containsEntry("release", "prom");
    assertThat(rule.<String>get("spec", "groups", 0, "rules", 0, "annotations", "runbook_url"))
        .startsWith("https://git.example.org/docs/troubleshooting.md#");
    assertThat(rule.<String>get("spec", "groups", 0, "rules", 0, "annotations", "summary"))
        .contains("{{ $labels.network }}");
  }

  /** The level that all ServiceAccounts share would be theirs otherwise. */
  @Test
  void operatorAndDaemonsHaveAPriorityLevelEach() {
    Rendering rendering = Rendering.of("node.outsidePods=true", "node.serviceAccount.name=limb");
    FlowSchema schema = rendering.only(FlowSchema.class, "tweed-node");

    assertThat(schema.getSpec().getPriorityLevelConfiguration().getName()).isEqualTo("tweed-node");
    assertThat(schema.getSpec().getMatchingPrecedence()).isLessThan(9000);
    assertThat(schema.getSpec().getRules().getFirst().getSubjects())
        .extracting(
            subject ->
                subject.getKind().equals("Group")
                    ? subject.getGroup().getName()
                    : subject.getServiceAccount().getName())
        .containsExactly("limb", "tweed:nodes");
    assertThat(Rendering.of("flowControl.enabled=false").names())
        .noneMatch(name -> name.startsWith("FlowSchema") || name.startsWith("PriorityLevel"));
  }

  @Test
  void cleanupIsAReleaseOfItsOwnWithoutApiAccess() {
    Rendering rendering = Rendering.ofCleanup("podNetwork.create=true");

    assertThat(rendering.names()).containsExactly("DaemonSet/" + CLEANUP);
    PodSpec pod = rendering.only(DaemonSet.class, CLEANUP).getSpec().getTemplate().getSpec();
    assertThat(pod.getAutomountServiceAccountToken()).isFalse();
    assertThat(pod.getInitContainers())
        .singleElement()
        .satisfies(
            container -> {
              assertThat(container.getArgs()).containsExactly("cleanup");
              assertThat(container.getSecurityContext().getCapabilities().getAdd())
                  .containsExactly("NET_ADMIN");
            });
    assertThat(pod.getContainers().getFirst().getSecurityContext().getCapabilities().getAdd())
        .isNullOrEmpty();
  }

  /** A slip in the values of a release that runs must not cut every pod off. */
  @Test
  void noValueTurnsARunningReleaseIntoACleanup() {
    assertThat(Rendering.attempt("cleanup.enabled=true").err())
        .contains("cleanup.enabled=true takes the network off every node", "release tweed.");
    assertThat(Rendering.attempt("enabled=false").err())
        .contains("enabled=false is for the condition of a parent chart");
  }

  /** By {@code --reuse-values}, which leaves out what the new chart's defaults add. */
  @ParameterizedTest
  @ValueSource(strings = {"networkPolicy=null", "networkPolicy.podStart=null"})
  void valuesOfAnEarlierVersionAreRefusedWithTheRemedy(String missing) {
    assertThat(Rendering.attempt(missing, "node.leases=null", "operator.batch=null").err())
        .contains("give --reset-then-reuse-values in place of --reuse-values");
  }

  @Test
  void aParentChartTakesItInByItsCondition(@TempDir Path parent) throws Exception {
    Files.writeString(
        parent.resolve("Chart.yaml"),
        """
        apiVersion: v2
        name: parent
        version: 0.1.0
        dependencies:
          - {name: tweed, version: 0.1.0, condition: tweed.enabled}
        """);
    Files.writeString(
        parent.resolve("values.yaml"), "tweed: {enabled: true, image: {registry: r.example.org}}");
    Files.createSymbolicLink(
        Files.createDirectory(parent.resolve("charts")).resolve("tweed"), ChartTools.chart());
    String helm = ChartTools.helm().toString();

    Program.Outcome with = Program.run(List.of(helm, "template", "x", parent.toString()));
    Program.Outcome without =
        Program.run(List.of(helm, "template", "x", parent.toString(), "--set=tweed.enabled=false"));

    assertThat(with.text()).contains("kind: DaemonSet");
    assertThat(without.text()).doesNotContain("kind:");
  }

  @Test
  void labelsOfPeopleAreOnObjectsAndPodsAndInNoSelector() {
    Rendering rendering =
        Rendering.of(
            "commonLabels.team=net",
            "commonLabels.tier=base",
            "node.podLabels.tier=daemon",
            "operator.podLabels.zone=a");

    assertThat(rendering.objects())
        .allSatisfy(
            object -> assertThat(object.getMetadata().getLabels()).containsEntry("team", "net"));
    assertThat(node(rendering).getSpec().getTemplate().getMetadata().getLabels())
        .contains(entry("team", "net"), entry("tier", "daemon"));
    assertThat(operator(rendering).getSpec().getTemplate().getMetadata().getLabels())
        .contains(entry("tier", "base"), entry("zone", "a"));
    assertThat(node(rendering).getSpec().getSelector().getMatchLabels()).hasSize(3);
    assertThat(operator(rendering).getSpec().getSelector().getMatchLabels()).hasSize(3);
  }

  /** Whoever is forgotten somewhere has no rights, or is bound by no policy. */
  @Test
  void serviceAccountsOfPeopleTakeThePlaceOfTheChartsEverywhere() {
    Rendering rendering =
        Rendering.of(
            "operator.serviceAccount.name=brain",
            "operator.serviceAccount.annotations.cloud=role",
            "node.serviceAccount.name=limb",
            "node.serviceAccount.create=false");

    assertThat(rendering.only(ServiceAccount.class, "brain").getMetadata().getAnnotations())
        .containsEntry("cloud", "role");
    assertThat(rendering.names())
        .doesNotContain("ServiceAccount/limb", "ServiceAccount/tweed-node");
    assertThat(operatorPod(rendering).getServiceAccountName()).isEqualTo("brain");
    assertThat(nodePod(rendering).getServiceAccountName()).isEqualTo("limb");
    assertThat(rendering.text())
        .doesNotContainPattern("kind: ServiceAccount\n +name: tweed-")
        .doesNotContain("serviceaccount:tweed-system:tweed-")
        .contains("serviceaccount:tweed-system:brain", "serviceaccount:tweed-system:limb");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "node.serviceAccount.name=default",
        "operator.serviceAccount.name=default",
        "node.serviceAccount.name=tweed-operator"
      })
  void aServiceAccountThatOthersHaveIsRefused(String assignment) {
    assertThat(Rendering.attempt(assignment).err())
        .contains("serviceAccount.name=", "neither the operator nor any other pod");
  }

  /** Server-side apply, which is Helm 4's, refuses two entries of one name. */
  @Test
  void environmentOfPeopleTakesThePlaceOfTheCharts() {
    Rendering rendering =
        Rendering.of(
            "operator.extraEnv[0].name=TWEED_BATCH",
            "operator.extraEnv[0].value=seven",
            "node.extraEnv[0].name=NODE_NAME",
            "node.extraEnv[0].value=me");

    assertThat(environment(operatorPod(rendering).getContainers().getFirst()))
        .containsEntry("TWEED_BATCH", "seven")
        .containsEntry("TWEED_PARALLELISM", "16");
    assertThat(environment(nodePod(rendering).getContainers().getFirst()))
        .containsEntry("NODE_NAME", "me");
  }

  @Test
  void settingsOfTheOperatorComeWithTheirValues() {
    Rendering rendering =
        Rendering.of(
            "operator.parallelism=32",
            "operator.batch=100",
            "operator.leaderElection.leaseDuration=30s",
            "operator.heap=300m",
            "operator.jvmOptions={-Xlog:gc,-Dx=y}",
            "node.heap=128m");

    assertThat(environment(operatorPod(rendering).getContainers().getFirst()))
        .containsEntry("TWEED_PARALLELISM", "32")
        .containsEntry("TWEED_BATCH", "100")
        .containsEntry("TWEED_LEADER_ELECTION_LEASE_DURATION", "30s")
        .containsEntry("TWEED_JAVA_OPTS", "-Xmx300m -Xlog:gc -Dx=y");
    assertThat(environment(nodePod(rendering).getContainers().getFirst()))
        .containsEntry("TWEED_JAVA_OPTS", "-Xmx128m");
    assertThat(
            Rendering.attempt("operator.leaderElection.enabled=false", "operator.replicas=2").err())
        .contains("operator.leaderElection.enabled=false with several operator.replicas");
  }

  @Test
  void placementComesWithItsValues() {
    Rendering rendering =
        Rendering.of(
            "operator.priorityClassName=",
            "node.priorityClassName=",
            "node.updateStrategy.type=OnDelete",
            "node.seLinuxOptions.type=spc_t",
            "operator.extraTolerations[0].key=example.com/startup",
            "operator.topologySpreadConstraints[0].topologyKey=zone",
            "operator.topologySpreadConstraints[0].maxSkew=1",
            "operator.topologySpreadConstraints[0].whenUnsatisfiable=ScheduleAnyway");

    assertThat(operatorPod(rendering).getPriorityClassName()).isNull();
    assertThat(nodePod(rendering).getPriorityClassName()).isNull();
    assertThat(node(rendering).getSpec().getUpdateStrategy().getType()).isEqualTo("OnDelete");
    assertThat(node(rendering).getSpec().getUpdateStrategy().getRollingUpdate()).isNull();
    assertThat(nodePod(rendering).getSecurityContext().getSeLinuxOptions().getType())
        .isEqualTo("spc_t");
    assertThat(operatorPod(rendering).getTolerations())
        .extracting(Toleration::getKey)
        .contains("node.kubernetes.io/not-ready", "example.com/startup");
    assertThat(operatorPod(rendering).getTopologySpreadConstraints().getFirst())
        .satisfies(
            constraint -> {
              assertThat(constraint.getTopologyKey()).isEqualTo("zone");
              assertThat(constraint.getLabelSelector().getMatchLabels())
                  .isEqualTo(operator(rendering).getSpec().getSelector().getMatchLabels());
            });
  }

  /**
   * What differs between two renderings of the same values would be noise in every diff, and Argo
   * CD would show it as drift. NOTES.txt is no manifest: helm prints it to a person, once.
   */
  @ParameterizedTest
  @ValueSource(
      strings = {"lookup", "randAlpha", "randBytes", "genCA", "uuidv4", "now", ".IsInstall"})
  void manifestsUseNothingThatChangesFromRunToRun(String function) throws Exception {
    try (Stream<java.nio.file.Path> files = Files.walk(ChartTools.chart().resolve("templates"))) {
      for (Path file :
          files.filter(Files::isRegularFile).filter(file -> !file.endsWith("NOTES.txt")).toList()) {
        assertThat(Files.readString(file))
            .doesNotContainPattern("\\{\\{[^}]*\\b" + function.replace(".", "\\.") + "\\b");
      }
    }
  }

  private static Deployment operator(Rendering rendering) {
    return rendering.only(Deployment.class, "tweed-operator");
  }

  private static DaemonSet node(Rendering rendering) {
    return rendering.only(DaemonSet.class, "tweed-node");
  }

  private static PodSpec operatorPod(Rendering rendering) {
    return operator(rendering).getSpec().getTemplate().getSpec();
  }

  private static PodSpec nodePod(Rendering rendering) {
    return node(rendering).getSpec().getTemplate().getSpec();
  }

  private static Map<String, String> environment(Container container) {
    return container.getEnv().stream()
        .filter(variable -> variable.getValue() != null)
        .collect(Collectors.toMap(EnvVar::getName, EnvVar::getValue));
  }

  private static List<Probe> probes(Container container) {
    return List.of(
        container.getStartupProbe(), container.getLivenessProbe(), container.getReadinessProbe());
  }
}
