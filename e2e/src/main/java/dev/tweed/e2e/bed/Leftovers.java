package dev.tweed.e2e.bed;

import com.github.dockerjava.api.DockerClient;
import com.github.dockerjava.api.exception.NotFoundException;
import java.util.List;
import org.testcontainers.DockerClientFactory;

/**
 * Removes what carries our label. Testcontainers' own reaper needs an image nobody can pull here,
 * so a killed run would otherwise leave its cluster behind.
 */
public final class Leftovers {
  /**
   * Label on every container and network of the test bed; the value is {@code test} or {@code
   * demo}.
   */
  public static final String LABEL = "dev.tweed.bed";

  private Leftovers() {}

  /** Removes containers with their volumes, then networks. */
  public static void sweep(String labelValue) {
    DockerClient docker = DockerClientFactory.lazyClient();
    List<String> filter = List.of(LABEL + "=" + labelValue);
    docker.listContainersCmd().withShowAll(true).withLabelFilter(filter).exec().parallelStream()
        .forEach(container -> removeContainer(docker, container.getId()));
    docker.listNetworksCmd().withFilter("label", filter).exec().stream()
        .forEach(network -> removeNetwork(docker, network.getId()));
  }

  static void removeContainer(DockerClient docker, String id) {
    try {
      docker.removeContainerCmd(id).withForce(true).withRemoveVolumes(true).exec();
    } catch (NotFoundException e) {
      // Gone is what was wanted.
    }
  }

  static void removeNetwork(DockerClient docker, String id) {
    try {
      docker.removeNetworkCmd(id).exec();
    } catch (NotFoundException e) {
      // Gone is what was wanted.
    }
  }
}
