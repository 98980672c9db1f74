package dev.tweed.operator.ledger;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tweed.crds.NodeSubnetSpec;
import dev.tweed.operator.allocation.IntentValidator;
import dev.tweed.operator.allocation.SubnetFacts;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import java.time.Duration;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A ledger that somebody deleted, edited or put back costs time at most, and never a block. */
class LedgerFaultsTest {
  private final SlowCluster cluster = new SlowCluster(Duration.ofMillis(5));

  @ParameterizedTest
  @ValueSource(
      strings = {
        "null",
        "",
        "{oops",
        "[]",
        "7",
        "{\"cursors\":{\"10.0.0.0/8\":\"three\"}}",
        "{\"cursors\":{\"10.0.0.0/8\":null}}",
        "{\"lastHolders\":{\"10.0.1.0/24\":null}}",
        "{\"lastHolders\":[\"10.0.1.0/24\"]}",
        "{\"writes\":1e30}",
        "{\"intents\":[null]}",
        "{\"intents\":[{}]}",
        "{\"intents\":[{\"cidr\":\"10.0.1.0/33\",\"nodeName\":\"n\",\"podNetwork\":\"p\"}]}"
      })
  void nonsenseIsNamedWithTheRemedy(String text) {
    ConfigMap map = new ConfigMapBuilder().addToData("ledger.json", text).build();

    assertThatThrownBy(() -> new ConfigMapLedgerStore(null, "tweed-system").parse(map))
        .isInstanceOf(LedgerException.class)
        .hasMessageContaining("ConfigMap tweed-system/tweed-allocations")
        .hasMessageContaining("kubectl -n tweed-system delete configmap tweed-allocations");
  }

  @Test
  void aLedgerOfTheVersionBeforeIsRead() {
    ConfigMap map =
        new ConfigMapBuilder()
            .addToData("ledger.json", "{\"cursors\":{\"10.0.0.0/8\":3},\"intents\":[]}")
            .build();

    assertThat(new ConfigMapLedgerStore(null, "tweed-system").parse(map))
        .isEqualTo(new Ledger(Map.of("10.0.0.0/8", 3L), List.of(), new LinkedHashMap<>(), 0));
  }

  /** What a person does to the ledger while an operator knows it. */
  private void afterwardsItWaits(Consumer<Ledger> fault) {
    // Given an operator that has allocated, and a ledger of before
    Allocator operator = cluster.operator();
    operator.allocate(SlowCluster.planning(5), cluster.cache());
    Ledger old = cluster.ledger.ledger();
    operator.allocate(SlowCluster.planning(10), cluster.cache());
    Set<String> before = Set.copyOf(cluster.there.keySet());

    // When
    fault.accept(old);

    // Then it says so and hands out nothing
    cluster.pass(Duration.ofMinutes(5));
    assertThatThrownBy(() -> operator.allocate(SlowCluster.planning(20), cluster.cache()))
        .isInstanceOf(LedgerException.class)
        .hasMessageContaining("ConfigMap tweed-system/tweed-allocations was deleted")
        .hasMessageContaining("again in 30 s");
    cluster.pass(Allocator.QUIET.minusSeconds(1));
    assertThatThrownBy(() -> operator.allocate(SlowCluster.planning(20), cluster.cache()))
        .isInstanceOf(LedgerException.class);
    assertThat(cluster.there).hasSize(10);
    // until what anybody had begun is over; what was given stays given.
    cluster.pass(Duration.ofSeconds(1));
    operator.allocate(SlowCluster.planning(20), cluster.cache());
    assertThat(cluster.there).hasSize(20).containsKeys(before.toArray(String[]::new));
    assertThat(cluster.ledger.ledger().intents()).isEmpty();
    // Once is enough.
    operator.allocate(SlowCluster.planning(30), cluster.cache());
    assertThat(cluster.there).hasSize(30);
  }

  @Test
  void deleted() {
    afterwardsItWaits(old -> cluster.deleteLedger());
  }

  @Test
  void emptied() {
    afterwardsItWaits(old -> cluster.put(Ledger.empty()));
  }

  @Test
  void putBackFromABackup() {
    afterwardsItWaits(cluster::put);
  }

  @Test
  void editedByHand() {
    afterwardsItWaits(
        old -> {
          Ledger now = cluster.ledger.ledger();
          cluster.put(
              new Ledger(
                  Map.of("10.0.0.0/8", 100L), now.intents(), now.lastHolders(), now.writes()));
        });
  }

