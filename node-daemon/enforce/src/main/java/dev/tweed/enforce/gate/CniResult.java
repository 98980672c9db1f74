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
 * @param uid of the pod
 * @param namespace of the pod
 * @param name of the pod
 * @param addresses that the pod got
 * @param hostInterfaces devices on the host's side, among them the pod's own
 * @param mac hardware address of the pod's device; empty if it has several, or that is none
 */
public record CniResult(
    String uid,
    String namespace,
    String name,
    Set<IpAddress> addresses,
    List<HostInterface> hostInterfaces,
    Optional<MacAddress> mac) {
  public CniResult {
    addresses = Set.copyOf(addresses);
    hostInterfaces = List.copyOf(hostInterfaces);
  }

  /** A device, and the hardware address it had. */
  public record HostInterface(String name, String mac) {}
}
