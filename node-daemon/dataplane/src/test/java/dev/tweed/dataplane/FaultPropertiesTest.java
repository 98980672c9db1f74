package dev.tweed.dataplane;

import dev.tweed.dataplane.Seams.Fault;
import dev.tweed.netlink.Errno;
import java.util.List;
import java.util.Optional;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tag;
import net.jqwik.api.Tuple;

/** Whatever fails, in any order: when it ends, the kernel is as on a machine where nothing did. */
@Tag("kernel")
class FaultPropertiesTest {

  static final List<Integer> ERRNOS =
      List.of(
          Errno.EPERM,
          Errno.ENOMEM,
          Errno.ENOBUFS,
          Errno.EEXIST,
          Errno.ENODEV,
          Errno.ENETDOWN,
          Errno.ENETUNREACH,
          Errno.EINVAL,
          Errno.EBUSY,
          Errno.EOPNOTSUPP);

  /**
   * Faults of steps one after another.
   *
   * @param reads whether it hits readings; else changes
   * @param from number of the first step hit
   * @param length how many
   */
  record Burst(boolean reads, int from, int length, Fault fault) {
    Optional<Fault> at(Seams.Step step) {
      return step.reads() == reads && step.number() >= from && step.number() < from + length
          ? Optional.of(fault)
          : Optional.empty();
    }
  }

  /** A sync to one of {@link FaultExamples}, with its faults. */
  record BadSync(String example, List<Burst> bursts, boolean nftFails) {
    Optional<Fault> at(Seams.Step step) {
      return nftFails && step.text().contains("table=inet tweed]")
          ? Optional.of(new Fault.Refuse(Errno.ENOENT))
          : bursts.stream().flatMap(burst -> burst.at(step).stream()).findFirst();
    }
  }

  @Provide
  Arbitrary<String> examples() {
    return Arbitraries.of(FaultExamples.names());
  }

  @Provide
  Arbitrary<List<BadSync>> badSyncs() {
    Arbitrary<Fault> faults =
        Arbitraries.frequencyOf(
            Tuple.of(6, Arbitraries.of(ERRNOS).map(Fault.Refuse::new)),
            Tuple.of(2, Arbitraries.of(true, false).map(Fault.BreakOff::new)),
            Tuple.of(1, Arbitraries.just(new Fault.Kill())));
    Arbitrary<Integer> lengths =
        Arbitraries.frequency(Tuple.of(4, 1), Tuple.of(2, 5), Tuple.of(1, 1000));
    Arbitrary<Burst> bursts =
        Arbitraries.frequencyOf(
            Tuple.of(
                4,
                Combinators.combine(Arbitraries.integers().between(0, 60), lengths, faults)
                    .as((from, length, fault) -> new Burst(false, from, length, fault))),
            Tuple.of(
                1,
                Combinators.combine(Arbitraries.integers().between(0, 20), lengths, faults)
                    .as((from, length, fault) -> new Burst(true, from, length, fault))));
    return Combinators.combine(
            examples(),
            bursts.list().ofMinSize(1).ofMaxSize(3),
            Arbitraries.frequency(Tuple.of(5, false), Tuple.of(1, true)))
        .as(BadSync::new)
        .list()
        .ofMinSize(1)
        .ofMaxSize(4);
  }

  @Property(tries = 15)
  void whenTheFaultsEndTheKernelIsAsOnAFreshMachine(
      @ForAll("badSyncs") List<BadSync> syncs, @ForAll("examples") String last) {
    try (FaultyNode node = new FaultyNode()) {
      KernelDump before = node.dump();
      for (BadSync sync : syncs) {
        node.seams.follow(sync::at);
        try {
          node.sync(FaultExamples.named(sync.example()));
        } catch (Seams.Killed killed) {
          node.restart();
        }
      }
      node.assertConverges(FaultExamples.named(last));

      node.assertCleansUp(before);
    }
  }
}
