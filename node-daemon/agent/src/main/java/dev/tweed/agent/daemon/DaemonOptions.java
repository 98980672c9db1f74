package dev.tweed.agent.daemon;

import dev.tweed.agent.api.ApiAccess;
import dev.tweed.agent.policy.PolicyOptions;
import dev.tweed.dataplane.DataPathOptions;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.Optional;

/**
 * How the daemon is set up.
 *
 * @param nodeName name of this node's Node object
 * @param version of this build
 * @param api which API server, as whom
 * @param cniConfDir the runtime's CNI configuration directory as seen from this process
 * @param cniBinDir the runtime's CNI plugin directory as seen from this process
 * @param cniBinDirOnHost the same as seen by the runtime
 * @param cniPluginsDir plugins to install from, if cniBinDir is writable; may not exist
 * @param cniResultsDir where the runtime keeps what plugins were asked and gave; may not exist
 * @param runDir state that does not survive a reboot; the same path on the host
 * @param stateDir state that outlives a reboot; may not exist
 * @param leaseNamespace where this node has its Lease; without, it has none
 * @param http where probes and metrics are answered
 * @param replaceForeignCni whether CNI configurations that win over ours are set aside
 * @param hostRoot the host's files, if its firewall may be opened
 * @param dataPath how the data path finds the node
 * @param policy how network policies are enforced
 */
public record DaemonOptions(
    String nodeName,
    String version,
    ApiAccess api,
    Path cniConfDir,
    Path cniBinDir,
    Path cniBinDirOnHost,
    Path cniPluginsDir,
    Path cniResultsDir,
    Path runDir,
    Path stateDir,
    Optional<String> leaseNamespace,
    InetSocketAddress http,
    boolean replaceForeignCni,
    Optional<Path> hostRoot,
    DataPathOptions dataPath,
    PolicyOptions policy) {

  /** Where host-local keeps which addresses are given, as in the CNI configuration. */
  public static Path cniDataDir(Path runDir) {
    return runDir.resolve("cni");
  }
}
