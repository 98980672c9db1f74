package dev.tweed.operator.networkpolicy;

import dev.tweed.ip.AddressFamily;
import dev.tweed.ip.IpAddress;
import dev.tweed.policy.NamedPort;
import dev.tweed.policy.source.Pod;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerPort;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.PodIP;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.PodStatus;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** Reads what policies go by of a Pod; a kubelet's word is checked, and its rest left. */
public final class PodReader {
  /** kubetypes.ConfigMirrorAnnotationKey of the kubelet: the UID of the static pod. */
  private static final String MIRROR = "kubernetes.io/config.mirror";

  /** UIDs that the kubelet makes, which are none that an API server does. */
  private static final Pattern STATIC_UID = Pattern.compile("[0-9a-f]{32}");

  private PodReader() {}

  /** The pod. Equal where nothing has changed that policies go by. */
  public static Pod read(io.fabric8.kubernetes.api.model.Pod object) {
    PodSpec spec = Objects.requireNonNullElseGet(object.getSpec(), PodSpec::new);
    PodStatus status = Objects.requireNonNullElseGet(object.getStatus(), PodStatus::new);
    return new Pod(
        uid(object.getMetadata()),
        object.getMetadata().getNamespace().intern(),
        Objects.requireNonNullElse(object.getMetadata().getLabels(), Map.of()),
        Objects.requireNonNullElse(spec.getNodeName(), "").intern(),
        Boolean.TRUE.equals(spec.getHostNetwork()),
        "Succeeded".equals(status.getPhase()) || "Failed".equals(status.getPhase()),
        addresses(status),
        Stream.concat(
                spec.getContainers().stream(),
                // Those that stay beside the others.
                spec.getInitContainers().stream()
                    .filter(c -> "Always".equals(c.getRestartPolicy())))
            .map(Container::getPorts)
            .flatMap(List::stream)
            .flatMap(p -> port(p).stream())
            .distinct()
            .toList());
  }

  /** As the container runtime of its node has it. */
  private static String uid(ObjectMeta meta) {
    return Optional.ofNullable(meta.getAnnotations())
        .map(a -> a.get(MIRROR))
        .filter(u -> STATIC_UID.matcher(u).matches())
        .orElse(meta.getUid());
  }

  /** The first of each family. */
  private static Set<IpAddress> addresses(PodStatus status) {
    EnumMap<AddressFamily, IpAddress> first = new EnumMap<>(AddressFamily.class);
    Stream.concat(
            status.getPodIPs().stream().map(PodIP::getIp), Stream.ofNullable(status.getPodIP()))
        .filter(Objects::nonNull)
        .flatMap(text -> IpAddress.tryParse(text).stream())
        .forEach(a -> first.putIfAbsent(a.family(), a));
    return new HashSet<>(first.values());
  }

  private static Optional<NamedPort> port(ContainerPort port) {
    if (port.getName() == null || port.getName().isEmpty() || port.getContainerPort() == null) {
      return Optional.empty();
    }
    try {
      return NetworkPolicyReader.protocol(port.getProtocol())
          .map(p -> new NamedPort(port.getName().intern(), p, port.getContainerPort()));
    } catch (IllegalArgumentException e) { // no such port
      return Optional.empty();
    }
  }
}
