package dev.tweed.agent.firewall;

import dev.tweed.agent.api.ServerEndpoint;
import dev.tweed.agent.firewall.FirewallFiles.Remembered;
import dev.tweed.dataplane.Peer;
import dev.tweed.firewall.HostFirewall;
import dev.tweed.firewall.NetworkNeeds;
import dev.tweed.firewall.backend.BackendChoice;
import dev.tweed.firewall.backend.BackendPlanner;
import dev.tweed.firewall.backend.FirewallBackend;
import dev.tweed.firewall.rules.BuiltInRulesPlanner;
import dev.tweed.firewall.rules.FilterRow;
import dev.tweed.firewall.rules.FirewallPlanner;
import dev.tweed.firewall.rules.MappedPolicy;
import dev.tweed.firewall.rules.NodeFacts;
import dev.tweed.firewall.rules.Origin;
import dev.tweed.firewall.rules.PlannedRules;
import dev.tweed.firewall.rules.ProtectedFlow;
import dev.tweed.firewall.rules.ProtectedFlowsPlanner;
import dev.tweed.firewall.rules.ProtectedFlowsPlanner.Network;
import dev.tweed.firewall.rules.ProtectedFlowsPlanner.ProtectionFacts;
import dev.tweed.firewall.rules.ProtectedFlowsPlanner.Server;
import dev.tweed.firewall.rules.RuleGroup;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Makes the plan for this node as it is now; changes nothing. For the daemon and for people. */
public final class FirewallPlanFactory {

  /** Where API servers and kubelets serve, as far as nothing else is known. */
  private static final int API_SERVER = 6443;

  private static final int KUBELET = 10250;

  private final FirewallHost host;
  private final Supplier<List<Server>> api;
  private final Supplier<List<ServerEndpoint>> apiServers;

  /**
   * @param api where the daemon reaches the API server; asked for each plan
   * @param apiServers where API servers themselves answer; empty as long as that is not known
   */
  public FirewallPlanFactory(
      FirewallHost host, Supplier<List<Server>> api, Supplier<List<ServerEndpoint>> apiServers) {
    this.host = host;
    this.api = api;
    this.apiServers = apiServers;
  }

  /** The plan, with what is remembered of rules that were in force. */
  public FirewallPlan make(DesiredFirewall desired, Remembered before) {
    HostFirewall found = host.read();
    return make(
        desired, before, found, choose(found, desired, BackendChoice.found(before.places()), 0));
  }

  /** Where the rows go; parameters as of {@link BackendPlanner#plan}. */
  BackendChoice choose(
      HostFirewall found, DesiredFirewall desired, BackendChoice before, long now) {
    Optional<NetworkNeeds> needs =
        desired.network() instanceof NetworkState.Member member && member.managed()
            ? Optional.of(member.needs())
            : Optional.empty();
    return BackendPlanner.plan(found, needs, host.hasTools(), before, now);
  }

  /** The plan that keeps what was in force. */
  public FirewallPlan keep(Remembered before) {
    return make(DesiredFirewall.nothingNew(), before);
  }

  /** The plan for a firewall that was just looked at. */
  FirewallPlan make(
      DesiredFirewall desired, Remembered before, HostFirewall found, BackendChoice choice) {
    List<FirewallBackend> backends =
        choice.kinds().stream().flatMap(kind -> host.backend(kind).stream()).toList();
    Function<FilterRow, Optional<String>> unsupported =
        row -> backends.stream().flatMap(b -> b.unsupported(row).stream()).findFirst();
    List<MappedPolicy> policies = desired.nodeKnown() ? desired.policies() : kept(before);
    Optional<RuleGroup> builtIn = builtIn(desired.network(), before);
    PlannedRules planned =
        FirewallPlanner.plan(
            policies,
            builtIn,
            choice.kinds().isEmpty() || policies.isEmpty() ? List.of() : flows(desired),
            unsupported,
            host::serviceProxy,
            before.policies());
    List<FilterRow> standby =
        choice.standby().flatMap(host::backend).stream()
            .flatMap(backend -> supported(backend, planned.rows()))
            .toList();
    return new FirewallPlan(found, choice, planned, builtIn, standby);
  }

  /** Rows of those that a firewall can hold as a whole: ufw could not read its file with others. */
  private static Stream<FilterRow> supported(FirewallBackend backend, List<FilterRow> rows) {
    Set<Origin> unsupported =
        rows.stream()
            .filter(row -> backend.unsupported(row).isPresent())
            .map(FilterRow::origin)
            .collect(Collectors.toSet());
    return rows.stream().filter(row -> !unsupported.contains(row.origin()));
  }

  private static Optional<RuleGroup> builtIn(NetworkState network, Remembered before) {
    return switch (network) {
      case NetworkState.Outside outside -> Optional.empty();
      case NetworkState.Waiting waiting -> before.builtIn();
      case NetworkState.Member member ->
          member.managed()
              ? Optional.of(
                  BuiltInRulesPlanner.plan(member.network(), member.needs(), member.ownBlocks()))
              : Optional.empty();
    };
  }

  private static List<MappedPolicy> kept(Remembered before) {
    List<MappedPolicy> policies = new ArrayList<>();
    before
        .policies()
        .forEach(
            (name, good) ->
                policies.add(
                    new MappedPolicy(
                        name,
                        "", // what was kept is of any object of that name
                        good.generation(),
                        good.allowLockout(),
                        Optional.of(good.group()),
                        List.of())));
    return policies;
  }

  /** What has to pass on this node as it is now. */
  private List<ProtectedFlow> flows(DesiredFirewall desired) {
    try (NodeFacts node = host.facts()) {
      return ProtectedFlowsPlanner.plan(
          new ProtectionFacts(
              node,
              desired.kubeletPort().orElse(KUBELET),
              apiServers(desired),
              api.get(),
              desired.cloud(),
              desired.network() instanceof NetworkState.Member member
                  ? Optional.of(
                      new Network(
                          member.needs(),
                          member.ownBlocks(),
                          member.peers().stream().map(Peer::nodeIps).toList()))
                  : Optional.empty()));
    }
  }

  private List<Server> apiServers(DesiredFirewall desired) {
    List<ServerEndpoint> known = apiServers.get();
    return known.isEmpty()
        ? desired.controlPlanes().stream()
            .map(address -> new Server(Optional.of(address), API_SERVER))
            .toList()
        : known.stream().map(e -> new Server(Optional.of(e.address()), e.port())).toList();
  }
}
