package dev.tweed.agent.daemon;

import dev.tweed.agent.finding.AgentReason;
import dev.tweed.agent.finding.NodeFinding;
import dev.tweed.crds.NodeReportStatus.Firewall;
import dev.tweed.dataplane.Backend;
import dev.tweed.dataplane.ClusterSnapshot;
import dev.tweed.dataplane.SyncReport;
import dev.tweed.firewall.FirewallAdvicePlanner;
import dev.tweed.firewall.FirewallBlockage;
import dev.tweed.firewall.HostFirewall;
import dev.tweed.firewall.NetworkNeeds;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/** Looks whether the host's firewall drops what the pod network needs; opens nothing. */
final class HostFirewallCheck {

  /** A look runs nft a few times; peers may come by the second. */
  private static final Duration INTERVAL = Duration.ofSeconds(30);

  private final Supplier<HostFirewall> reader;
  private final LongSupplier nanoTime;
  private Optional<Looked> last = Optional.empty();

  /** What a look found. */
  record Result(Firewall firewall, List<NodeFinding> findings) {}

  private record Looked(NetworkNeeds needs, long at, Result result) {}

  HostFirewallCheck(Supplier<HostFirewall> reader, LongSupplier nanoTime) {
    this.reader = reader;
    this.nanoTime = nanoTime;
  }

  /** The result of a look not older than half a minute, for these very needs. */
  Result check(ClusterSnapshot snapshot, SyncReport report) {
    NetworkNeeds needs;
    try {
      needs = needs(snapshot, report);
    } catch (IllegalArgumentException e) {
      // A device with a name that must not be put into a command somebody types.
      return new Result(new Firewall("unknown", "Unknown", e.getMessage()), List.of());
    }
    long now = nanoTime.getAsLong();
    Optional<Looked> still =
        last.filter(l -> l.needs().equals(needs) && now - l.at() < INTERVAL.toNanos());
    if (still.isEmpty()) {
      last = Optional.of(new Looked(needs, now, look(needs)));
    }
    return last.orElseThrow().result();
  }

  private Result look(NetworkNeeds needs) {
    HostFirewall found = reader.get();
    return new Result(
        new Firewall(found.manager().text(), found.state().text(), found.reason()),
        FirewallAdvicePlanner.plan(found, needs).stream()
            .map(blockage -> finding(found, blockage))
            .toList());
  }

  private static NodeFinding finding(HostFirewall found, FirewallBlockage blockage) {
    return NodeFinding.of(
        AgentReason.HostFirewallBlocks,
        found.manager().text(),
        blockage.message(),
        blockage.commands().isEmpty()
            ? ""
            : "type as root on the node:\n" + String.join("\n", blockage.commands()));
  }

  private static NetworkNeeds needs(ClusterSnapshot snapshot, SyncReport report) {
    Optional<NetworkNeeds.Tunnel> tunnel =
        switch (snapshot.network().backend()) {
          case Backend.Vxlan vxlan ->
              Optional.of(
                  new NetworkNeeds.Tunnel(
                      report.device().isEmpty() ? "tweed." + vxlan.vni() : report.device(),
                      vxlan.port()));
          case Backend.HostGateway g -> Optional.empty();
        };
    return new NetworkNeeds(
        tunnel,
        snapshot.network().bridgeName(),
        report.underlay().map(u -> u.device()),
        snapshot.self().nodeIps().stream().map(Object::toString).toList(),
        snapshot.network().podCidrs().stream().map(Object::toString).toList());
  }
}
