package dev.tweed.agent.daemon;

import dev.tweed.agent.firewall.FirewallHost;
import dev.tweed.firewall.HostFirewall;
import dev.tweed.firewall.backend.BackendKind;
import dev.tweed.firewall.backend.BackendListing;
import dev.tweed.firewall.backend.BackendOutcome;
import dev.tweed.firewall.backend.FirewallBackend;
import dev.tweed.firewall.nft.GuardListing;
import dev.tweed.firewall.nft.GuardOutcome;
import dev.tweed.firewall.nft.GuardRules;
import dev.tweed.firewall.rules.FilterRow;
import dev.tweed.netlink.testing.Netns;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.Callable;

/** The firewall of a network namespace. */
record InsideFirewall(Netns netns, FirewallHost host) implements FirewallHost {

  @Override
  public HostFirewall read() {
    return in(host::read);
  }

  @Override
  public boolean hasTools() {
    return host.hasTools();
  }

  @Override
  public List<FirewallBackend> backends() {
    return host.backends().stream().<FirewallBackend>map(Inside::new).toList();
  }

  @Override
  public GuardOutcome guard(GuardRules rules) {
    return in(() -> host.guard(rules));
  }

  @Override
  public GuardListing lookAtGuard(GuardRules rules, GuardRules last) {
    return in(() -> host.lookAtGuard(rules, last));
  }

  @Override
  public OptionalInt generation() {
    return in(host::generation);
  }

  @Override
  public SocketSight sockets() {
    return in(host::sockets);
  }

  @Override
  public Watching watch(Runnable onChange) {
    return in(() -> host.watch(onChange));
  }

  private <T> T in(Callable<T> task) {
    try {
      return netns.call(task);
    } catch (RuntimeException e) {
      throw e;
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  private class Inside implements FirewallBackend {
    private final FirewallBackend backend;

    Inside(FirewallBackend backend) {
      this.backend = backend;
    }

    @Override
    public BackendKind kind() {
      return backend.kind();
    }

    @Override
    public Optional<String> unsupported(FilterRow row) {
      return backend.unsupported(row);
    }

    @Override
    public BackendOutcome apply(List<FilterRow> rows) {
      return in(() -> backend.apply(rows));
    }

    @Override
    public BackendListing look(List<FilterRow> intended) {
      return in(() -> backend.look(intended));
    }
  }
}
