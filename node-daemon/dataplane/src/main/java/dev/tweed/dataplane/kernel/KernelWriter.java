package dev.tweed.dataplane.kernel;

import dev.tweed.dataplane.Change;
import dev.tweed.dataplane.plan.BridgeDevice;
import dev.tweed.dataplane.plan.ChangeFailure;
import dev.tweed.dataplane.plan.Marks;
import dev.tweed.dataplane.plan.ProbeDevice;
import dev.tweed.dataplane.plan.RulesetCompiler;
import dev.tweed.dataplane.plan.StateChange;
import dev.tweed.dataplane.plan.SysctlSetting;
import dev.tweed.dataplane.plan.TunnelDevice;
import dev.tweed.dataplane.plan.TunnelFilterCompiler;
import dev.tweed.ip.AddressFamily;
import dev.tweed.netlink.Address;
import dev.tweed.netlink.BatchResult;
import dev.tweed.netlink.FdbEntry;
import dev.tweed.netlink.Link;
import dev.tweed.netlink.LinkRef;
import dev.tweed.netlink.Neighbour;
import dev.tweed.netlink.NetlinkError;
import dev.tweed.netlink.NetlinkException;
import dev.tweed.netlink.Route;
import dev.tweed.netlink.RouteProtocol;
import dev.tweed.netlink.RtRequest;
import dev.tweed.netlink.Rtnetlink;
import dev.tweed.netlink.Scope;
import dev.tweed.netlink.nft.NfRequest;
import dev.tweed.netlink.nft.NfTableDiff;
import dev.tweed.netlink.nft.NfTables;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Function;
import java.util.stream.Stream;

/**
 * Carries out steps in the given order. Those that make or prepare devices go one by one, since
 * each depends on the one before; those of peers go in one batch. A step that fails stops no other,
 * except those of a device that could not be made.
 */
public final class KernelWriter {

  private static final int ETHERNET_MTU = 1500;
  private static final int LOCAL_ROUTE_TRIES = 50;
  private static final Duration LOCAL_ROUTE_PAUSE = Duration.ofMillis(1);

  private final Rtnetlink netlink;
  private final SysctlWriter sysctls;
  private final NfTables tables;
  private final Marks marks;
  private final BridgeNetfilterLoader bridgeNetfilter;

  /** Writes by these. */
  public KernelWriter(Rtnetlink netlink, SysctlWriter sysctls, NfTables tables, Marks marks) {
    this.tables = tables;
    this.netlink = netlink;
    this.sysctls = sysctls;
    this.marks = marks;
    this.bridgeNetfilter = new BridgeNetfilterLoader(tables);
  }

  /**
   * A step that was carried out.
   *
   * @param change which
   * @param detail what was found and done, for people
   */
  public record Done(StateChange change, String detail) {

    /**
     * For people.
     *
     * @param drift whether it mended what had been so before
     */
    public Change report(boolean drift) {
      return new Change(change.kind(), change.action(), change.object(), detail, drift);
    }
  }

  /**
   * What became of the steps; those that turned out needless are in neither list.
   *
   * @param done carried out
   * @param failures failed
   */
  public record Outcome(List<Done> done, List<ChangeFailure> failures) {
    /** Copies the lists. */
    public Outcome {
      done = List.copyOf(done);
      failures = List.copyOf(failures);
    }

    /** Whether the nftables table may be another than before. */
    public boolean touchedRules() {
      return Stream.concat(
              done.stream().map(Done::change), failures.stream().map(ChangeFailure::change))
          .anyMatch(change -> change.kind() == Change.Kind.NFT);
    }
  }

  /** Carries out the steps. */
  public Outcome apply(List<StateChange> changes) {
    Run run = new Run();
    List<StateChange> batch = new ArrayList<>();
    for (StateChange change : changes) {
      if (change.concernsPeer() && change.kind() != Change.Kind.FILTER) {
        batch.add(change);
      } else {
        run.batch(batch);
        batch.clear();
        run.single(change);
      }
    }
    run.batch(batch);
    return new Outcome(run.done, run.failures);
  }

  /** One list of steps under way. */
  private final class Run {
    private final List<Done> done = new ArrayList<>();
    private final List<ChangeFailure> failures = new ArrayList<>();
    private final Map<String, Optional<Integer>> indexes = new HashMap<>();

