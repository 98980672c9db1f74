package dev.tweed.agent.cni;

import dev.tweed.dataplane.HostPort;
import dev.tweed.enforce.gate.CniResult;
import dev.tweed.ip.IpAddress;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Function;

/**
 * Which ports of the node lead to its pods, by what the runtime remembers of them. What it does
 * counts while its pod has the address: host-local says whose that is, and nobody else gets one
 * until then. Pure.
 */
public final class HostPortPlanner {

  private HostPortPlanner() {}

  /**
   * The ports, in an order that does not depend on that of the results.
   *
   * @param holder the container that an address is given to
   */
  public static List<HostPort> plan(
      List<CniResult> results, Function<IpAddress, Optional<String>> holder) {
    return results.stream()
        .filter(result -> !result.portMappings().isEmpty())
        .flatMap(
            result ->
                result.addresses().stream()
                    .filter(pod -> holder.apply(pod).equals(Optional.of(result.container())))
                    .flatMap(
                        pod -> result.portMappings().stream().flatMap(m -> port(m, pod).stream())))
        .distinct()
        .sorted(
            Comparator.comparing(HostPort::port)
                .thenComparing(HostPort::protocol)
                .thenComparing(HostPort::pod)
                .thenComparing(HostPort::toString))
        .toList();
  }

  /** As the plugin portmap: an address of the node of the other family is for the pod's other. */
  private static Optional<HostPort> port(CniResult.PortMapping mapping, IpAddress pod) {
    Optional<IpAddress> own = IpAddress.tryParse(mapping.hostIp());
    Optional<HostPort.Protocol> protocol =
        Arrays.stream(HostPort.Protocol.values())
            .filter(p -> p.name().equals(mapping.protocol().toUpperCase(Locale.ROOT)))
            .findFirst();
    OptionalInt port = number(mapping.hostPort());
    OptionalInt podPort = number(mapping.containerPort());
    if (protocol.isEmpty()
        || port.isEmpty()
        || podPort.isEmpty()
        || own.isEmpty() && !mapping.hostIp().isEmpty()
        || own.filter(address -> address.family() != pod.family()).isPresent()) {
      return Optional.empty();
    }
    return Optional.of(
        new HostPort(
            pod,
            podPort.getAsInt(),
            protocol.get(),
            port.getAsInt(),
            own.filter(address -> !isUnspecified(address))));
  }

  private static OptionalInt number(String text) {
    if (!text.matches("[0-9]{1,5}")) {
      return OptionalInt.empty();
    }
    int number = Integer.parseInt(text);
    return number > 0 && number < 1 << 16 ? OptionalInt.of(number) : OptionalInt.empty();
  }

  private static boolean isUnspecified(IpAddress address) {
    byte[] bytes = address.toBytes();
    return Arrays.equals(bytes, new byte[bytes.length]);
  }
}
