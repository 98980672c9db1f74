package dev.tweed.crds;

import dev.tweed.ip.IpAddress;
import dev.tweed.policy.NamedPort;
import dev.tweed.policy.PodEntry;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/** Reads the pods of a NodePolicy. One that cannot be read is none: it stays closed. */
public final class NodePolicyReader {

  private NodePolicyReader() {}

  /** The pods, and the UIDs of those that cannot be read. */
  public static Pods read(NodePolicy object) {
    return read(object.getSpec(), object.getUnknownValues().isEmpty());
  }

  /** The same of a spec of which every value is known. */
  public static Pods readSpec(NodePolicySpec spec) {
    return read(spec, true);
  }

  private static Pods read(NodePolicySpec spec, boolean known) {
    Map<String, Set<String>> classes = new HashMap<>();
    Set<String> twice = new TreeSet<>();
    for (NodePolicySpec.PodClass c : spec.classes()) {
      if (classes.put(c.name(), Set.copyOf(c.programs())) != null) {
        twice.add(c.name());
      }
    }
    twice.forEach(classes::remove);
    List<PodEntry> pods = new ArrayList<>();
    Set<String> unreadable = new TreeSet<>();
    for (NodePolicySpec.Pod pod : spec.pods()) {
      if (!known || pod.podClass() != null && !classes.containsKey(pod.podClass())) {
        unreadable.add(pod.uid());
        continue;
      }
      try {
        pods.add(entry(pod, pod.podClass() == null ? Set.of() : classes.get(pod.podClass())));
      } catch (IllegalArgumentException | NullPointerException e) { // as PolicyProgramReader
        unreadable.add(pod.uid());
      }
    }
    return new Pods(pods, unreadable);
  }

  private static PodEntry entry(NodePolicySpec.Pod pod, Set<String> programs) {
    return new PodEntry(
        pod.uid(),
        pod.addresses().stream().map(IpAddress::parse).collect(Collectors.toSet()),
        programs,
        pod.namedPorts().stream()
            .map(p -> new NamedPort(p.name(), PolicyProgramReader.protocol(p.protocol()), p.port()))
            .toList());
  }

  /** What a NodePolicy says of pods. */
  public record Pods(List<PodEntry> entries, Set<String> unreadable) {
    public Pods {
      entries = List.copyOf(entries);
      unreadable = Set.copyOf(unreadable);
    }
  }
}
