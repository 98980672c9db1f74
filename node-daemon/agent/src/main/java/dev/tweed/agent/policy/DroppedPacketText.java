package dev.tweed.agent.policy;

import dev.tweed.agent.firewall.PolicyPacketText;
import dev.tweed.enforce.gate.LocalPod;
import dev.tweed.enforce.table.CompiledPolicies;
import dev.tweed.enforce.table.PolicyTableCompiler;
import dev.tweed.ip.IpAddress;
import dev.tweed.netlink.LoggedPacket;
import dev.tweed.policy.PolicyRef;
import java.util.List;
import java.util.Optional;
import java.util.function.IntFunction;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * A packet that network policies dropped, in a line: who, to whom, and by which policies. Its
 * addresses are those it had then: of a Service it is the pod's. Pure.
 */
public final class DroppedPacketText {

  private static final int NAMES = 3;

  private DroppedPacketText() {}

  /**
   * The line; empty if something else has logged it.
   *
   * @param device name of one by its index
   * @param enforced what is in force
   * @param local pods that run here
   */
  public static Optional<String> of(
      LoggedPacket packet,
      IntFunction<Optional<String>> device,
      Optional<EnforcedPolicies> enforced,
      List<LocalPod> local) {
    if (!packet.prefix().startsWith(PolicyTableCompiler.LOG_PREFIX)) {
      return Optional.empty();
    }
    String chain = packet.prefix().substring(PolicyTableCompiler.LOG_PREFIX.length());
    return enforced
        .flatMap(e -> Optional.ofNullable(e.compiled().drops().get(chain)).map(d -> why(d, e)))
        .map(
            why ->
                "network policies: dropped%s%s; %s"
                    .formatted(PolicyPacketText.of(packet, device), pods(packet, local), why));
  }

  private static String why(CompiledPolicies.Drop drop, EnforcedPolicies enforced) {
    List<String> policies =
        drop.programs().stream()
            .sorted()
            .flatMap(p -> Optional.ofNullable(enforced.state().programs().get(p)).stream())
            .map(p -> name(p.policy()))
            .toList();
    return drop.cause().text()
        + policies.stream().limit(NAMES).map(p -> ", " + p).collect(Collectors.joining())
        + (policies.size() > NAMES ? " and %d more".formatted(policies.size() - NAMES) : "");
  }

  private static String name(PolicyRef policy) {
    return (policy.kind() == PolicyRef.Kind.NETWORK_POLICY
            ? "NetworkPolicy"
            : "ClusterNetworkPolicy")
        + " of UID "
        + policy.uid();
  }

  private static String pods(LoggedPacket packet, List<LocalPod> local) {
    return packet.header().stream()
        .flatMap(h -> Stream.of(h.source(), h.destination()))
        .flatMap(address -> pod(address, local).stream())
        .collect(Collectors.joining());
  }

  private static Optional<String> pod(IpAddress address, List<LocalPod> local) {
    return local.stream()
        .filter(p -> p.addresses().contains(address))
        .map(p -> ", %s is %s/%s".formatted(address, p.namespace(), p.name()))
        .findFirst();
  }
}
