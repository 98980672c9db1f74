package dev.tweed.crds;

import dev.tweed.ip.IpAddress;
import dev.tweed.policy.PeerSet;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * Puts slices together to sets. A set counts when its first slice is there and all others that this
 * counts; slices beyond are not of it yet, or no more. Nothing else is a set: see {@link
 * PeerSlice}.
 */
public final class PeerSliceReader {

  private PeerSliceReader() {}

  /** The sets of some slices, which come in any order. */
  public static Sets read(Collection<PeerSlice> slices) {
    Map<PeerSliceName, Optional<PeerSliceSpec>> specs = new HashMap<>();
    for (PeerSlice slice : slices) {
      PeerSliceName.tryParse(slice.getMetadata().getName())
          .ifPresent(
              n ->
                  specs.put(
                      n,
                      Optional.ofNullable(slice.getSpec())
                          .filter(s -> slice.getUnknownValues().isEmpty())));
    }
    return readSpecs(specs);
  }

  /**
   * The sets of the specs of some slices.
   *
   * @param slices empty for one that cannot be read
   */
  public static Sets readSpecs(Map<PeerSliceName, Optional<PeerSliceSpec>> slices) {
    Map<String, Map<Integer, PeerSliceSpec>> bySet = new HashMap<>();
    slices.forEach(
        (name, spec) -> {
          Map<Integer, PeerSliceSpec> set = bySet.computeIfAbsent(name.set(), s -> new HashMap<>());
          spec.ifPresent(s -> set.put(name.index(), s));
        });
    Map<String, PeerSet> known = new HashMap<>();
    Set<String> missing = new TreeSet<>();
    Optional<WaitingNamespaces> waiting = Optional.empty();
    for (Map.Entry<String, Map<Integer, PeerSliceSpec>> set : bySet.entrySet()) {
      if (!isWhole(set.getValue())) {
        missing.add(set.getKey());
      } else if (set.getKey().equals(PeerSliceName.NAMESPACES)) {
        waiting = Optional.of(namespaces(set.getValue()));
      } else {
        addresses(set.getValue())
            .ifPresentOrElse(
                a -> known.put(set.getKey(), new PeerSet(set.getKey(), a)),
                () -> missing.add(set.getKey()));
      }
    }
    return new Sets(known, missing, waiting);
  }

  private static boolean isWhole(Map<Integer, PeerSliceSpec> slices) {
    int count = count(slices);
    for (int i = 0; i < count; i++) {
      if (!slices.containsKey(i)) {
        return false;
      }
    }
    return count > 0;
  }

  private static int count(Map<Integer, PeerSliceSpec> slices) {
    PeerSliceSpec first = slices.get(0);
    return first == null || first.slices() == null ? 0 : first.slices();
  }

  /** Empty where one cannot be read: the set would lack a member. */
  private static Optional<Set<IpAddress>> addresses(Map<Integer, PeerSliceSpec> slices) {
    Set<IpAddress> addresses = new HashSet<>();
    for (int i = 0; i < count(slices); i++) {
      for (String text : slices.get(i).addresses()) {
        Optional<IpAddress> address = IpAddress.tryParse(text);
        if (address.isEmpty()) {
          return Optional.empty();
        }
        addresses.add(address.get());
      }
    }
    return Optional.of(addresses);
  }

  private static WaitingNamespaces namespaces(Map<Integer, PeerSliceSpec> slices) {
    Set<String> namespaces = new HashSet<>();
    boolean all = false;
    for (int i = 0; i < count(slices); i++) {
      PeerSliceSpec spec = slices.get(i);
      namespaces.addAll(spec.namespaces());
      all |= Boolean.TRUE.equals(spec.all());
    }
    return new WaitingNamespaces(all, namespaces);
  }

  /**
   * What slices come to.
   *
   * @param known whole sets, by name; an empty set is one of them
   * @param missing sets of which there is a slice, but not all that count or not readable
   * @param waiting empty where that is not known as a whole: then every pod waits
   */
  public record Sets(
      Map<String, PeerSet> known, Set<String> missing, Optional<WaitingNamespaces> waiting) {
    public Sets {
      known = Map.copyOf(known);
      missing = Set.copyOf(missing);
    }
  }

  /**
   * Namespaces whose new pods wait for the operator's word.
   *
   * @param all whether those of every namespace do
   * @param hashes {@code PolicyNames.namespace} of each
   */
  public record WaitingNamespaces(boolean all, Set<String> hashes) {
    public WaitingNamespaces {
      hashes = Set.copyOf(hashes);
    }
  }
}
