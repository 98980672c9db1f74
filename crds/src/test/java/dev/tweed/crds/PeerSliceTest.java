package dev.tweed.crds;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tweed.crds.PeerSliceDiff.Delete;
import dev.tweed.crds.PeerSliceDiff.Put;
import dev.tweed.crds.PeerSliceDiff.Write;
import dev.tweed.crds.PeerSliceReader.WaitingNamespaces;
import dev.tweed.ip.IpAddress;
import dev.tweed.policy.PolicyNames;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

/** A set in slices is never taken for the whole where it is a part, whoever stops when. */
class PeerSliceTest {

  private static final String SET = "s-0123456789abcdef0123";

  @Test
  void aSetIsKnownWithAllThatItsFirstSliceCounts() {
    PeerSlice first = slice(0, 2, "10.0.0.1");
    PeerSlice second = slice(1, null, "10.0.0.2", "fd00::2");

    assertThat(known(first, second)).contains(addresses("10.0.0.1", "10.0.0.2", "fd00::2"));
    assertThat(known(first)).isEmpty();
    assertThat(known(second)).isEmpty();
    assertThat(PeerSliceReader.read(List.of(first)).missing()).containsExactly(SET);
  }

  @Test
  void sliceBeyondTheCountIsNotOfTheSet() {
    assertThat(known(slice(0, 1, "10.0.0.1"), slice(1, null, "10.0.0.2")))
        .contains(addresses("10.0.0.1"));
  }

  @Test
  void anEmptySetIsKnown() {
    assertThat(known(slice(0, 1))).contains(Set.of());
  }

  @Test
  void whatCannotBeReadMakesTheSetUnknown() {
    PeerSlice unknown = slice(0, 1, "10.0.0.1");
    unknown.setUnknownValues(List.of(new UnknownValue("spec.addresses", "x")));

    assertThat(known(slice(0, 1, "10.0.0.1", "10.0.0.0/24"))).isEmpty();
    assertThat(known(unknown)).isEmpty();
  }

  @Test
  void namespacesThatAreNotKnownAsAWholeAreEmpty() {
    String red = PolicyNames.namespace("red");
    PeerSlice first = named("namespaces-0", new PeerSliceSpec(2, null, List.of(red), null));
    PeerSlice second = named("namespaces-1", new PeerSliceSpec(null, null, List.of(), null));

    assertThat(PeerSliceReader.read(List.of(first)).waiting()).isEmpty();
    assertThat(PeerSliceReader.read(List.of(first, second)).waiting())
        .contains(new WaitingNamespaces(false, Set.of(red)));
    assertThat(
            PeerSliceReader.read(apply(Map.of(), PeerSliceDiff.allNamespaces(List.of())).values()))
        .returns(Optional.of(new WaitingNamespaces(true, Set.of())), s -> s.waiting());
  }

  @Test
  void oneMemberMoreOrLessIsOneWrite() {
    Map<String, PeerSlice> stored = apply(Map.of(), diff(Map.of(), members(0, 1200)));

    assertThat(diff(stored, members(0, 1201))).hasSize(1);
    assertThat(diff(stored, members(1, 1200))).hasSize(1);
  }

  @Test
  void theFirstSliceIsWrittenAfterThoseItCountsAndBeforeDeletions() {
    Map<String, PeerSlice> stored = apply(Map.of(), diff(Map.of(), members(0, 1200)));

    assertThat(diff(Map.of(), members(0, 1200)).stream().map(w -> w.name().index()))
        .containsExactly(1, 2, 0);
    assertThat(diff(stored, members(0, 300)).stream().map(w -> w.name().index()))
        .containsExactly(0, 2, 1);
  }

  @Property(tries = 80)
  void afterEachWriteTheSetIsBetweenBeforeAndAfter(
      @ForAll @IntRange(max = 1600) int before,
      @ForAll @IntRange(max = 1600) int after,
      @ForAll long seed) {
    Random random = new Random(seed);
    Set<String> old = some(random, before);
    Set<String> wanted = some(random, after);
    Map<String, PeerSlice> stored = apply(Map.of(), diff(Map.of(), some(random, 1600)));
    stored = apply(stored, diff(stored, old));
    assertThat(known(stored)).contains(addresses(old));

    for (Write write : diff(stored, wanted)) {
      stored = apply(stored, List.of(write));

      Set<IpAddress> seen = known(stored).orElseThrow();
      Set<IpAddress> all = new HashSet<>(addresses(old));
      all.addAll(addresses(wanted));
      Set<IpAddress> both = new HashSet<>(addresses(old));
      both.retainAll(addresses(wanted));
      assertThat(all).containsAll(seen);
      assertThat(seen).containsAll(both);
    }

    assertThat(known(stored)).contains(addresses(wanted));
    assertThat(diff(stored, wanted)).isEmpty();
    assertThat(stored.size()).isLessThanOrEqualTo(Math.max(1, (wanted.size() + 499) / 500));
  }

