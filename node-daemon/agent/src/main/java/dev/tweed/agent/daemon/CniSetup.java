package dev.tweed.agent.daemon;

import dev.tweed.agent.cni.CniConfigFile;
import dev.tweed.agent.cni.CniConfigWriter;
import dev.tweed.agent.cni.CniEntry;
import dev.tweed.agent.cni.CniNetwork;
import dev.tweed.agent.cni.CniPluginInstaller;
import dev.tweed.agent.cni.CniPluginReader;
import dev.tweed.agent.cni.ForeignCniPolicy;
import dev.tweed.agent.cni.LeakedAddresses;
import dev.tweed.agent.cni.LeaseReader;
import dev.tweed.agent.cni.PodResults;
import dev.tweed.agent.file.FileFailure;
import dev.tweed.agent.file.RemovedDirectory;
import dev.tweed.agent.finding.AgentReason;
import dev.tweed.agent.finding.NodeFinding;
import dev.tweed.agent.memory.StateFile;
import dev.tweed.dataplane.BridgeNeighbours;
import dev.tweed.dataplane.ClusterSnapshot;
import dev.tweed.dataplane.Finding;
import dev.tweed.dataplane.HostPort;
import dev.tweed.dataplane.Reason;
import dev.tweed.dataplane.SyncReport;
import dev.tweed.ip.IpAddress;
import dev.tweed.ip.IpPrefix;
import dev.tweed.netlink.NetlinkException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The CNI side of a sync: plugins, then the configuration, then those of others. */
final class CniSetup {

  private static final Logger LOG = LoggerFactory.getLogger(CniSetup.class);

  /** A runtime reads a new configuration at once, and the kubelet tells it some seconds later. */
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  private final CniPluginReader plugins;
  private final CniPluginInstaller installer;
  private final CniEntry entry;
  private final CniConfigFile file;
  private final CniConfigWriter config;
  private final ForeignCniPolicy foreign;
  private final ForeignCniPolicy foreignBeside;
  private final Path confDir;
  private final Path binDir;
  private final Path runDir;
  private final Path dataDir;
  private final LeaseReader leases;
  private final PodResults podResults;
  private final LeakedAddresses leaked;
  private final Consumer<Duration> again;
  private final Consumer<String> cannotGoOn;
  private final LongSupplier nanoTime;
  private long shownAt;
  private long collectedAt;
  private boolean shownAnew;
  private boolean confDirSeen;

  /**
   * Removes a configuration that is of another boot.
   *
   * @param chained what others had chained to the configuration before a boot
   * @param podResults what the runtime remembers of them
   * @param leases addresses they have
   * @param nanoTime as {@link System#nanoTime}
   * @param again is told within which time another sync should come
   * @param cannotGoOn told what only another start of the process mends
   */
  CniSetup(
      DaemonOptions options,
      StateFile chained,
      PodResults podResults,
      LeaseReader leases,
      LongSupplier nanoTime,
      Consumer<Duration> again,
      Consumer<String> cannotGoOn) {
    this.confDir = options.cniConfDir();
    this.binDir = options.cniBinDir();
    this.again = again;
    this.cannotGoOn = cannotGoOn;
    this.plugins = new CniPluginReader(binDir, options.runDir(), options.nodeName());
    this.installer = new CniPluginInstaller(options.cniPluginsDir(), binDir);
    this.entry = new CniEntry(options.runDir(), binDir, options.cniBinDirOnHost());
    this.file = new CniConfigFile(options.runDir(), confDir);
    this.config = new CniConfigWriter(file, entry, binDir, chained);
    this.foreign = new ForeignCniPolicy(options.cniConfDir(), options.replaceForeignCni());
    this.foreignBeside = new ForeignCniPolicy(options.cniConfDir(), /* replace= */ false);
    this.runDir = options.runDir();
    this.dataDir = DaemonOptions.cniDataDir(runDir);
    this.leases = leases;
    this.podResults = podResults;
    this.leaked = new LeakedAddresses(podResults::fresh, dataDir, Clock.systemUTC());
    this.nanoTime = nanoTime;
    this.shownAt = nanoTime.getAsLong();
    this.collectedAt = shownAt;
    removeOfAnotherBoot();
  }