    private void single(StateChange change) {
      switch (change) {
        case StateChange.EnsureSysctl sysctl -> ensure(sysctl);
        case StateChange.ReplaceRules replace ->
            tables(
                change,
                NfTableDiff.replacement(replace.rules()),
                ChangeFailure.Cause.NftRefused::new);
        case StateChange.RemoveRules _ ->
            tables(
                change,
                NfTableDiff.removal(RulesetCompiler.TABLE),
                ChangeFailure.Cause.NftRefused::new);
        case StateChange.PutTunnelFilter put ->
            filter(change, TunnelFilterCompiler.replacement(put.filter()));
        case StateChange.AddTunnelPeers add ->
            filter(change, TunnelFilterCompiler.addition(add.peers()));
        case StateChange.RemoveTunnelPeers remove ->
            filter(change, TunnelFilterCompiler.removal(remove.peers()));
        case StateChange.RemoveTunnelFilter _ -> filter(change, TunnelFilterCompiler.deletion());
        case StateChange.CreateTunnel tunnel -> create(tunnel, tunnel.tunnel());
        case StateChange.CreateBridge bridge -> create(bridge, bridge.bridge());
        case StateChange.CreateProbe probe -> create(probe, probe.probe());
        case StateChange.AttachPort attach -> attach(attach);
        case StateChange.RemoveLocalRoute remove -> removeLocalRoute(remove);
        default -> {
          batch(List.of(change));
          if (change instanceof StateChange.DeleteLink link) {
            indexes.remove(link.name());
          }
        }
      }
    }

    private void ensure(StateChange.EnsureSysctl change) {
      if (change.device().isPresent() && index(change.device().get()).isEmpty()) {
        failures.add(new ChangeFailure(change, new ChangeFailure.Cause.NoDevice()));
        return;
      }
      SysctlWriter.Result result = sysctls.ensure(change.setting());
      if (result instanceof SysctlWriter.Result.Failed failed
          && failed.cause() instanceof ChangeFailure.Cause.NoSuchSysctl
          && change.setting().absence() == SysctlSetting.Absence.BRIDGE_NETFILTER_MISSING
          && bridgeNetfilter.load()) {
        result = sysctls.ensure(change.setting());
      }
      switch (result) {
        case SysctlWriter.Result.AlreadyRight right -> {}
        case SysctlWriter.Result.Written written ->
            done.add(new Done(change, written.before() + " -> " + written.after()));
        case SysctlWriter.Result.Failed failed ->
            failures.add(new ChangeFailure(change, failed.cause()));
      }
    }

    private void filter(StateChange change, List<NfRequest> transaction) {
      tables(change, transaction, ChangeFailure.Cause.FilterRefused::new);
    }

    /** Packets between pods flow without tables, so what goes wrong with one ends nothing else. */
    private void tables(
        StateChange change,
        List<NfRequest> transaction,
        Function<String, ChangeFailure.Cause> refused) {
      Optional<String> error;
      try {
        error = tables.execute(transaction).map(refusal -> refusal.error().toString());
      } catch (NetlinkException e) {
        error = Optional.of(e.getMessage());
      }
      error.ifPresentOrElse(
          message -> failures.add(new ChangeFailure(change, refused.apply(message))),
          () -> done.add(new Done(change, change.detail())));
    }

    private void create(StateChange change, TunnelDevice tunnel) {
      RtRequest request =
          new RtRequest.LinkCreateVxlan(
              tunnel.name(),
              tunnel.mac(),
              tunnel.mtu(),
              tunnel.vni(),
              tunnel.port(),
              tunnel.local(),
              tunnel.lowerIndex(),
              false,
              Marks.LINK_GROUP);
      create(change, request, RtRequest.LinkSet.of(tunnel.name()).withAlias(tunnel.alias()));
    }

    private void create(StateChange change, BridgeDevice bridge) {
      // An MTU of its creation the bridge forgets with the first port; one that was changed to, it
      // keeps (br_change_mtu(), net/bridge/br_device.c).
      create(
          change,
          new RtRequest.LinkCreateBridge(
              bridge.name(), bridge.mac(), ETHERNET_MTU, Marks.LINK_GROUP),
          RtRequest.LinkSet.of(bridge.name()).withAlias(bridge.alias()).withMtu(bridge.mtu()));
    }

    private void create(StateChange change, ProbeDevice probe) {
      RtRequest request =
          new RtRequest.LinkCreateVeth(
              ProbeDevice.NAME,
              probe.mac(),
              probe.mtu(),
              ProbeDevice.PORT,
              probe.portMac(),
              probe.mtu(),
              Marks.LINK_GROUP);
      indexes.remove(ProbeDevice.PORT);
      create(
          change,
          request,
          RtRequest.LinkSet.of(ProbeDevice.NAME).withAlias(probe.alias()),
          RtRequest.LinkSet.of(ProbeDevice.PORT).withAlias(probe.alias()));
    }

