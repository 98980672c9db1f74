package dev.tweed.enforce.gate;

import dev.tweed.ip.IpAddress;
import dev.tweed.policy.PodEntry;
import dev.tweed.policy.PolicyNames;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Which pods may send and be sent to, and by which policies. Pure. A pod that is not let in is
 * closed by having no entry.
 */
public final class GatePlanner {

  private GatePlanner() {}

  /**
   * What the operator has said.
   *
   * @param pods of this node, by its word, with addresses as the API has them
   * @param unreadable UIDs of those whose entries cannot be read
   * @param waiting namespaces whose new pods wait for that word; empty where that is not known, and
   *     then all wait
   */
  public record Word(List<PodEntry> pods, Set<String> unreadable, Optional<Waiting> waiting) {
    public Word {
      pods = List.copyOf(pods);
      unreadable = Set.copyOf(unreadable);
    }
  }

  /** Namespaces whose new pods wait: all, or those of these hashes. */
  public record Waiting(boolean all, Set<String> hashes) {
    public Waiting {
      hashes = Set.copyOf(hashes);
    }

    boolean includes(String namespace) {
      return all || hashes.contains(PolicyNames.namespace(namespace));
    }
  }

  /**
   * Who is let in.
   *
   * @param entries of those who are
   * @param free UIDs of those who are without the operator's word; they stay so until it comes
   * @param waiting those who are not
   */
  public record Admission(List<PodEntry> entries, Set<String> free, List<LocalPod> waiting) {
    public Admission {
      entries = List.copyOf(entries);
      free = Set.copyOf(free);
      waiting = List.copyOf(waiting);
    }
  }

  /**
   * Plans.
   *
   * @param local pods that run here
   * @param free UIDs of those who have been let in without the operator's word
   * @param byApi UIDs of those that the runtime keeps nothing of, and that certainly have the
   *     address that the API tells: it may be that of a sandbox that is no more
   */
  public static Admission plan(
      List<LocalPod> local, Word word, Set<String> free, Set<String> byApi) {
    Map<String, PodEntry> told = new HashMap<>();
    word.pods().forEach(p -> told.put(p.uid(), p));
    List<PodEntry> entries = new ArrayList<>();
    Set<String> letIn = new HashSet<>();
    List<LocalPod> waiting = new ArrayList<>();
    Set<String> here = new HashSet<>();
    Map<IpAddress, Set<String>> holders = new HashMap<>();
    for (LocalPod pod : local) {
      here.add(pod.uid());
      pod.addresses().forEach(a -> holders.computeIfAbsent(a, x -> new HashSet<>()).add(pod.uid()));
    }
    for (LocalPod pod : local) {
      // One that two pods have is nobody's: whose policies would it have?
      Set<IpAddress> addresses =
          pod.addresses().stream()
              .filter(a -> holders.get(a).size() == 1)
              .collect(Collectors.toSet());
      PodEntry entry = told.get(pod.uid());
      if (entry != null) {
        entries.add(new PodEntry(pod.uid(), addresses, entry.programs(), entry.namedPorts()));
      } else if (!word.unreadable().contains(pod.uid())
          && (free.contains(pod.uid())
              || word.waiting().map(w -> !w.includes(pod.namespace())).orElse(false))) {
        letIn.add(pod.uid());
        entries.add(new PodEntry(pod.uid(), addresses, Set.of(), List.of()));
      } else {
        waiting.add(pod);
      }
    }
    List<PodEntry> others =
        word.pods().stream()
            .filter(pod -> byApi.contains(pod.uid()) && !here.contains(pod.uid()))
            .toList();
    for (PodEntry pod : others) {
      pod.addresses().forEach(a -> holders.computeIfAbsent(a, x -> new HashSet<>()).add(pod.uid()));
    }
    others.stream()
        .filter(pod -> pod.addresses().stream().allMatch(a -> holders.get(a).size() == 1))
        .forEach(entries::add);
    return new Admission(entries, letIn, waiting);
  }
}
