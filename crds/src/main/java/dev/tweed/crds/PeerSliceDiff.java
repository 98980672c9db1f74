package dev.tweed.crds;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * The writes that turn the slices of a set into those of its members now, in an order in which each
 * of them may be the last that somebody sees. Members stay in the slice they are in, so that one
 * that comes or goes is one write; the last slices are emptied into others that have room.
 *
 * <p>After each write {@link PeerSliceReader} finds the set as it was, as it is to be, or with some
 * of the members that come and go; one that was known stays known. That needs this order: slices
 * after the first, the first (which counts them), deletions.
 */
public final class PeerSliceDiff {

  private PeerSliceDiff() {}

  /**
   * The writes for one set, in order; none where nothing is to be done.
   *
   * @param set its name
   * @param existing its slices, all of them; others are ignored
   * @param members canonical texts of addresses, or hashes of namespaces
   */
  public static List<Write> diff(String set, Collection<PeerSlice> existing, Set<String> members) {
    return diff(set, existing, members, false);
  }

  /** As {@link #diff(String, Collection, Set)} for set namespaces where all wait. */
  public static List<Write> allNamespaces(Collection<PeerSlice> existing) {
    return diff(PeerSliceName.NAMESPACES, existing, Set.of(), true);
  }

  private static List<Write> diff(
      String set, Collection<PeerSlice> existing, Set<String> members, boolean all) {
    TreeMap<Integer, PeerSliceSpec> found = new TreeMap<>();
    for (PeerSlice slice : existing) {
      PeerSliceName.tryParse(slice.getMetadata().getName())
          .filter(n -> n.set().equals(set))
          .ifPresent(n -> found.put(n.index(), slice.getSpec()));
    }
    List<Set<String>> slices = place(counted(found), members);
    List<Write> writes = new ArrayList<>();
    for (int i = 1; i <= slices.size(); i++) {
      int index = i % slices.size(); // the first comes last
      PeerSliceSpec spec = spec(set, index, slices, all);
      if (!spec.equals(found.get(index))) {
        writes.add(new Put(new PeerSliceName(set, index), spec));
      }
    }
    for (int index : found.descendingKeySet()) {
      if (index >= slices.size()) {
        writes.add(new Delete(new PeerSliceName(set, index)));
      }
    }
    return writes;
  }

  /** Members of the slices that count, in the place of one that is gone nobody. */
  private static List<Set<String>> counted(Map<Integer, PeerSliceSpec> found) {
    List<Set<String>> slices = new ArrayList<>();
    PeerSliceSpec first = found.get(0);
    int count = first == null || first.slices() == null ? 0 : first.slices();
    for (int i = 0; i < count; i++) {
      PeerSliceSpec spec = found.get(i);
      Set<String> members = new TreeSet<>();
      if (spec != null) {
        members.addAll(spec.addresses());
        members.addAll(spec.namespaces());
      }
      slices.add(members);
    }
    return slices;
  }

  private static List<Set<String>> place(List<Set<String>> slices, Set<String> members) {
    Set<String> rest = new HashSet<>(members);
    for (Set<String> slice : slices) {
      slice.removeIf(m -> !rest.remove(m));
    }
    List<String> waiting = new ArrayList<>(new TreeSet<>(rest));
    int room = slices.stream().mapToInt(s -> Limits.SLICE_MEMBERS - s.size()).sum();
    while (slices.size() > 1
        && waiting.size() + slices.getLast().size()
            <= room - (Limits.SLICE_MEMBERS - slices.getLast().size())) {
      room -= Limits.SLICE_MEMBERS - slices.getLast().size();
      waiting.addAll(slices.removeLast());
    }
    int next = 0;
    for (String member : waiting) {
      while (next < slices.size() && slices.get(next).size() >= Limits.SLICE_MEMBERS) {
        next++;
      }
      if (next == slices.size()) {
        slices.add(new TreeSet<>());
      }
      slices.get(next).add(member);
    }
    if (slices.isEmpty()) {
      slices.add(new TreeSet<>());
    }
    return slices;
  }

  private static PeerSliceSpec spec(String set, int index, List<Set<String>> slices, boolean all) {
    Integer count = index == 0 ? slices.size() : null;
    List<String> members = List.copyOf(slices.get(index));
    return set.equals(PeerSliceName.NAMESPACES)
        ? new PeerSliceSpec(count, List.of(), members, all)
        : new PeerSliceSpec(count, members, List.of(), null);
  }

  /** One write. */
  public sealed interface Write {
    /** Of which slice. */
    PeerSliceName name();
  }

  /** Creates a slice or replaces its spec. */
  public record Put(PeerSliceName name, PeerSliceSpec spec) implements Write {}

  /** Deletes a slice. */
  public record Delete(PeerSliceName name) implements Write {}
}
