package dev.tweed.enforce.gate;

import dev.tweed.ip.IpAddress;
import dev.tweed.netlink.MacAddress;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * What a container runtime remembers of one ADD: libcni keeps it from before the ADD returns until
 * the DEL. It is on disk, so it may be of a pod of another boot.
 *
 * @param container the pod's sandbox
 * @param uid of the pod; empty if the runtime does not tell plugins
 * @param namespace of the pod; empty if the runtime does not tell plugins
 * @param name of the pod
 * @param addresses that the pod got
 * @param hostInterfaces devices on the host's side, among them the pod's own
 * @param mac hardware address of the pod's device; empty if it has several, or that is none
 * @param portMappings ports of the host that were asked to lead to the pod, as they were asked
 */
public record CniResult(
    String container,
    String uid,
    String namespace,
    String name,
    Set<IpAddress> addresses,
    List<HostInterface> hostInterfaces,
    Optional<MacAddress> mac,
    List<PortMapping> portMappings) {
  public CniResult {
    addresses = Set.copyOf(addresses);
    hostInterfaces = List.copyOf(hostInterfaces);
    portMappings = List.copyOf(portMappings);
  }

  /** A device, and the hardware address it had. */
  public record HostInterface(String name, String mac) {}

  /** As the runtime puts it: anything may be wrong with it. */
  public record PortMapping(
      String hostPort, String containerPort, String protocol, String hostIp) {}
}
