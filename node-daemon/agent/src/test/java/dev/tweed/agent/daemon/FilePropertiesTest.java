package dev.tweed.agent.daemon;

import dev.tweed.agent.daemon.FaultyFiles.Place;
import dev.tweed.agent.daemon.FaultyFiles.Target;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tag;
import net.jqwik.api.Tuple;

/**
 * Whatever becomes of the files of the daemon, in any order: what it tells meanwhile is so, and
 * when it ends, all is as on a fresh machine.
 */
@Tag("kernel")
class FilePropertiesTest {

  /** Something that happens to files, or to the node. */
  private interface Step {
    void happen(FaultyFiles node) throws Exception;
  }

  /** A step with the text that a failure shows. */
  record Told(String text, Step step) {
    @Override
    public String toString() {
      return text;
    }
  }

  private interface On<T> {
    void happen(FaultyFiles node, T what) throws Exception;
  }

  private static <T> Arbitrary<Told> step(String text, Arbitrary<T> what, On<T> deed) {
    return what.map(w -> new Told(text + " " + w, node -> deed.happen(node, w)));
  }

  @Provide
  Arbitrary<List<List<Told>>> runs() {
    Arbitrary<Place> places = Arbitraries.of(Place.values());
    Arbitrary<Target> targets = Arbitraries.of(Target.all());
    Arbitrary<Target> alsoAttempts =
        Combinators.combine(targets, Arbitraries.of(false, false, true))
            .as((target, attempt) -> attempt ? target.attempt() : target);
    // A plugin of others is theirs.
    Arbitrary<Target> noPlugins =
        targets.filter(t -> t.place() != Place.BIN || t.name().startsWith("."));
    Arbitrary<Told> steps =
        Arbitraries.frequencyOf(
            Tuple.of(3, step("full", places, FaultyFiles::fill)),
            Tuple.of(3, step("read-only", places, FaultyFiles::readOnly)),
            Tuple.of(2, step("removed", places, FaultyFiles::remove)),
            Tuple.of(2, step("removed", targets, FaultyFiles::remove)),
            Tuple.of(3, step("a directory at", alsoAttempts, FaultyFiles::putDirectory)),
            Tuple.of(2, step("garbage at", noPlugins, FaultyFiles::putGarbage)),
            Tuple.of(2, step("ended writing", targets, FaultyFiles::endWhileWriting)),
            Tuple.of(1, step("restart", Arbitraries.just(""), (node, none) -> node.restart())),
            Tuple.of(2, step("block", Arbitraries.integers().between(1, 3), FaultyFiles::block)),
            Tuple.of(1, step("verified", Arbitraries.of(true, false), FaultyFiles::verified)),
            Tuple.of(3, step("ended", Arbitraries.just(""), (node, none) -> node.endFaults())));
    return steps.list().ofMinSize(1).ofMaxSize(3).list().ofMinSize(1).ofMaxSize(6);
  }

  @Property(tries = 40)
  void whenTheFaultsEndTheFilesAreAsOnAFreshMachine(@ForAll("runs") List<List<Told>> runs)
      throws Exception {
    try (FaultyFiles node = new FaultyFiles()) {
      for (List<Told> run : runs) {
        for (Told told : run) {
          told.step().happen(node);
        }
        node.sync();
      }
      node.endFaults();
      node.verified(true);

      node.assertConverges();

      node.assertCleansUp();
    }
  }
}
