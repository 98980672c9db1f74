package dev.tweed.e2e.bed;

import com.github.dockerjava.api.model.Capability;
import org.testcontainers.containers.GenericContainer;
import org.testcontainers.containers.wait.strategy.Wait;
import org.testcontainers.utility.DockerImageName;

/**
 * A container on the machines' network that is no node of the cluster: the outside of the pod
 * network. Runs the probe's servers.
 */
public final class Stranger {
  private final String address;
  private final GenericContainer<?> container;

  private Stranger(String address, GenericContainer<?> container) {
    this.address = address;
    this.container = container;
  }

  static Stranger start(ClusterPlan plan) {
    String address = plan.address(200);
    GenericContainer<?> container =
        new GenericContainer<>(DockerImageName.parse("tweed/probe:dev"))
            .withImagePullPolicy(image -> false)
            .withNetworkMode(plan.name())
            .withLabel(Leftovers.LABEL, plan.label())
            .waitingFor(Wait.forLogMessage(".*READY.*", 1))
            .withCreateContainerCmdModifier(
                command -> {
                  plan.addressed(command, address).withName(plan.containerName("outside"));
                  // To make devices of its own, as whoever owns a machine can.
                  command.getHostConfig().withCapAdd(Capability.NET_ADMIN);
                });
    container.start();
    return new Stranger(address, container);
  }

  /** Its address on the network of machines. */
  public String address() {
    return address;
  }

  /** Runs a command in it and waits for its end. */
  public Output exec(String... command) {
    return Machine.run("outside", container, command);
  }

  /** Runs a script by {@code sh -c}. */
  public Output shell(String script) {
    return exec("sh", "-c", script);
  }

  void stop() {
    container.stop();
  }
}
