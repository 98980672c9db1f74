package dev.tweed.agent.firewall;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.firewall.backend.BackendKind;
import dev.tweed.firewall.backend.BackendOutcome;
import dev.tweed.firewall.backend.BackendOutcome.Applied;
import dev.tweed.firewall.backend.BackendOutcome.Refused;
import dev.tweed.firewall.backend.FirewallBackend;
import dev.tweed.firewall.iptables.IptablesFlavour;
import dev.tweed.firewall.rules.FilterRow;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class IptablesBackendsTest {

  private static final Applied UNCHANGED = new Applied(false, true, List.of());
  private static final Applied CHANGED = new Applied(true, true, List.of());

  @TempDir Path proc;
  private final List<IptablesFlavour> asked = new ArrayList<>();
  private final Map<IptablesFlavour, BackendOutcome> outcomes =
      new EnumMap<>(Map.of(IptablesFlavour.NFT, UNCHANGED, IptablesFlavour.LEGACY, UNCHANGED));
  private IptablesBackends backends;

  @BeforeEach
  void start() throws IOException {
    Files.writeString(proc.resolve("ip_tables_names"), "filter\n");
    Map<IptablesFlavour, FirewallBackend> flavours = new EnumMap<>(IptablesFlavour.class);
    for (IptablesFlavour flavour : IptablesFlavour.values()) {
      flavours.put(flavour, new Fake(flavour));
    }
    backends = new IptablesBackends(flavours, new LegacyFilters(proc, Optional.empty()));
  }

  @Test
  void theOtherFlavourIsEmptiedAfterTheUsedOneAndOnce() {
    backends.use(EnumSet.of(IptablesFlavour.LEGACY));
    outcomes.put(IptablesFlavour.NFT, CHANGED);

    assertThat(backends.apply(List.of())).isEqualTo(CHANGED);
    assertThat(backends.apply(List.of())).isEqualTo(UNCHANGED);

    assertThat(asked)
        .containsExactly(IptablesFlavour.LEGACY, IptablesFlavour.NFT, IptablesFlavour.LEGACY);
  }

  @Test
  void aFlavourThatWasUsedIsEmptiedAgain() {
    backends.apply(List.of());
    backends.use(EnumSet.of(IptablesFlavour.LEGACY));
    backends.apply(List.of());
    asked.clear();

    backends.use(EnumSet.of(IptablesFlavour.NFT));
    backends.apply(List.of());

    assertThat(asked).containsExactly(IptablesFlavour.NFT, IptablesFlavour.LEGACY);
  }

  @Test
  void whereBothDropBothHoldTheRows() {
    backends.use(EnumSet.allOf(IptablesFlavour.class));
    outcomes.put(IptablesFlavour.LEGACY, CHANGED);

    assertThat(backends.apply(List.of())).isEqualTo(CHANGED);
    assertThat(asked).containsExactly(IptablesFlavour.NFT, IptablesFlavour.LEGACY);

    Refused refused = new Refused("ChainError", "no", "look");
    outcomes.put(IptablesFlavour.LEGACY, refused);
    assertThat(backends.apply(List.of())).isEqualTo(refused);
  }

  @Test
  void aLockedFlavourIsEmptiedAnotherTime() {
    outcomes.put(IptablesFlavour.LEGACY, new Refused(BackendOutcome.LOCKED, "held", "wait"));
    assertThat(backends.apply(List.of())).isEqualTo(UNCHANGED);
    outcomes.put(IptablesFlavour.LEGACY, CHANGED);

    assertThat(backends.apply(List.of())).isEqualTo(CHANGED);
  }

  @Test
  void aFlavourThatCannotBeHadIsAskedOnce() {
    outcomes.put(IptablesFlavour.LEGACY, new Refused("NotPermitted", "no", "NET_RAW"));

    backends.apply(List.of());
    backends.apply(List.of());

    assertThat(asked)
        .containsExactly(IptablesFlavour.NFT, IptablesFlavour.LEGACY, IptablesFlavour.NFT);
  }

  @Test
  void legacyTablesAreNotMadeByLookingForThem() throws IOException {
    Files.delete(proc.resolve("ip_tables_names"));

    backends.apply(List.of());

    assertThat(asked).containsExactly(IptablesFlavour.NFT);
  }

  @Test
  void whatTheUsedFlavourRefusesIsRefused() {
    Refused refused = new Refused("ChainError", "no", "look");
    outcomes.put(IptablesFlavour.NFT, refused);

    assertThat(backends.apply(List.of())).isEqualTo(refused);
    assertThat(asked).containsExactly(IptablesFlavour.NFT);
  }

  private final class Fake implements FirewallBackend {
    private final IptablesFlavour flavour;

    Fake(IptablesFlavour flavour) {
      this.flavour = flavour;
    }

    @Override
    public BackendKind kind() {
      return BackendKind.IPTABLES;
    }

    @Override
    public BackendOutcome apply(List<FilterRow> rows) {
      asked.add(flavour);
      BackendOutcome outcome = outcomes.get(flavour);
      outcomes.replace(flavour, CHANGED, UNCHANGED);
      return outcome;
    }

    @Override
    public BackendOutcome check(List<FilterRow> rows) {
      return apply(rows);
    }
  }
}