  /** Where an init container or the host's own tmpfiles.d has not done so. */
  private void removeOfAnotherBoot() {
    try {
      if (file.removeOfAnotherBoot()) {
        LOG.info("removed the CNI configuration of another boot");
      }
    } catch (IOException e) {
      LOG.warn("the CNI configuration of another boot is not removed: {}", e.toString());
    }
  }

  /**
   * What a sync of the data path leads to. The configuration is written only if the sync was
   * verified, and never withdrawn: a fault of today must not take down the pods of yesterday.
   *
   * @param usable whether pods can be started as far as CNI goes
   */
  record Outcome(boolean usable, List<NodeFinding> findings) {}

  /**
   * @param withoutNetwork whether the kubelet says that its runtime has no pod network
   */
  Outcome apply(ClusterSnapshot snapshot, SyncReport report, boolean withoutNetwork) {
    return apply(snapshot, report, withoutNetwork, foreign);
  }

  private Outcome apply(
      ClusterSnapshot snapshot,
      SyncReport report,
      boolean withoutNetwork,
      ForeignCniPolicy others) {
    List<NodeFinding> findings = new ArrayList<>();
    for (Path directory : List.of(confDir, binDir, runDir)) {
      if (RemovedDirectory.isAt(directory)) {
        cannotGoOn.accept(
            directory
                + " was removed, and the mount of it leads to what is left of the old one; a new"
                + " start of the container mounts the one that is there by then");
        return new Outcome(false, findings);
      }
    }
    if (!report.verified()) {
      return new Outcome(file.present(), findings);
    }
    collectLeaked(snapshot.network().bridgeName());
    // In a pod it is not: what is there the container runtime runs as root.
    findings.addAll(Files.isWritable(binDir) ? install() : plugins.missing());
    if (!findings.isEmpty()) {
      return new Outcome(false, findings);
    }
    makeConfDirAnew();
    boolean wasThere = file.present();
    Optional<NodeFinding> failed =
        config.write(
            new CniNetwork(
                snapshot.network().bridgeName(),
                snapshot.network().hairpin(),
                report.podMtu(),
                snapshot.self().blocks(),
                dataDir));
    failed.ifPresent(findings::add);
    if (failed.isEmpty()) {
      unseen(wasThere, withoutNetwork).ifPresent(findings::add);
    }
    others.apply().ifPresent(findings::add);
    return new Outcome(failed.isEmpty(), findings);
  }

  private void collectLeaked(String bridge) {
    Duration pause = leaked.awaitsAnswers() ? LeakedAddresses.ANSWER : LeakedAddresses.PERIOD;
    Duration left = pause.minusNanos(nanoTime.getAsLong() - collectedAt);
    if (!left.isPositive()) {
      collectedAt = nanoTime.getAsLong();
      leaked.collect(neighbours(bridge));
      left = LeakedAddresses.ANSWER;
    }
    if (leaked.awaitsAnswers()) {
      again.accept(left);
    }
  }

  private static LeakedAddresses.Neighbours neighbours(String bridge) {
    return new LeakedAddresses.Neighbours() {
      @Override
      public void ask(Set<IpAddress> addresses) throws IOException {
        BridgeNeighbours.ask(addresses);
      }

      @Override
      public Set<IpAddress> unanswered() throws IOException {
        try {
          return BridgeNeighbours.unanswered(bridge);
        } catch (NetlinkException e) {
          throw new IOException(e);
        }
      }

      @Override
      public boolean arePods() throws IOException {
        try {
          return BridgeNeighbours.arePods(bridge);
        } catch (NetlinkException e) {
          throw new IOException(e);
        }
      }
    };
  }

