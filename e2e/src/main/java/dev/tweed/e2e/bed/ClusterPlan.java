package dev.tweed.e2e.bed;

import com.github.dockerjava.api.command.CreateContainerCmd;
import dev.tweed.e2e.bed.MachinePlan.Role;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * A cluster before it exists.
 *
 * @param name of the docker network and its bridge (at most 15 characters), prefix of container
 *     names
 * @param label value of the label {@link Leftovers#LABEL} on all that belongs to it
 * @param subnetPrefix first three bytes of the machines' /24, as in {@code 172.31.77}
 * @param ipv6Only whether the machines are known by addresses of IPv6; else they have none
 * @param pki directory for its certificates; made anew when it does not exist
 * @param machines the control plane first
 */
public record ClusterPlan(
    String name,
    String label,
    String subnetPrefix,
    boolean ipv6Only,
    Path pki,
    List<MachinePlan> machines) {

  public ClusterPlan {
    machines = List.copyOf(machines);
    if (!name.matches("tweed-[a-z0-9-]{1,9}")) {
      throw new BedException(
          name + ": a cluster's name begins with tweed- and has at most 15 characters");
    }
    if (machines.isEmpty() || !machines.getFirst().role().isControlPlane()) {
      throw new BedException(name + ": the first machine has to be the control plane");
    }
  }

  /** A control plane {@code cp} and {@code count} nodes {@code n1}... without any pod network. */
  public static ClusterPlan test(BedSettings settings, int count) {
    List<MachinePlan> machines = new ArrayList<>();
    machines.add(new MachinePlan("cp", Role.CONTROL_PLANE, Map.of()));
    IntStream.rangeClosed(1, count).mapToObj(i -> MachinePlan.node("n" + i)).forEach(machines::add);
    return test(settings, machines);
  }

  /** A cluster of the test network; only one exists at a time. */
  public static ClusterPlan test(BedSettings settings, List<MachinePlan> machines) {
    return new ClusterPlan(
        "tweed-t1",
        "test",
        "172.31.77",
        false,
        settings.workDirectory().resolve("e2e-pki"),
        machines);
  }

  /** The same with machines, Services and a host network of IPv6 alone. */
  public static ClusterPlan ipv6Only(BedSettings settings, List<MachinePlan> machines) {
    return new ClusterPlan(
        "tweed-t1",
        "test",
        "172.31.77",
        true,
        settings.workDirectory().resolve("e2e-pki-ipv6"),
        machines.stream().map(m -> m.with("BED_SERVICE_CIDR", "fd00:96::/112")).toList());
  }

  /** The cluster {@code ./dev demo} leaves running: a control plane and three nodes. */
  public static ClusterPlan demo(BedSettings settings) {
    return new ClusterPlan(
        "tweed-demo",
        "demo",
        "172.31.78",
        false,
        settings.cache().resolve("demo").resolve("pki"),
        test(settings, 3).machines().stream().map(MachinePlan::withClusterDns).toList());
  }

  /**
   * The cluster that {@code ./dev conformance} runs suites of others on: the control plane is a
   * node, too, since some of them let the API server reach pods.
   */
  public static ClusterPlan conformance(BedSettings settings) {
    return new ClusterPlan(
        "tweed-conf",
        "conformance",
        "172.31.79",
        false,
        settings.workDirectory().resolve("conformance-pki"),
        Stream.concat(
                Stream.of(new MachinePlan("cp", Role.BOTH, Map.of())),
                test(settings, 3).machines().stream().skip(1))
            .map(MachinePlan::withClusterDns)
            .toList());
  }

  /** Address of the machine made as number {@code index}, 0 being the control plane. */
  String address(int index) {
    return ipv6Only ? "fd00:31:77::%x".formatted(10 + index) : subnetPrefix + "." + (10 + index);
  }

  /** The host's address on the network of machines. */
  String gateway() {
    return subnetPrefix + ".1";
  }

  /** Gives a container this address; of IPv4 Docker chooses one where that is not it. */
  CreateContainerCmd addressed(CreateContainerCmd container, String address) {
    return ipv6Only ? container.withIpv6Address(address) : container.withIpv4Address(address);
  }

  /** Of the docker network. */
  List<String> subnets() {
    String ipv4 = subnetPrefix + ".0/24";
    return ipv6Only ? List.of(ipv4, "fd00:31:77::/64") : List.of(ipv4);
  }

  String containerName(String machine) {
    return name + "-" + machine;
  }
}
