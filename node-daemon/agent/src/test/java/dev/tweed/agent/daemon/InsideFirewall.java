package dev.tweed.agent.daemon;

import dev.tweed.agent.firewall.FirewallHost;
import dev.tweed.firewall.HostFirewall;
import dev.tweed.firewall.backend.BackendKind;
import dev.tweed.firewall.backend.BackendOutcome;
import dev.tweed.firewall.backend.FirewallBackend;
import dev.tweed.firewall.nft.GuardRules;
import dev.tweed.firewall.nft.RuleCount;
import dev.tweed.firewall.rules.FilterRow;
import dev.tweed.firewall.rules.NodeFacts;
import dev.tweed.firewall.rules.ServiceProxy;
import dev.tweed.netlink.LoggedPacket;
import dev.tweed.netlink.testing.Netns;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/** The firewall of a network namespace. */
record InsideFirewall(Netns netns, FirewallHost host) implements FirewallHost {

  @Override
  public HostFirewall read() {
    return netns.call(host::read);
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
  public ServiceProxy serviceProxy() {
    return netns.call(host::serviceProxy);
  }

  @Override
  public List<RuleCount> counts() {
    return netns.call(host::counts);
  }

  @Override
  public BackendOutcome guard(GuardRules rules) {
    return netns.call(() -> host.guard(rules));
  }

  @Override
  public BackendOutcome checkGuard(GuardRules rules) {
    return netns.call(() -> host.checkGuard(rules));
  }

  @Override
  public OptionalInt generation() {
    return netns.call(host::generation);
  }

  @Override
  public NodeFacts facts() {
    return netns.call(host::facts);
  }

  @Override
  public Watching packets(Consumer<LoggedPacket> listener) {
    ThreadPoolExecutor outside =
        new ThreadPoolExecutor(1, 1, 0, TimeUnit.SECONDS, new LinkedBlockingQueue<>());
    // A thread is where the one is that starts it, and the API server is outside.
    outside.prestartAllCoreThreads();
    Watching inside =
        netns.call(() -> host.packets(p -> outside.execute(() -> listener.accept(p))));
    return () -> {
      inside.close();
      outside.shutdown();
    };
  }

  @Override
  public OptionalInt packetLog() {
    return netns.call(host::packetLog);
  }

  @Override
  public Watching watch(Runnable onChange) {
    return netns.call(() -> host.watch(onChange));
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
      return netns.call(() -> backend.apply(rows));
    }

    @Override
    public BackendOutcome check(List<FilterRow> rows) {
      return netns.call(() -> backend.check(rows));
    }
  }
}
