package dev.tweed.operator.ledger;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.tweed.crds.NodeSubnet;
import dev.tweed.crds.NodeSubnetSpec;
import dev.tweed.ip.IpPrefix;
import dev.tweed.operator.allocation.AllocationPlan;
import dev.tweed.operator.allocation.AllocationPlan.Claim;
import dev.tweed.operator.allocation.SubnetFacts;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** The ledger knows who held a released block last. */
class LastHoldersTest {
  private static final Duration QUIET = Duration.ofSeconds(30);

  private final InMemory store = new InMemory();
  private long now;
  private final Allocator allocator =
      new Allocator(
          store,
          new RefusingAll(),
          QUIET,
          Allocator.BATCH,
          () -> now,
          () -> Instant.EPOCH.plusNanos(now));

  /** A ledger with a version for each write. */
  private static final class InMemory implements LedgerStore {
    private Entry entry = new Entry(Ledger.empty(), Optional.empty());
    private int writes;

    @Override
    public Entry read() {
      return entry;
    }

    @Override
    public Optional<Entry> replace(Entry read, Ledger next) {
      if (!read.version().equals(entry.version())) {
        return Optional.empty();
      }
      writes++;
      entry = new Entry(next, Optional.of("v" + writes));
      return Optional.of(entry);
    }
  }

  private static final class RefusingAll implements ClaimWriter {
    @Override
    public List<SubnetFacts> listLatest() {
      return List.of();
    }

    @Override
    public List<ClaimResult> create(List<NodeSubnet> claims, BooleanSupplier mayStart) {
      return claims.stream()
          .<ClaimResult>map(c -> new ClaimResult.Refused(c.getMetadata().getName(), "forbidden"))
          .toList();
    }
  }

  private void look() {
    allocator.allocate((subnets, cursors) -> AllocationPlan.nothing(), List.of());
  }

  private void rest() {
    look();
    now += QUIET.toNanos();
    look();
    assertThat(allocator.mayDelete("10.244.1.0/24")).isTrue();
  }

  @Test
  void toWriteThemDownDoesNotPutOffWhatTheyAreWrittenDownFor() {
    rest();

    assertThat(allocator.noteHolders(Map.of("10.244.1.0/24", "n1"))).isTrue();

    assertThat(allocator.mayDelete("10.244.1.0/24")).isTrue();
    look();
    assertThat(allocator.mayDelete("10.244.1.0/24")).isTrue();
    assertThat(store.read().ledger().lastHolders()).containsEntry("10.244.1.0/24", "n1");
    // and they are not written down twice
    assertThat(allocator.noteHolders(Map.of("10.244.1.0/24", "n1"))).isTrue();
    assertThat(store.writes).isEqualTo(1);
  }

  @Test
  void whoeverWasFirstPutsOffAllDeletions() {
    rest();
    store.replace(
        store.read(), Ledger.empty().with(Map.of("10.244.0.0/16", 1L), List.of(), Set.of()));

    assertThat(allocator.noteHolders(Map.of("10.244.1.0/24", "n1"))).isFalse();

    assertThat(store.read().ledger().lastHolders()).isEmpty();
    look();
    assertThat(allocator.mayDelete("10.244.1.0/24")).isFalse();
  }

  @Test
  void aBlockThatIsGivenOutIsNoLongerOfTheNodeBefore() {
    Ledger ledger = Ledger.empty().released(Map.of("10.244.1.0/24", "n1", "10.244.2.0/24", "n2"));
    NodeSubnetSpec claim = new NodeSubnetSpec("default", "n3", "uid", "10.244.1.0/24", null, null);

    assertThat(ledger.with(Map.of(), List.of(claim), Set.of()).settled(Set.of()).lastHolders())
        .containsExactly(Map.entry("10.244.2.0/24", "n2"));
  }

  @Test
  void whatANodeHeldBeforeItGotAnotherIsForgotten() {
    Ledger ledger = Ledger.empty().released(Map.of("10.244.1.0/24", "n1", "fd00:1::/64", "n1"));
    NodeSubnetSpec claim = new NodeSubnetSpec("default", "n1", "uid", "10.244.9.0/24", null, null);

    assertThat(ledger.with(Map.of(), List.of(claim), Set.of()).settled(Set.of()).lastHolders())
        .containsExactly(Map.entry("fd00:1::/64", "n1"));
  }

  /** For want of a right, say: what a returning node had, it is to have when the right is back. */
  @Test
  void aBlockThatIsRefusedIsStillWhoseItWas() {
    // Given a node that returns to a block that it held
    store.replace(store.read(), Ledger.empty().released(Map.of("10.244.1.0/24", "n1")));
    NodeSubnetSpec spec = new NodeSubnetSpec("default", "n1", "uid", "10.244.1.0/24", null, null);
    Claim claim = new Claim(IpPrefix.parse("10.244.1.0/24"), spec, Map.of());
    AllocationPlan nothing = AllocationPlan.nothing();
    AllocationPlan plan =
        new AllocationPlan(
            List.of(claim),
            nothing.amendments(),
            nothing.releases(),
            nothing.suspended(),
            nothing.pending(),
            nothing.cursors(),
            nothing.networks(),
            nothing.nextDeadline());

    // When the API server does not take it
    Allocator.Outcome outcome = allocator.allocate((subnets, cursors) -> plan, List.of());

    // Then nothing is intended, and the ledger says as before whose block it was
    assertThat(outcome.refused()).hasSize(1);
    assertThat(store.read().ledger().intents()).isEmpty();
    assertThat(store.read().ledger().lastHolders())
        .containsExactly(Map.entry("10.244.1.0/24", "n1"));
  }

  @Test
  void theOldestAreForgotten() throws Exception {
    Ledger ledger = Ledger.empty();
    for (int i = 0; i < Ledger.HOLDERS + 10; i++) {
      ledger = ledger.released(Map.of("10." + i / 256 + "." + i % 256 + ".0/24", "n" + i));
    }
    // One that is released again is the latest
    ledger = ledger.released(Map.of("10.0.10.0/24", "again"));

    assertThat(ledger.lastHolders())
        .hasSize(Ledger.HOLDERS)
        .doesNotContainKey("10.0.9.0/24")
        .containsKey("10.0.11.0/24");
    assertThat(ledger.lastHolders().lastEntry()).isEqualTo(Map.entry("10.0.10.0/24", "again"));

    // and the order is written too
    JsonMapper json = JsonMapper.builder().build();
    Ledger read = json.readValue(json.writeValueAsString(ledger), Ledger.class);
    assertThat(List.copyOf(read.lastHolders().keySet()))
        .isEqualTo(List.copyOf(ledger.lastHolders().keySet()));
  }

  @Test
  void longNamesLeaveRoomForIntents() throws Exception {
    String name = "n".repeat(249);
    Ledger ledger =
        Ledger.empty()
            .released(
                IntStream.range(1_000, 3_000)
                    .boxed()
                    .collect(Collectors.toMap(i -> "fd00:" + i + "::/64", i -> name + i)));

    assertThat(JsonMapper.builder().build().writeValueAsString(ledger).length())
        .isBetween(250 * 1024, 257 * 1024);
  }
}