  @Test
  void anIntentOfBeforeIsVoidAsLongAsTheLedgerHasIt() {
    // Given a ledger with an intent for a node that has a block, beside one that can be carried out
    cluster.operator().allocate(SlowCluster.planning(5), cluster.cache());
    NodeSubnetSpec before =
        new NodeSubnetSpec("default", "node-0", "old", "10.0.90.0/24", null, null);
    NodeSubnetSpec open =
        new NodeSubnetSpec("default", "node-5", "uid-5", "10.0.91.0/24", null, null);
    Ledger now = cluster.ledger.ledger();
    cluster.put(
        new Ledger(now.cursors(), List.of(before, open), now.lastHolders(), now.writes() + 1));
    // and an operator that gets no answer when it has looked at both
    Allocator operator = cluster.operator();
    cluster.beforeCreation =
        () -> cluster.silentUntil = cluster.nanos + Duration.ofSeconds(1).toNanos();
    assertThatThrownBy(() -> operator.allocate(SlowCluster.planning(6), cluster.cache()))
        .isInstanceOf(LedgerException.class);
    cluster.pass(Duration.ofSeconds(60));

    // When it writes the ledger for another reason, and allocates then
    assertThat(operator.noteHolders(Map.of("10.0.77.0/24", "gone"))).isTrue();
    operator.allocate(SlowCluster.planning(6), cluster.cache());

    // Then node-0 has one block as before
    assertThat(cluster.there.values())
        .extracting(subnet -> subnet.spec().nodeName())
        .containsExactly("node-0", "node-1", "node-2", "node-3", "node-4", "node-5");
    assertThat(cluster.ledger.ledger().intents()).isEmpty();
  }

  @Test
  void aLabelOnTheConfigMapIsNoFault() {
    Allocator operator = cluster.operator();
    operator.allocate(SlowCluster.planning(5), cluster.cache());

    cluster.put(cluster.ledger.ledger());
    operator.allocate(SlowCluster.planning(10), cluster.cache());

    assertThat(cluster.there).hasSize(10);
  }

  @Test
  void anOperatorThatStartsWithoutALedgerWaitsWhereThereAreBlocks() {
    // Given
    cluster.operator().allocate(SlowCluster.planning(5), cluster.cache());
    cluster.deleteLedger();

    // When
    Allocator fresh = cluster.operator();

    // Then
    assertThatThrownBy(() -> fresh.allocate(SlowCluster.planning(10), cluster.cache()))
        .isInstanceOf(LedgerException.class);
    cluster.pass(Allocator.QUIET);
    fresh.allocate(SlowCluster.planning(10), cluster.cache());
    assertThat(cluster.there).hasSize(10);
  }

  @Test
  void theFirstOfTwoOperatorsDoesNotMakeTheOtherWait() {
    // Given an operator that reads that there is no ledger, and another that is quicker
    cluster.beforeList =
        () -> cluster.operator().allocate(SlowCluster.planning(5), cluster.cache());

    // When
    cluster.operator().allocate(SlowCluster.planning(10), List.of());

    // Then
    assertThat(cluster.there).hasSize(10);
  }

  @Test
  void aCreationOfALedgerThatIsGoneOverlapsNothing() {
    // Given an operator asleep between ledger and creations, and a person who deletes the ledger
    cluster.operator().allocate(SlowCluster.planning(1), cluster.cache());
    Allocator awake = cluster.operator();
    cluster.beforeCreation =
        () -> {
          cluster.deleteLedger();
          // When another allocates from a pool with larger blocks over the same range
          assertThatThrownBy(
                  () -> awake.allocate(SlowCluster.planning(8, "10.0.0.0/16", 23), List.of()))
              .isInstanceOf(LedgerException.class);
          cluster.pass(Duration.ofSeconds(5));
        };
    assertThatThrownBy(() -> cluster.operator().allocate(SlowCluster.planning(4), cluster.cache()))
        .isInstanceOf(LedgerException.class);
    cluster.pass(Allocator.QUIET);
    awake.allocate(SlowCluster.planning(8, "10.0.0.0/16", 23), cluster.cache());

    // Then
    assertThat(cluster.there).hasSize(8);
    assertThat(overlaps(cluster.there.values())).isEmpty();
  }

  private static List<String> overlaps(Collection<SubnetFacts> subnets) {
    List<NodeSubnetSpec> specs = subnets.stream().map(SubnetFacts::spec).toList();
    return IntentValidator.contradictions(List.of(), specs).keySet().stream()
        .map(NodeSubnetSpec::cidr)
        .toList();
  }

  @Test
  void intentsOfLastWeekThatContradictWhatThereIsAreDropped() {
    // Given a ledger of last week, written in the middle of a batch, and other blocks since
    cluster.operator().allocate(SlowCluster.planning(4), cluster.cache());
    cluster.put(
        new Ledger(
            Map.of(),
            List.of(
                intent("node-0", "10.0.200.0/24"),
                intent("node-8", "10.0.0.0/22"),
                intent("node-9", "10.0.201.0/24")),
            new LinkedHashMap<>(),
            50));

    // When an operator that knows of nothing finds it
    var outcome = cluster.operator().allocate(SlowCluster.planning(4), cluster.cache());

    // Then what harms nobody is carried out
    assertThat(outcome.refused())
        .extracting(r -> r.name() + ": " + r.message())
        .containsExactly(
            "10-0-200-0-24: node node-0 has a block other than 10.0.200.0/24, so it is dropped from"
                + " ConfigMap tweed-system/tweed-allocations",
            "10-0-0-0-22: 10.0.0.0/22 overlaps a block that is in use, so it is dropped from"
                + " ConfigMap tweed-system/tweed-allocations");
    assertThat(cluster.there).hasSize(5).containsKey("10-0-201-0-24");
    assertThat(cluster.ledger.ledger().intents()).isEmpty();
  }

  private static NodeSubnetSpec intent(String node, String cidr) {
    return new NodeSubnetSpec("default", node, "uid", cidr, List.of("192.0.2.1"), null);
  }
}
