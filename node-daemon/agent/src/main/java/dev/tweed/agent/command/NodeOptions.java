package dev.tweed.agent.command;

import dev.tweed.agent.cni.BootRemoval;
import dev.tweed.agent.cni.CniConfigFile;
import dev.tweed.agent.cni.CniEntry;
import dev.tweed.agent.firewall.FirewallHost;
import dev.tweed.agent.firewall.LocalFirewallHost;
import dev.tweed.agent.trace.TraceTable;
import dev.tweed.dataplane.DataPathOptions;
import java.nio.file.Path;
import java.util.Optional;
import picocli.CommandLine.Option;

/** Options that say where things are on this node; the same for every command. */
final class NodeOptions {

  @Option(
      names = "--cni-conf-dir",
      paramLabel = "DIR",
      defaultValue = "${env:TWEED_CNI_CONF_DIR:-/etc/cni/net.d}",
      description = "The container runtime's CNI configurations. Default: ${DEFAULT-VALUE}")
  Path cniConfDir;

  @Option(
      names = "--cni-conf-dir-on-host",
      paramLabel = "DIR",
      defaultValue = "${env:TWEED_CNI_CONF_DIR_ON_HOST:-}",
      description = "The same as seen by the host, if it is mounted elsewhere here")
  String cniConfDirOnHost;

  @Option(
      names = "--tmpfiles-dir",
      paramLabel = "DIR",
      defaultValue = "${env:TWEED_TMPFILES_DIR:-}",
      description =
          "The host's /etc/tmpfiles.d, for a line by which a boot removes the CNI configuration."
              + " Without it there is none")
  String tmpfilesDir;

  @Option(
      names = "--cni-bin-dir",
      paramLabel = "DIR",
      defaultValue = "${env:TWEED_CNI_BIN_DIR:-/opt/cni/bin}",
      description = "The container runtime's CNI plugins. Default: ${DEFAULT-VALUE}")
  Path cniBinDir;

  @Option(
      names = "--cni-bin-dir-on-host",
      paramLabel = "DIR",
      defaultValue = "${env:TWEED_CNI_BIN_DIR_ON_HOST:-}",
      description = "The same as seen by the container runtime, if it is mounted elsewhere here")
  String cniBinDirOnHost;

  @Option(
      names = "--cni-results-dir",
      paramLabel = "DIR",
      defaultValue = "${env:TWEED_CNI_RESULTS_DIR:-/var/lib/cni/results}",
      description =
          "Where the container runtime keeps results of CNI plugins, which tell pods' addresses from"
              + " their first packet on, and hostPorts. Default: ${DEFAULT-VALUE}")
  Path cniResultsDir;

  @Option(
      names = "--cni-plugins-dir",
      paramLabel = "DIR",
      defaultValue = "${env:TWEED_CNI_PLUGINS_DIR:-/opt/tweed/cni-bin}",
      description =
          "CNI plugins to install where they are missing, if --cni-bin-dir is writable. Default:"
              + " ${DEFAULT-VALUE}")
  Path cniPluginsDir;

  @Option(
      names = "--run-dir",
      paramLabel = "DIR",
      defaultValue = "${env:TWEED_RUN_DIR:-/run/tweed}",
      description =
          "State that a reboot empties; must have the same path on the host. Default:"
              + " ${DEFAULT-VALUE}")
  Path runDir;

  @Option(
      names = "--state-dir",
      paramLabel = "DIR",
      defaultValue = "${env:TWEED_STATE_DIR:-/var/lib/tweed}",
      description =
          "What the daemon remembers beyond a reboot, for when the API server does not answer."
              + " Default: ${DEFAULT-VALUE}")
  Path stateDir;

  @Option(
      names = "--sysctl-dir",
      paramLabel = "DIR",
      defaultValue = "${env:TWEED_SYSCTL_DIR:-/proc/sys/net}",
      description = "The node's /proc/sys/net, writable. Default: ${DEFAULT-VALUE}")
  Path sysctlDir;

  @Option(
      names = "--host-root",
      paramLabel = "DIR",
      defaultValue = "${env:TWEED_HOST_ROOT:-}",
      description =
          "The host's files (/ outside of a pod), to keep rules in the host's own firewall. Without"
              + " it one that is active (ufw, firewalld, iptables) is only looked at")
  String hostRoot;

  @Option(
      names = "--log-level",
      paramLabel = "LEVEL",
      defaultValue = "${env:TWEED_LOG_LEVEL:-info}",
      description = "error, warn, info or debug. Default: ${DEFAULT-VALUE}")
  LogSetup.LogLevel logLevel;

  /** The runtime's plugins as the runtime sees them. */
  Path cniBinDirOnHost() {
    return cniBinDirOnHost.isEmpty() ? cniBinDir.toAbsolutePath() : Path.of(cniBinDirOnHost);
  }

  /** What runtimes start first for a pod. */
  CniEntry cniEntry() {
    return new CniEntry(runDir, cniBinDir, cniBinDirOnHost());
  }

  /** The CNI configuration. */
  CniConfigFile cniConfig() {
    return new CniConfigFile(runDir, cniConfDir);
  }

  /** The runtime's CNI configurations as the host sees them. */
  Path cniConfDirOnHost() {
    return cniConfDirOnHost.isEmpty() ? cniConfDir.toAbsolutePath() : Path.of(cniConfDirOnHost);
  }

  /** What removes the CNI configuration at boot, if it may be written. */
  Optional<BootRemoval> bootRemoval() {
    return Optional.of(tmpfilesDir).filter(d -> !d.isEmpty()).map(Path::of).map(BootRemoval::new);
  }

  /** The host's files, if they are to be used. */
  Optional<Path> hostRoot() {
    return Optional.of(hostRoot).filter(root -> !root.isEmpty()).map(Path::of);
  }

  /** The firewall of this node. */
  FirewallHost firewallHost() {
    return new LocalFirewallHost(hostRoot(), Path.of(dataPath().nft().getFirst()), runDir);
  }

  /** What counts packets of unreached peers. */
  TraceTable traceTable() {
    return new TraceTable(Path.of(dataPath().nft().getFirst()));
  }

  DataPathOptions dataPath() {
    return DataPathOptions.defaults()
        .withSysctlDir(sysctlDir)
        .withRunDir(runDir)
        .withHostRoot(hostRoot());
  }
}
