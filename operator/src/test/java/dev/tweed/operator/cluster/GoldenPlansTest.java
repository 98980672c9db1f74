package dev.tweed.operator.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.crds.Condition;
import dev.tweed.crds.MirroredLabels;
import dev.tweed.crds.NodeReport;
import dev.tweed.crds.NodeSubnet;
import dev.tweed.crds.NodeSubnetName;
import dev.tweed.crds.PodNetwork;
import dev.tweed.crds.PodNetworkStatus;
import dev.tweed.operator.allocation.AllocationHistory;
import dev.tweed.operator.allocation.AllocationInput;
import dev.tweed.operator.allocation.AllocationPlan;
import dev.tweed.operator.allocation.AllocationPlan.Release;
import dev.tweed.operator.allocation.AllocationPlanner;
import dev.tweed.operator.allocation.DaemonFacts;
import dev.tweed.operator.allocation.SubnetFacts;
import dev.tweed.operator.reach.NetworkReach;
import dev.tweed.operator.status.PodNetworkStatusMapper;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.networking.v1.ServiceCIDR;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * One directory for each situation: {@code in-*.yaml} is the cluster, {@code out-plan.yaml} what
 * the operator does, {@code out-status.yaml} what it says. {@code -Dtweed.golden=write} writes the
 * outputs anew; read the difference before you commit it.
 */
class GoldenPlansTest {
  private static final Path ROOT = Path.of("src/test/resources/golden");
  private static final Instant NOW = Instant.parse("2026-03-01T12:00:00Z");
  private static final KubernetesSerialization YAML = new KubernetesSerialization();

  static Stream<String> situations() throws IOException {
    try (Stream<Path> directories = Files.list(ROOT)) {
      return directories.map(d -> d.getFileName().toString()).sorted().toList().stream();
    }
  }

  @ParameterizedTest
  @MethodSource("situations")
  void planAndStatusAreAsWritten(String situation) throws IOException {
    Path directory = ROOT.resolve(situation);
    List<HasMetadata> cluster = read(directory);
    List<PodNetwork> networks = only(cluster, PodNetwork.class);
    List<SubnetFacts> subnets =
        only(cluster, NodeSubnet.class).stream().map(GoldenPlansTest::facts).toList();

    AllocationPlan plan =
        AllocationPlanner.plan(
            new AllocationInput(
                networks.stream().map(Facts::of).toList(),
                only(cluster, Node.class).stream().map(Facts::of).toList(),
                subnets,
                only(cluster, ServiceCIDR.class).stream()
                    .collect(Collectors.toMap(s -> s.getMetadata().getName(), Facts::of)),
                DaemonFacts.none(),
                AllocationHistory.none(),
                Duration.ofMinutes(5),
                MirroredLabels.ALWAYS,
                NOW));

    compare(directory.resolve("out-plan.yaml"), YAML.asYaml(describe(plan)));
    compare(
        directory.resolve("out-status.yaml"),
        YAML.asYaml(statuses(cluster, networks, subnets, plan)));
  }

  private static SubnetFacts facts(NodeSubnet subnet) {
    subnet.getMetadata().setResourceVersion("1");
    return Facts.of(subnet);
  }

  private static List<HasMetadata> read(Path directory) throws IOException {
    List<HasMetadata> objects = new ArrayList<>();
    try (Stream<Path> files = Files.list(directory)) {
      for (Path file : files.sorted().toList()) {
        String name = file.getFileName().toString();
        assertThat(name)
            .as("a file that nothing reads")
            .matches("(in-.+|out-(plan|status))\\.yaml");
        if (name.startsWith("in-")) {
          for (String document : Files.readString(file).split("(?m)^---$")) {
            objects.add((HasMetadata) YAML.unmarshal(document, kind(document)));
          }
        }
      }
    }
    return objects;
  }

  private static Class<?> kind(String document) {
    Map<String, Class<?>> kinds =
        Map.of(
            "PodNetwork",
            PodNetwork.class,
            "Node",
            Node.class,
            "NodeSubnet",
            NodeSubnet.class,
            "NodeReport",
            NodeReport.class,
            "ServiceCIDR",
            ServiceCIDR.class);
    return document
        .lines()
        .filter(line -> line.startsWith("kind: "))
        .map(line -> kinds.get(line.substring(6).trim()))
        .findFirst()
        .orElseThrow();
  }

