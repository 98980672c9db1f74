package dev.tweed.agent.command;

import dev.tweed.agent.daemon.DaemonOptions;
import dev.tweed.agent.daemon.KernelPath;
import dev.tweed.agent.daemon.NodeDaemon;
import dev.tweed.agent.daemon.RunLock;
import dev.tweed.agent.policy.PolicyOptions;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Clock;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code tweed-node run}: until SIGTERM, which leaves data path and status as they are. */
@Command(
    name = "run",
    mixinStandardHelpOptions = true,
    description = "Runs the daemon until it is told to stop.")
final class RunCommand implements Callable<Integer> {

  private static final Logger LOG = LoggerFactory.getLogger(RunCommand.class);

  /** Longest wait for the daemon this one replaces to end. */
  private static final Duration HANDOVER = Duration.ofSeconds(30);

  @Mixin NodeOptions node;
  @Mixin ApiOptions api;

  @Option(
      names = "--http-address",
      paramLabel = "HOST:PORT",
      defaultValue = "${env:TWEED_HTTP_ADDRESS:-127.0.0.1:9464}",
      description = "Where probes and metrics are answered. Default: ${DEFAULT-VALUE}")
  String httpAddress;

  @Option(
      names = "--replace-foreign-cni",
      arity = "0..1",
      fallbackValue = "true",
      defaultValue = "${env:TWEED_REPLACE_FOREIGN_CNI:-false}",
      description = "Set aside CNI configurations of others that win over Tweed's")
  boolean replaceForeignCni;

  @Option(
      names = "--lease-namespace",
      paramLabel = "NAMESPACE",
      defaultValue = "${env:TWEED_LEASE_NAMESPACE:-}",
      description =
          "Where the node's Lease is, by which the operator knows that this daemon lives (chart value"
              + " node.leases.namespace). Without it, that it is silent is not told")
  String leaseNamespace;

  @Option(
      names = "--policy-starts-open",
      arity = "0..1",
      fallbackValue = "true",
      defaultValue = "${env:TWEED_POLICY_STARTS_OPEN:-false}",
      description =
          "Let pods do everything until it is known which network policies select them, instead of"
              + " nothing (chart value networkPolicy.podStart: Open)")
  boolean policyStartsOpen;

  @Option(
      names = "--policy-spoof-guard",
      arity = "0..1",
      fallbackValue = "true",
      defaultValue = "${env:TWEED_POLICY_SPOOF_GUARD:-true}",
      description =
          "Let pods send from their own addresses only, while there are network policies. Default:"
              + " ${DEFAULT-VALUE}")
  boolean policySpoofGuard;

  @Override
  public Integer call() throws Exception {
    LogSetup.install(node.logLevel);
    DaemonOptions options = options();
    // Held until the process ends; the kernel lets go of it.
    RunLock lock = takeLock();
    NodeDaemon daemon =
        NodeDaemon.start(
            options,
            System.getenv(),
            KernelPath.real(options.dataPath()),
            node.firewallHost(),
            Clock.systemUTC());
    Runtime.getRuntime()
        .addShutdownHook(
            new Thread(
                () -> {
                  // Not by the logger: java.util.logging ends in a hook of its own, maybe earlier.
                  System.err.println("stopping; the data path stays as it is");
                  daemon.close();
                },
                "stop"));
    LOG.info(
        "tweed-node {} on node {}; probes and metrics on {}",
        options.version(),
        options.nodeName(),
        daemon.http());
    // Or ends by SIGTERM. Either way the hook above runs.
    LOG.error("{}; the daemon ends for it, and the data path stays as it is", daemon.awaitEnd());
    lock.close();
    return 1;
  }

  private DaemonOptions options() throws IOException {
    return new DaemonOptions(
        api.nodeName(),
        TweedNode.Version.current(),
        api.access(),
        node.cniConfDir,
        node.cniBinDir,
        node.cniBinDirOnHost(),
        node.cniPluginsDir,
        node.cniResultsDir,
        node.runDir,
        node.stateDir,
        Optional.of(leaseNamespace).filter(n -> !n.isEmpty()),
        httpAddress(httpAddress),
        replaceForeignCni,
        node.hostRoot(),
        node.dataPath(),
        new PolicyOptions(policyStartsOpen, policySpoofGuard));
  }

  /** Reads {@code host:port} or {@code [v6]:port}; the host is a numeric address or localhost. */
  static InetSocketAddress httpAddress(String text) throws IOException {
    int colon = text.lastIndexOf(':');
    String host = colon < 0 ? "" : text.substring(0, colon).replaceAll("^\\[(.*)]$", "$1");
    try {
      int port = Integer.parseInt(text.substring(colon + 1));
      if (!host.isEmpty()
          && (host.equals("localhost") || host.matches("[0-9.]+|[0-9a-fA-F:.]*:[0-9a-fA-F:.]*"))) {
        return new InetSocketAddress(InetAddress.getByName(host), port);
      }
    } catch (IllegalArgumentException e) {
      // Told below with what was expected.
    }
    throw new IllegalArgumentException(
        "--http-address '"
            + text
            + "' is not an address and port like 127.0.0.1:9464 or [::1]:9464");
  }

  /** Waits for the daemon this one replaces; two would not harm, but both would answer probes. */
  private RunLock takeLock() throws IOException, InterruptedException {
    long end = System.nanoTime() + HANDOVER.toNanos();
    boolean told = false;
    while (true) {
      Optional<RunLock> lock = RunLock.tryTake(node.runDir);
      if (lock.isPresent()) {
        return lock.get();
      }
      if (System.nanoTime() > end) {
        throw new IllegalStateException(
            "another tweed-node runs on this node (it holds "
                + node.runDir.resolve(RunLock.FILE)
                + "); stop it first, a pod or a service");
      }
      if (!told) {
        LOG.info("waiting for another tweed-node on this node to end");
        told = true;
      }
      Thread.sleep(100);
    }
  }
}
