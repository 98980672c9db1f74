package dev.tweed.agent.training;

import dev.tweed.agent.firewall.FirewallHost;
import dev.tweed.firewall.HostFirewall;
import dev.tweed.firewall.backend.BackendKind;
import dev.tweed.firewall.backend.BackendOutcome;
import dev.tweed.firewall.backend.FirewallBackend;
import dev.tweed.firewall.nft.GuardRules;
import dev.tweed.firewall.rules.FilterRow;
import dev.tweed.firewall.rules.NodeFacts;
import dev.tweed.firewall.rules.ServiceProxy;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/** Reads the firewall as the real one does, changes nothing, and claims success. */
record ReadOnlyFirewall(FirewallHost real) implements FirewallHost {

  @Override
  public HostFirewall read() {
    return real.read();
  }

  @Override
  public boolean hasTools() {
    return true;
  }

  @Override
  public List<FirewallBackend> backends() {
    return Arrays.stream(BackendKind.values()).<FirewallBackend>map(Claiming::new).toList();
  }

  @Override
  public BackendOutcome guard(GuardRules rules) {
    return BackendOutcome.applied(false);
  }

  @Override
  public BackendOutcome checkGuard(GuardRules rules) {
    return BackendOutcome.applied(false);
  }

  @Override
  public OptionalInt generation() {
    return real.generation();
  }

  @Override
  public NodeFacts facts() {
    return real.facts();
  }

  @Override
  public ServiceProxy serviceProxy() {
    return real.serviceProxy();
  }

  @Override
  public Watching watch(Runnable onChange) {
    return real.watch(onChange);
  }

  private record Claiming(BackendKind kind) implements FirewallBackend {
    @Override
    public Optional<String> unsupported(FilterRow row) {
      return Optional.empty();
    }

    @Override
    public BackendOutcome apply(List<FilterRow> rows) {
      return new BackendOutcome.Applied(!rows.isEmpty(), true, List.of());
    }

    @Override
    public BackendOutcome check(List<FilterRow> rows) {
      return new BackendOutcome.Applied(false, true, List.of());
    }
  }
}
