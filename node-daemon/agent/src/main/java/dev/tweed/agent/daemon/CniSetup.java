package dev.tweed.agent.daemon;

import dev.tweed.agent.cni.CniConfigWriter;
import dev.tweed.agent.cni.CniNetwork;
import dev.tweed.agent.cni.CniPluginInstaller;
import dev.tweed.agent.cni.ForeignCniPolicy;
import dev.tweed.agent.finding.NodeFinding;
import dev.tweed.dataplane.ClusterSnapshot;
import dev.tweed.dataplane.SyncReport;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The CNI side of a sync: plugins, then the configuration, then those of others. */
final class CniSetup {

  private final CniPluginInstaller plugins;
  private final CniConfigWriter config;
  private final ForeignCniPolicy foreign;
  private final Path dataDir;

  CniSetup(DaemonOptions options) {
    this.plugins = new CniPluginInstaller(options.cniPluginsDir(), options.cniBinDir());
    this.config = new CniConfigWriter(options.runDir(), options.cniConfDir());
    this.foreign = new ForeignCniPolicy(options.cniConfDir(), options.replaceForeignCni());
    this.dataDir = options.runDir().resolve("cni");
  }

  /**
   * What a sync of the data path leads to. The configuration is written only if the sync was
   * verified, and never withdrawn: a fault of today must not take down the pods of yesterday.
   *
   * @param usable whether pods can be started as far as CNI goes
   */
  record Outcome(boolean usable, List<NodeFinding> findings) {}

  Outcome apply(ClusterSnapshot snapshot, SyncReport report) {
    List<NodeFinding> findings = new ArrayList<>();
    if (!report.verified()) {
      return new Outcome(config.present(), findings);
    }
    findings.addAll(plugins.install());
    if (!findings.isEmpty()) {
      return new Outcome(false, findings);
    }
    Optional<NodeFinding> failed =
        config.write(
            new CniNetwork(
                snapshot.network().bridgeName(),
                snapshot.network().hairpin(),
                report.podMtu(),
                snapshot.self().blocks(),
                dataDir));
    failed.ifPresent(findings::add);
    foreign.apply().ifPresent(findings::add);
    return new Outcome(failed.isEmpty(), findings);
  }

  String pluginVersion() {
    return plugins.installedVersion();
  }
}