    /** The mark goes on only when the device is certainly the one just made. */
    private void create(StateChange change, RtRequest request, RtRequest.LinkSet... then) {
      indexes.remove(change.object());
      Optional<NetlinkError> error = netlink.execute(List.of(request)).error(0);
      for (RtRequest.LinkSet set : then) {
        error = error.or(() -> netlink.execute(List.of(set)).error(0));
      }
      record(change, error);
    }

    /** Two requests, since one cannot do both, but sent as one: there is no second try. */
    private void attach(StateChange.AttachPort change) {
      Optional<Integer> bridge = index(change.bridge());
      if (bridge.isEmpty()) {
        failures.add(new ChangeFailure(change, new ChangeFailure.Cause.NoDevice()));
        return;
      }
      RtRequest.LinkSet port = RtRequest.LinkSet.of(change.index());
      RtRequest join = port.withMaster(bridge.get());
      if (change.hairpin()) {
        BatchResult result = netlink.execute(List.of(join, port.withHairpin(true)));
        record(change, result.error(0).or(() -> result.error(1)));
      } else {
        record(change, netlink.execute(List.of(join)).error(0));
      }
    }

    /**
     * The kernel makes the route of an IPv6 address some time after the address, in a thread of its
     * own (addrconf_dad_start(), net/ipv6/addrconf.c). Where it takes longer than this, the event
     * of it calls for the next sync.
     */
    private void removeLocalRoute(StateChange.RemoveLocalRoute change) {
      Optional<Integer> index = index(change.name());
      if (index.isEmpty()) {
        failures.add(new ChangeFailure(change, new ChangeFailure.Cause.NoDevice()));
        return;
      }
      RtRequest request =
          new RtRequest.RouteDelete(
              Route.local(change.address(), index.get(), RouteProtocol.KERNEL));
      boolean later =
          change.address().family() == AddressFamily.IPV6
              && done.stream()
                  .map(Done::change)
                  .anyMatch(
                      before ->
                          before instanceof StateChange.AddAddress add
                              && add.prefix().address().equals(change.address()));
      Optional<NetlinkError> error = netlink.execute(List.of(request)).error(0);
      for (int i = 0; later && i < LOCAL_ROUTE_TRIES && error.isPresent(); i++) {
        LockSupport.parkNanos(LOCAL_ROUTE_PAUSE.toNanos());
        error = netlink.execute(List.of(request)).error(0);
      }
      record(change, error);
    }

    private void batch(List<StateChange> changes) {
      List<StateChange> sent = new ArrayList<>(changes.size());
      List<Integer> places = new ArrayList<>(changes.size());
      List<RtRequest> requests = new ArrayList<>(changes.size());
      for (StateChange change : changes) {
        Optional<RtRequest> request = request(change);
        if (request.isPresent()) {
          nextHop(change).ifPresent(requests::add);
          sent.add(change);
          places.add(requests.size());
          requests.add(request.get());
        } else {
          failures.add(new ChangeFailure(change, new ChangeFailure.Cause.NoDevice()));
        }
      }
      if (requests.isEmpty()) {
        return;
      }
      BatchResult result = netlink.execute(requests);
      for (int i = 0; i < sent.size(); i++) {
        int place = places.get(i);
        record(
            sent.get(i),
            hasNextHop(sent.get(i))
                ? result.error(place - 1).or(() -> result.error(place))
                : result.error(place));
      }
    }

    private static boolean hasNextHop(StateChange change) {
      return change instanceof StateChange.PutRoute put && put.nextHopId() != 0;
    }

    /** What goes before the request for a route. */
    private Optional<RtRequest> nextHop(StateChange change) {
      return hasNextHop(change) && change instanceof StateChange.PutRoute put
          ? index(put.route().device())
              .map(
                  index ->
                      new RtRequest.NextHopReplace(
                          put.route().nextHop(put.nextHopId(), index, marks.routeProtocol())))
          : Optional.empty();
    }

    private void record(StateChange change, Optional<NetlinkError> error) {
      if (error.isPresent() && !isGoal(change, error.get())) {
        failures.add(new ChangeFailure(change, new ChangeFailure.Cause.Refused(error.get())));
      } else {
        done.add(new Done(change, change.detail()));
      }
    }

    /** Whether the refusal says that things already are as wanted. */
    private static boolean isGoal(StateChange change, NetlinkError error) {
      return switch (change.action()) {
        case REMOVED -> error.isAlreadyGone();
        case ADDED ->
            switch (change) {
              case StateChange.AddAddress _, StateChange.PutProbeRoute _, StateChange.PutRule _ ->
                  error.isAlreadyThere();
              default -> false;
            };
        case CHANGED -> false;
      };
    }

