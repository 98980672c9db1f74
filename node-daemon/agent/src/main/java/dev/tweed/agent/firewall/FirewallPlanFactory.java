package dev.tweed.agent.firewall;

import dev.tweed.agent.firewall.FirewallPlan.LastGood;
import dev.tweed.firewall.HostFirewall;
import dev.tweed.firewall.NetworkNeeds;
import dev.tweed.firewall.backend.BackendChoice;
import dev.tweed.firewall.backend.BackendPlanner;
import dev.tweed.firewall.backend.FirewallBackend;
import dev.tweed.firewall.rules.BuiltInRulesPlanner;
import dev.tweed.firewall.rules.Direction;
import dev.tweed.firewall.rules.FilterRow;
import dev.tweed.firewall.rules.FirewallPlanner;
import dev.tweed.firewall.rules.MappedPolicy;
import dev.tweed.firewall.rules.ProtectedService;
import dev.tweed.firewall.rules.ProtectedServicesPlanner;
import dev.tweed.firewall.rules.ProtectedServicesPlanner.Sight;
import dev.tweed.firewall.rules.Protocol;
import dev.tweed.firewall.rules.RuleGroup;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Makes the plan for this node as it is now; changes nothing. For the daemon and for people. */
public final class FirewallPlanFactory {

  /** Where API servers listen; a Service in front of them may have another port. */
  private static final int API_SERVER = 6443;

  private final FirewallHost host;
  private final Supplier<ApiEndpoint> api;

  /**
   * @param api where the daemon reaches the API server; asked for each plan
   */
  public FirewallPlanFactory(FirewallHost host, Supplier<ApiEndpoint> api) {
    this.host = host;
    this.api = api;
  }

  /** The plan, with what is remembered of rules that were in force. */
  public FirewallPlan make(FirewallWish wish, LastGood before) {
    return make(wish, before, host.read(), services(wish));
  }

  /** The plan that keeps what was in force. */
  public FirewallPlan keep(LastGood before) {
    return make(FirewallWish.nothingNew(), before);
  }

  /**
   * The same for a firewall that was just looked at.
   *
   * @param services see {@link #services}
   */
  FirewallPlan make(
      FirewallWish wish, LastGood before, HostFirewall found, List<ProtectedService> services) {
    BackendChoice choice = BackendPlanner.plan(found, host.hasTools());
    Optional<FirewallBackend> backend = choice.kind().flatMap(host::backend);
    Function<FilterRow, Optional<String>> unsupported =
        backend
            .<Function<FilterRow, Optional<String>>>map(b -> b::unsupported)
            .orElse(row -> Optional.empty());
    Optional<RuleGroup> builtIn = builtIn(wish.network(), before);
    return new FirewallPlan(
        found,
        choice,
        FirewallPlanner.plan(
            wish.nodeKnown() ? wish.policies() : kept(before),
            builtIn,
            // Rows that go nowhere cut nothing: the guard's table is about NodePorts.
            choice.kind().isPresent() ? services : List.of(),
            unsupported,
            before.policies()),
        builtIn);
  }

  private static Optional<RuleGroup> builtIn(NetworkState network, LastGood before) {
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

  private static List<MappedPolicy> kept(LastGood before) {
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

  /** What must stay in reach on this node as it is now. */
  List<ProtectedService> services(FirewallWish wish) {
    FirewallHost.SocketSight sockets = host.sockets();
    ApiEndpoint endpoint = api.get();
    List<ProtectedService> services =
        new ArrayList<>(
            ProtectedServicesPlanner.plan(
                new Sight(
                    sockets.tcp(),
                    sockets.sshd(),
                    sockets.kubernetes(),
                    wish.kubeletPort(),
                    sockets.routes(),
                    podDevices(wish.network()),
                    tunnelPort(wish.network()),
                    endpoint.addresses(),
                    endpoint.port())));
    if (endpoint.port() != API_SERVER) {
      // A Service's address and port are gone when filters see the packet: NAT comes first.
      services.add(
          new ProtectedService(
              "way to the API server",
              Direction.OUT,
              Protocol.TCP,
              API_SERVER,
              wish.controlPlanes()));
    }
    return services;
  }

  private static Set<String> podDevices(NetworkState network) {
    return network instanceof NetworkState.Member member
        ? Stream.concat(
                Stream.of(member.needs().bridge()),
                member.needs().tunnel().map(NetworkNeeds.Tunnel::device).stream())
            .collect(Collectors.toSet())
        : Set.of();
  }

  private static OptionalInt tunnelPort(NetworkState network) {
    return network instanceof NetworkState.Member member
        ? member.needs().tunnel().map(NetworkNeeds.Tunnel::port).stream()
            .mapToInt(Integer::intValue)
            .findFirst()
        : OptionalInt.empty();
  }
}
