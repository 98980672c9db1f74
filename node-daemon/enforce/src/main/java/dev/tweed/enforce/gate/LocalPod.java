package dev.tweed.enforce.gate;

import dev.tweed.ip.IpAddress;
import dev.tweed.netlink.Link;
import dev.tweed.netlink.MacAddress;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;

/**
 * A pod that runs on this node.
 *
 * @param uid of the pod
 * @param namespace of the pod
 * @param name of the pod
 * @param addresses that it has, which nobody else may
 * @param device index of the host's end of its veth
 * @param mac hardware address of its own end, if the result tells
 */
public record LocalPod(
    String uid,
    String namespace,
    String name,
    Set<IpAddress> addresses,
    int device,
    Optional<MacAddress> mac) {
  public LocalPod {
    addresses = Set.copyOf(addresses);
  }

  /**
   * The pods of results. One counts only while a port of a bridge has the name that the result has,
   * and either its hardware address, which udev may have changed since, or the addresses are the
   * container's by the word of who gives them in this boot: a result of another boot must not give
   * its address another pod's policies.
   *
   * @param holder the container that an address is given to
   */
  public static List<LocalPod> of(
      List<CniResult> results, List<Link> links, Function<IpAddress, Optional<String>> holder) {
    Map<String, Link> ports = new HashMap<>();
    links.stream().filter(l -> l.masterIndex() != 0).forEach(l -> ports.put(l.name(), l));
    List<LocalPod> pods = new ArrayList<>();
    for (CniResult result : results) {
      if (result.uid().isEmpty() || result.namespace().isEmpty()) {
        continue;
      }
      result.hostInterfaces().stream()
          .flatMap(
              i ->
                  Optional.ofNullable(ports.get(i.name()))
                      .filter(l -> isSame(l, i) || holds(result, holder))
                      .stream())
          .findFirst()
          .ifPresent(
              link ->
                  pods.add(
                      new LocalPod(
                          result.uid(),
                          result.namespace(),
                          result.name(),
                          result.addresses(),
                          link.index(),
                          result.mac())));
    }
    return pods;
  }

  private static boolean holds(CniResult result, Function<IpAddress, Optional<String>> holder) {
    return !result.container().isEmpty()
        && result.addresses().stream()
            .allMatch(a -> holder.apply(a).equals(Optional.of(result.container())));
  }

  private static boolean isSame(Link link, CniResult.HostInterface remembered) {
    return link.mac().map(m -> m.toString().equals(remembered.mac())).orElse(false);
  }
}
