package dev.tweed.agent.daemon;

import dev.tweed.agent.cluster.ApiConnection;
import dev.tweed.agent.cluster.ClusterView;
import dev.tweed.agent.cni.LeaseReader;
import dev.tweed.agent.cni.PodResults;
import dev.tweed.agent.finding.AgentReason;
import dev.tweed.agent.finding.NodeFinding;
import dev.tweed.agent.firewall.FirewallHost;
import dev.tweed.agent.firewall.PacketEventPublisher;
import dev.tweed.agent.firewall.PolicyPacketLog;
import dev.tweed.agent.loop.SyncLoop;
import dev.tweed.agent.policy.DroppedPacketText;
import dev.tweed.agent.policy.EnforcedPolicies;
import dev.tweed.agent.policy.PolicyStatusPublisher;
import dev.tweed.agent.policy.PolicySync;
import dev.tweed.agent.status.Metrics;
import dev.tweed.firewall.RulesetMonitor;
import dev.tweed.netlink.NetlinkException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiConsumer;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Network policies in the running daemon: when they are synchronised, and who hears of it. */
final class PolicyEnforcer implements PolicySync.Listener, AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(PolicyEnforcer.class);

  private final Metrics metrics;
  private final BiConsumer<AgentReason, Optional<NodeFinding>> tell;
  private final Runnable onChange;
  private final Runnable onReady;
  private final PolicySync sync;
  private final SyncLoop loop;
  private final PolicyStatusPublisher status;
  private final PolicyPacketLog packetLog;
  private final Optional<RulesetMonitor> tables;

  /**
   * @param loops makes the loop of a thread, from a step
   * @param tell receives the only finding of its reason, or that there is none
   * @param onChange called when what packets may pass has changed, in the kernel
   * @param onReady called when pods may be started as far as policies go
   */
  PolicyEnforcer(
      DaemonOptions options,
      ApiConnection api,
      Supplier<ClusterView> cluster,
      PodResults pods,
      LeaseReader leases,
      FirewallHost host,
      Metrics metrics,
      BiConsumer<AgentReason, Optional<NodeFinding>> tell,
      Runnable onChange,
      Runnable onReady,
      Function<PolicySync, SyncLoop> loops,
      InstantSource clock) {
    this.metrics = metrics;
    this.tell = tell;
    this.onChange = onChange;
    this.onReady = onReady;
    status = new PolicyStatusPublisher(api.nodePolicyStatusApi()::apply, clock, tell);
    sync =
        new PolicySync(
            options.nodeName(),
            cluster,
            api.compiledPolicies()::view,
            api.compiledPolicies()::follow,
            options.policy(),
            pods::last,
            leases::holder,
            options.cniResultsDir(),
            options.dataPath().sysctlDir(),
            options.runDir(),
            options.stateDir(),
            this,
            host.packetLog(),
            System::nanoTime);
    packetLog =
        PolicyPacketLog.open( // before rules that need it are written
            host,
            (packet, device) -> DroppedPacketText.of(packet, device, sync.enforced(), sync.local()),
            PacketEventPublisher.of(cluster, api.policyEventApi()::apply, clock),
            System::nanoTime);
    loop = loops.apply(sync);
    api.compiledPolicies().onChange(loop::request);
    metrics.policies(
        () ->
            sync.enforced().map(EnforcedPolicies::dropsByCause).orElse(Map.of()).entrySet().stream()
                .collect(Collectors.toMap(e -> e.getKey().text(), Map.Entry::getValue)),
        () -> sync.enforced().map(EnforcedPolicies::waiting).orElse(0));
    tables = watch(Set.of("tweed-policy", "tweed-spoof"), loop::requestRepair);
  }

  private static Optional<RulesetMonitor> watch(Set<String> tables, Runnable onChange) {
    try {
      return Optional.of(RulesetMonitor.ofTables(tables, onChange));
    } catch (NetlinkException e) {
      LOG.warn("changes of {} are seen by the next audit only: {}", tables, e.getMessage());
      return Optional.empty();
    }
  }

  void start() {
    status.start();
    loop.start();
  }

  /** Something it depends on has changed. */
  void request() {
    loop.request();
  }

  /** The same, for what may wait that long. */
  void requestWithin(Duration delay) {
    loop.requestWithin(delay);
  }

  /** As {@link SyncLoop#alive}. */
  boolean alive() {
    return loop.alive();
  }

  /** As {@link PolicySync#isReady}. */
  boolean isReady() {
    return sync.isReady();
  }

  /** Leaves everything in the kernel as it is. */
  @Override
  public void close() {
    tables.ifPresent(RulesetMonitor::close);
    packetLog.close();
    loop.close();
    status.close();
    sync.close();
  }

  @Override
  public void found(AgentReason reason, Optional<NodeFinding> finding) {
    tell.accept(reason, finding);
  }

  @Override
  public void enforced(Optional<EnforcedPolicies> policies) {
    status.publish(policies);
  }

  @Override
  public void changed() {
    onChange.run();
  }

  @Override
  public void repaired() {
    metrics.policyRepaired();
  }

  @Override
  public void again(Duration delay) {
    requestWithin(delay);
  }

  @Override
  public void ready() {
    onReady.run();
  }
}