  /**
   * As {@link #apply} for what is remembered: a configuration that is there stays as it is, also
   * one of others.
   */
  Outcome applyRemembered(ClusterSnapshot snapshot, SyncReport report) {
    return file.present()
        ? new Outcome(true, List.of())
        : apply(snapshot, report, /* withoutNetwork= */ false, foreignBeside);
  }

  /**
   * Why pods of this node may have addresses of other blocks than these; empty if they have not.
   */
  Optional<NodeFinding> contradicts(List<IpPrefix> blocks) {
    Set<IpPrefix> configured = file.blocks();
    return configured.isEmpty() || configured.equals(Set.copyOf(blocks))
        ? Optional.empty()
        : Optional.of(
            NodeFinding.of(
                new Finding(
                    Reason.NotAsRemembered,
                    CniConfigFile.NAME,
                    "what this node remembers is not used: its block is %s there, and pods have addresses of %s"
                        .formatted(blocks, configured),
                    "")));
  }

  private List<NodeFinding> install() {
    try {
      entry.install();
    } catch (IOException e) {
      LOG.debug("{}", e.toString()); // the configuration then names the plugin itself
    }
    return installer.install();
  }

  /** Only where it was there before: otherwise it may be another one that the runtime reads. */
  private void makeConfDirAnew() {
    if (confDirSeen && !Files.exists(confDir)) {
      LOG.warn("{} was removed; it is made anew", confDir);
      try {
        Files.createDirectories(confDir);
      } catch (IOException e) {
        LOG.debug("not made: {}", e.toString()); // writing into it fails next, and is told
      }
    }
    confDirSeen |= Files.isDirectory(confDir);
  }

  /** Shows the runtime again what it should have seen. */
  private Optional<NodeFinding> unseen(boolean wasThere, boolean withoutNetwork) {
    long now = nanoTime.getAsLong();
    if (!wasThere) {
      shownAt = now;
    }
    if (!withoutNetwork) {
      shownAnew = false;
      return Optional.empty();
    }
    if (now - shownAt >= PATIENCE.toNanos()) {
      shownAt = now;
      shownAnew = true;
      Optional<NodeFinding> failed = config.showAnew();
      if (failed.isPresent()) {
        return failed;
      }
    }
    return shownAnew
        ? Optional.of(
            NodeFinding.of(
                AgentReason.CNIConfigUnseen,
                "kubelet",
                "the kubelet says that its container runtime has no network, though the CNI"
                    + " configuration is in place; it was put there anew for the runtime to see",
                "if the Node stays NotReady: 'crictl info' shows what the runtime reads and why"
                    + " not; restarting the runtime (systemctl restart containerd) helps most"
                    + " often"))
        : Optional.empty();
  }

  /** Whether there is a configuration of ours. */
  boolean present() {
    return file.present();
  }

  /**
   * What comes of the configuration where the node leaves: while pods run, one that refuses new
   * ones; none after the last of them, or as soon as another network's is there.
   *
   * @param why a sentence, for whoever starts a pod
   */
  List<NodeFinding> leave(String why) {
    boolean pods = !leased().isEmpty();
    if (pods && !foreign.others()) {
      return config.refuse("no new pods here: " + why).stream().toList();
    }
    try {
      boolean removed = file.remove();
      if (!pods) {
        entry.close();
      }
      if (removed) {
        LOG.info("removed the CNI configuration: {}", why);
        foreign.restore();
      }
      return List.of();
    } catch (IOException e) {
      return List.of(
          FileFailure.of(
              AgentReason.CNIConfigFailed,
              "the CNI configuration",
              confDir.resolve(CniConfigFile.NAME),
              e));
    }
  }

  /** Addresses that pods of this node have. */
  List<IpAddress> leased() {
    return leases.read();
  }

  /** Ports of this node that lead to its pods. */
  List<HostPort> hostPorts() {
    return podResults.hostPorts();
  }

  String pluginVersion() {
    return plugins.installedVersion();
  }
}
