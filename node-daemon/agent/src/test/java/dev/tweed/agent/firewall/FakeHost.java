package dev.tweed.agent.firewall;

import dev.tweed.firewall.HostFirewall;
import dev.tweed.firewall.HostFirewall.Manager;
import dev.tweed.firewall.HostFirewall.State;
import dev.tweed.firewall.backend.BackendKind;
import dev.tweed.firewall.backend.BackendOutcome;
import dev.tweed.firewall.backend.FirewallBackend;
import dev.tweed.firewall.nft.GuardRules;
import dev.tweed.firewall.rules.FilterRow;
import dev.tweed.firewall.rules.NodeFacts;
import dev.tweed.firewall.ruleset.Ruleset;
import dev.tweed.firewall.ruleset.RulesetParser;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;

/** A host whose firewalls do as they are told, or refuse. */
final class FakeHost implements FirewallHost {

  /** What a backend may say {@link #instead}: this can pass. */
  static final BackendOutcome LOCKED =
      new BackendOutcome.Refused("Locked", "somebody holds the lock", "wait");

  private static final Ruleset CLOSED_IPTABLES = rules("ip", "filter", "INPUT", "input", "");

  Manager manager = Manager.UFW;
  State state = State.ACTIVE;
  boolean tools = true;
  Ruleset ruleset = Ruleset.empty();
  int reads;
  NodeFacts facts = NodeFacts.NOTHING;
  OptionalInt generation = OptionalInt.empty();
  boolean guardRefuses;
  Runnable onApply = () -> {};
  Optional<GuardRules> guarded = Optional.empty();
  final Map<BackendKind, List<FilterRow>> rows = new EnumMap<>(BackendKind.class);

  /** What backends say that do not do as they are told. */
  final Map<BackendKind, BackendOutcome> instead = new EnumMap<>(BackendKind.class);

  final Set<BackendKind> usable = EnumSet.allOf(BackendKind.class);

  /** What was asked of backends, such as {@code ufw 3}. */
  final List<String> log = new ArrayList<>();

  /**
   * A base chain whose policy is to drop.
   *
   * @param rules more objects as {@code nft -j} prints them, each with a comma before it
   */
  static Ruleset rules(String family, String table, String chain, String hook, String rules) {
    String listing =
        """
        {"nftables": [{"chain": {"family": "%s", "table": "%s", "name": "%s", "type": "filter",
          "hook": "%s", "prio": 0, "policy": "drop"}}%s]}
        """
            .formatted(family, table, chain, hook, rules);
    RulesetParser parser = new RulesetParser();
    try {
      parser.add(new ByteArrayInputStream(listing.getBytes(StandardCharsets.UTF_8)));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return parser.ruleset();
  }

  @Override
  public HostFirewall read() {
    reads++;
    return new HostFirewall(
        manager, state, "seen", manager == Manager.IPTABLES ? CLOSED_IPTABLES : ruleset);
  }

  @Override
  public boolean hasTools() {
    return tools;
  }

  @Override
  public List<FirewallBackend> backends() {
    return usable.stream().<FirewallBackend>map(Fake::new).toList();
  }

  @Override
  public BackendOutcome guard(GuardRules rules) {
    if (guardRefuses) {
      return new BackendOutcome.Refused("KernelTooOld", "there is no nft", "install it");
    }
    boolean changed = !guarded.equals(Optional.of(rules));
    guarded = Optional.of(rules);
    return BackendOutcome.applied(changed);
  }

  @Override
  public BackendOutcome checkGuard(GuardRules rules) {
    return BackendOutcome.applied(!guarded.equals(Optional.of(rules)));
  }

  @Override
  public OptionalInt generation() {
    return generation;
  }

  @Override
  public NodeFacts facts() {
    return facts;
  }

  @Override
  public Watching watch(Runnable onChange) {
    return () -> {};
  }

  /** The rules that rows of a backend come from. */
  List<String> rules(BackendKind kind) {
    return rows.getOrDefault(kind, List.of()).stream()
        .map(row -> row.origin().name() + "/" + row.rule())
        .distinct()
        .toList();
  }

  private final class Fake implements FirewallBackend {
    private final BackendKind kind;

    Fake(BackendKind kind) {
      this.kind = kind;
    }

    @Override
    public BackendKind kind() {
      return kind;
    }

    @Override
    public Optional<String> unsupported(FilterRow row) {
      return List.of("unsupported", "not in " + kind.text()).contains(row.note())
          ? Optional.of("no such thing")
          : Optional.empty();
    }

    @Override
    public BackendOutcome apply(List<FilterRow> wanted) {
      log.add(kind.text() + " " + wanted.size());
      onApply.run();
      if (instead.containsKey(kind)) {
        return instead.get(kind);
      }
      boolean changed = !rows.getOrDefault(kind, List.of()).equals(wanted);
      rows.put(kind, wanted);
      return new BackendOutcome.Applied(changed, true, List.of());
    }

    @Override
    public BackendOutcome check(List<FilterRow> wanted) {
      return new BackendOutcome.Applied(
          !rows.getOrDefault(kind, List.of()).equals(wanted), true, List.of());
    }
  }
}