  @Property(tries = 40)
  void whoStopsInTheMiddleOfANewSetLeavesNone(@ForAll @IntRange(min = 1, max = 1600) int size) {
    Map<String, PeerSlice> stored = new TreeMap<>();
    List<Write> writes = diff(stored, members(0, size));
    for (Write write : writes.subList(0, writes.size() - 1)) {
      stored = apply(stored, List.of(write));
      assertThat(known(stored)).isEmpty();
    }
    // the next operator goes on from what is there
    assertThat(known(apply(stored, diff(stored, members(0, size)))))
        .contains(addresses(members(0, size)));
  }

  @Property(tries = 40)
  void sliceThatSomebodyDeletedIsWrittenAgain(@ForAll long seed) {
    Random random = new Random(seed);
    Set<String> wanted = some(random, 1600);
    Map<String, PeerSlice> stored = apply(Map.of(), diff(Map.of(), wanted));
    stored.keySet().removeIf(name -> random.nextInt(3) == 0);

    assertThat(known(apply(stored, diff(stored, wanted)))).contains(addresses(wanted));
  }

  @Test
  void namesHaveOneForm() {
    assertThat(PeerSliceName.tryParse(SET + "-12")).contains(new PeerSliceName(SET, 12));
    assertThat(PeerSliceName.tryParse("namespaces-0")).contains(new PeerSliceName("namespaces", 0));
    for (String bad : List.of(SET, SET + "-", SET + "-01", SET + "-1-1", "web-0", SET + "-10000")) {
      assertThat(PeerSliceName.tryParse(bad)).as(bad).isEmpty();
    }
    assertThatThrownBy(() -> new PeerSliceName("web", 0)).hasMessageContaining("'web-0'");
  }

  private static List<Write> diff(Map<String, PeerSlice> stored, Set<String> members) {
    return PeerSliceDiff.diff(SET, stored.values(), members);
  }

  private static Map<String, PeerSlice> apply(Map<String, PeerSlice> stored, List<Write> writes) {
    Map<String, PeerSlice> after = new TreeMap<>(stored);
    for (Write write : writes) {
      switch (write) {
        case Put put -> after.put(put.name().toString(), named(put.name().toString(), put.spec()));
        case Delete delete -> after.remove(delete.name().toString());
      }
    }
    return after;
  }

  private static Optional<Set<IpAddress>> known(Map<String, PeerSlice> stored) {
    return known(stored.values().toArray(PeerSlice[]::new));
  }

  private static Optional<Set<IpAddress>> known(PeerSlice... slices) {
    return Optional.ofNullable(PeerSliceReader.read(List.of(slices)).known().get(SET))
        .map(s -> s.addresses());
  }

  /** Of a few thousand addresses about as many as asked for. */
  private static Set<String> some(Random random, int size) {
    return IntStream.range(0, size)
        .mapToObj(i -> address(random.nextInt(3000)))
        .collect(Collectors.toSet());
  }

  private static Set<String> members(int from, int to) {
    return IntStream.range(from, to).mapToObj(PeerSliceTest::address).collect(Collectors.toSet());
  }

  private static String address(int number) {
    return "10.244." + number / 250 + "." + number % 250;
  }

  private static Set<IpAddress> addresses(String... texts) {
    return addresses(Set.of(texts));
  }

  private static Set<IpAddress> addresses(Set<String> texts) {
    return texts.stream().map(IpAddress::parse).collect(Collectors.toSet());
  }

  private static PeerSlice slice(int index, Integer slices, String... addresses) {
    return named(SET + "-" + index, new PeerSliceSpec(slices, List.of(addresses), List.of(), null));
  }

  private static PeerSlice named(String name, PeerSliceSpec spec) {
    PeerSlice slice = new PeerSlice();
    slice.setMetadata(new ObjectMetaBuilder().withName(name).build());
    slice.setSpec(spec);
    return slice;
  }
}
