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
import dev.tweed.firewall.rules.BuiltInRulesPlanner;
import dev.tweed.firewall.ufw.UfwOutcome;
import dev.tweed.netlink.IpPrefix;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/**
 * Looks whether the host's firewall drops what the pod network needs. Opens it where the daemon has
 * been given the means; changes nothing otherwise.
 */
final class HostFirewallCheck {

  /** A look runs nft a few times; peers may come by the second. */
  private static final Duration INTERVAL = Duration.ofSeconds(30);

  private final Supplier<HostFirewall> reader;
  private final Optional<HostFirewallOpener> opener;
  private final LongSupplier nanoTime;
  private boolean released;
  private Optional<Looked> last = Optional.empty();

  /** What a look found. */
  record Result(Firewall firewall, List<NodeFinding> findings) {}

  private record Looked(Needs needs, long at, Result result) {}

  private record Needs(String network, NetworkNeeds needs, List<IpPrefix> ownBlocks) {}

  /**
   * @param opener opens what is blocked; empty if the host's files are none of the daemon's
   *     business
   */
  HostFirewallCheck(
      Supplier<HostFirewall> reader, Optional<HostFirewallOpener> opener, LongSupplier nanoTime) {
    this.reader = reader;
    this.opener = opener;
    this.nanoTime = nanoTime;
  }

  /** The result of a look not older than half a minute, for these very needs. */
  Result check(ClusterSnapshot snapshot, SyncReport report) {
    released = false;
    Needs needs;
    try {
      needs =
          new Needs(snapshot.network().name(), needs(snapshot, report), snapshot.self().blocks());
    } catch (IllegalArgumentException e) {
      // A device with a name that must not be put into a command somebody types.
      return new Result(
          new Firewall("unknown", "Unknown", e.getMessage(), null, null, null), List.of());
    }
    long now = nanoTime.getAsLong();
    Optional<Looked> still =
        last.filter(l -> l.needs().equals(needs) && now - l.at() < INTERVAL.toNanos());
    if (still.isEmpty()) {
      last = Optional.of(new Looked(needs, now, look(needs)));
    }
    return last.orElseThrow().result();
  }

  /**
   * Takes back what was opened: the firewall is not to be managed any more. What could not be taken
   * back now is tried again by the next call.
   */
  void release() {
    if (opener.isPresent() && !released) {
      last = Optional.empty();
      released =
          switch (opener.get().release()) {
            case UfwOutcome.Applied applied -> true;
            case UfwOutcome.Refused refused -> refused.reason() == UfwOutcome.Reason.NOT_FOUND;
          };
    }
  }

  private Result look(Needs needs) {
    HostFirewall found = reader.get();
    List<NodeFinding> findings = new ArrayList<>();
    String kept = "";
    if (opener.isPresent() && found.manager() == HostFirewall.Manager.UFW) {
      HostFirewallOpener.Result opened =
          opener
              .get()
              .open(BuiltInRulesPlanner.plan(needs.network(), needs.needs(), needs.ownBlocks()));
      findings.addAll(opened.findings());
      kept = opened.rules() == 0 ? "" : "; %d of them are Tweed's".formatted(opened.rules());
      if (opened.changed()) {
        found = reader.get();
      }
    }
    HostFirewall now = found;
    FirewallAdvicePlanner.plan(now, needs.needs()).stream()
        .map(blockage -> finding(now, blockage))
        .forEach(findings::add);
    return new Result(
        new Firewall(
            now.manager().text(), now.state().text(), now.reason() + kept, null, null, null),
        List.copyOf(findings));
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