  private static <T> List<T> only(List<HasMetadata> objects, Class<T> kind) {
    return objects.stream().filter(kind::isInstance).map(kind::cast).toList();
  }

  private static Map<String, Object> describe(AllocationPlan plan) {
    Map<String, Object> text = new LinkedHashMap<>();
    text.put(
        "create",
        plan.claims().stream()
            .map(
                c -> {
                  Map<String, Object> claim = new LinkedHashMap<>();
                  claim.put("name", NodeSubnetName.of(c.cidr()).value());
                  claim.put("labels", c.labels());
                  claim.put("spec", c.spec());
                  return claim;
                })
            .toList());
    text.put(
        "patch",
        plan.amendments().stream()
            .map(a -> Map.of(a.subnet().name(), SubnetWriter.patch(a)))
            .toList());
    text.put(
        "delete",
        plan.releases().stream()
            .map(r -> r.subnet().name() + ": " + r.reason() + ": " + r.message())
            .toList());
    if (!plan.suspended().isEmpty()) {
      text.put("suspended", plan.suspended().stream().map(r -> r.subnet().name()).toList());
    }
    text.put("cursors", plan.cursors());
    text.put("again", plan.nextDeadline().map(Instant::toString).orElse("whenever"));
    return text;
  }

  private static Map<String, PodNetworkStatus> statuses(
      List<HasMetadata> cluster,
      List<PodNetwork> networks,
      List<SubnetFacts> subnets,
      AllocationPlan plan) {
    ReportStore reports = new ReportStore(() -> {}, () -> {});
    only(cluster, NodeReport.class).forEach(r -> reports.put(r.getMetadata().getName(), r));
    Map<String, NetworkReach> reach =
        ReachWatch.join(
            new ClusterView(
                networks.stream().map(Facts::of).toList(),
                only(cluster, Node.class).stream().map(Facts::of).toList(),
                Map.of(),
                subnets,
                List.of(),
                reports.byName(),
                List.of(),
                Map.of()));
    Map<String, NetworkReadiness> readiness =
        NetworkReadiness.of(subnets, reports.byName(), Set.of(), NOW);
    Map<String, PodNetworkStatus> statuses = new TreeMap<>();
    for (PodNetwork network : networks) {
      String name = network.getMetadata().getName();
      List<Condition> previous =
          network.getStatus() == null ? List.of() : network.getStatus().conditions();
      statuses.put(
          name,
          PodNetworkStatusMapper.status(
              new ClusterOutcome.NetworkState(
                  network.getMetadata().getUid(),
                  Optional.ofNullable(network.getMetadata().getGeneration()).orElse(1L),
                  plan.networks().get(name),
                  Optional.empty(),
                  readiness.getOrDefault(name, NetworkReadiness.none()),
                  blocks(name, subnets, plan),
                  of(name, plan.suspended()),
                  ClusterOutcome.Pending.of(
                      of(name, plan.pending()), SubnetFacts::goneSince, Duration.ofMinutes(5))),
              reach.get(name),
              previous,
              NOW));
    }
    return statuses;
  }

  private static List<Release> of(String network, List<Release> releases) {
    return releases.stream().filter(r -> r.subnet().spec().podNetwork().equals(network)).toList();
  }

  private static int blocks(String network, List<SubnetFacts> subnets, AllocationPlan plan) {
    return (int)
        Stream.concat(
                subnets.stream().map(SubnetFacts::spec),
                plan.claims().stream().map(AllocationPlan.Claim::spec))
            .filter(spec -> spec.podNetwork().equals(network))
            .count();
  }

  private static void compare(Path expected, String actual) throws IOException {
    if ("write".equals(System.getProperty("tweed.golden"))) {
      Files.writeString(expected, actual);
    }
    assertThat(actual).isEqualTo(Files.readString(expected));
  }
}