    private Optional<Integer> index(String name) {
      return indexes.computeIfAbsent(name, key -> netlink.link(key).map(Link::index));
    }

    private Optional<RtRequest> request(StateChange change) {
      return switch (change) {
        case StateChange.DeleteLink link ->
            Optional.of(new RtRequest.LinkDelete(LinkRef.of(link.index())));
        case StateChange.SetLink set -> index(set.name()).map(index -> set(set, index));
        case StateChange.ResetBridge reset ->
            index(reset.name())
                .map(index -> new RtRequest.BridgeReset(LinkRef.of(index), reset.filters()));
        case StateChange.SetUp up ->
            index(up.name()).map(index -> RtRequest.LinkSet.of(index).withUp(true));
        case StateChange.AddAddress add ->
            index(add.name()).map(index -> new RtRequest.AddressAdd(address(index, add)));
        case StateChange.RemoveAddress remove ->
            Optional.of(new RtRequest.AddressDelete(remove.address()));
        case StateChange.PutFdb put ->
            index(put.name())
                .map(
                    index ->
                        new RtRequest.FdbReplace(FdbEntry.permanent(index, put.mac(), put.vtep())));
        case StateChange.RemoveFdb remove -> Optional.of(new RtRequest.FdbDelete(remove.entry()));
        case StateChange.PutNeighbour put ->
            index(put.name())
                .map(
                    index ->
                        new RtRequest.NeighbourReplace(
                            Neighbour.permanent(index, put.address(), put.mac())));
        case StateChange.RemoveNeighbour remove ->
            Optional.of(
                new RtRequest.NeighbourDelete(
                    remove.neighbour().linkIndex(), remove.neighbour().address()));
        case StateChange.PutRoute put ->
            index(put.route().device())
                .map(index -> put.route().on(index, marks.routeProtocol(), put.nextHopId()))
                .map(
                    route ->
                        put.replacing()
                            ? new RtRequest.RouteReplace(route)
                            : new RtRequest.RouteAdd(route));
        case StateChange.RemoveRoute remove ->
            Optional.of(new RtRequest.RouteDelete(remove.route().configuration()));
        case StateChange.RemoveNextHop remove ->
            Optional.of(new RtRequest.NextHopDelete(remove.nextHop().id()));
        case StateChange.JoinBridge join ->
            index(join.port())
                .flatMap(
                    port ->
                        index(join.bridge())
                            .map(bridge -> RtRequest.LinkSet.of(port).withMaster(bridge)));
        case StateChange.PutProbeRoute put ->
            index(ProbeDevice.NAME)
                .map(index -> new RtRequest.RouteAdd(put.route().on(index, marks.routeProtocol())));
        case StateChange.RemoveLocalRoute remove -> Optional.empty();
        case StateChange.PutRule put -> Optional.of(new RtRequest.RuleAdd(put.rule()));
        case StateChange.RemoveRule remove -> Optional.of(new RtRequest.RuleDelete(remove.rule()));
        case StateChange.CreateProbe create -> Optional.empty();
        case StateChange.CreateTunnel create -> Optional.empty();
        case StateChange.CreateBridge create -> Optional.empty();
        case StateChange.AttachPort attach -> Optional.empty();
        case StateChange.EnsureSysctl sysctl -> Optional.empty();
        case StateChange.ReplaceRules rules -> Optional.empty();
        case StateChange.RemoveRules rules -> Optional.empty();
        case StateChange.PutTunnelFilter _,
            StateChange.AddTunnelPeers _,
            StateChange.RemoveTunnelPeers _,
            StateChange.RemoveTunnelFilter _ ->
            Optional.empty();
      };
    }

    private RtRequest set(StateChange.SetLink change, int index) {
      RtRequest.LinkSet set = RtRequest.LinkSet.of(index);
      if (change.mtu().isPresent()) {
        set = set.withMtu(change.mtu().getAsInt());
      }
      if (change.mac().isPresent()) {
        set = set.withMac(change.mac().get());
      }
      if (change.alias().isPresent()) {
        set = set.withAlias(change.alias().get());
      }
      if (change.txQueueLength().isPresent()) {
        set = set.withTxQueueLength(change.txQueueLength().getAsInt());
      }
      return set;
    }

    /** Our addresses are ours alone, and must not wait for a carrier to be proven so. */
    private static Address address(int index, StateChange.AddAddress add) {
      int flags = 0;
      if (add.prefix().family() == AddressFamily.IPV6) {
        // A route to the probe's own address would lead round the bridge.
        flags = Address.NO_DAD | (add.concernsProbe() ? Address.NO_PREFIX_ROUTE : 0);
      }
      return new Address(index, add.prefix(), flags, Scope.UNIVERSE);
    }
  }
}
