package dev.tweed.agent.firewall;

import dev.tweed.firewall.HostFirewall;
import dev.tweed.firewall.backend.BackendKind;
import dev.tweed.firewall.backend.BackendOutcome;
import dev.tweed.firewall.backend.FirewallBackend;
import dev.tweed.firewall.nft.GuardRules;
import dev.tweed.firewall.nft.RuleCount;
import dev.tweed.firewall.rules.NodeFacts;
import dev.tweed.firewall.rules.ServiceProxy;
import dev.tweed.netlink.LoggedPacket;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Consumer;

/** The host's firewall as this package uses it; a seam for tests. Used by one thread at a time. */
public interface FirewallHost {

  /** Looks which firewall there is; never fails. */
  HostFirewall read();

  /** Whether the host's files and programs may be used. */
  boolean hasTools();

  /** The backends that can be used here, whether that firewall is there or not. */
  List<FirewallBackend> backends();

  /** Makes the table that is there beside every firewall hold these rules. */
  BackendOutcome guard(GuardRules rules);

  /** What {@link #guard} would come to now, told without changing anything. */
  BackendOutcome checkGuard(GuardRules rules);

  /** What rules of policies in tables of our own have counted; from any thread. */
  default List<RuleCount> counts() {
    return List.of();
  }

  /**
   * The number of the rules in the kernel: while it is the same, so are they. Empty if there may be
   * rules it does not count, those of iptables-legacy, or if the kernel does not tell it.
   */
  OptionalInt generation();

  /** What this node itself tells of who has to reach it, and how. */
  NodeFacts facts();

  /** Who takes packets for NodePorts. */
  default ServiceProxy serviceProxy() {
    return ServiceProxy.NETFILTER;
  }

  /** Tells when rules in the kernel may have changed, until it is closed. */
  Watching watch(Runnable onChange);

  /**
   * Tells of packets that rules of ours log, until it is closed; from a thread of its own.
   *
   * @throws dev.tweed.netlink.NetlinkException where the kernel does not tell
   */
  default Watching packets(Consumer<LoggedPacket> listener) {
    return () -> {};
  }

  /** The group that {@link #packets} are logged to; empty if the kernel has no such log. */
  default OptionalInt packetLog() {
    return OptionalInt.empty();
  }

  /** A watch. */
  interface Watching extends AutoCloseable {
    @Override
    void close();
  }

  /** The backend of a sort, if it can be used here. */
  default Optional<FirewallBackend> backend(BackendKind kind) {
    return backends().stream().filter(backend -> backend.kind() == kind).findFirst();
  }
}
