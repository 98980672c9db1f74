package dev.tweed.agent.training;

import dev.tweed.agent.api.ApiAccess;
import dev.tweed.agent.daemon.DaemonOptions;
import dev.tweed.agent.daemon.NodeDaemon;
import dev.tweed.agent.firewall.LocalFirewallHost;
import dev.tweed.agent.policy.PolicyOptions;
import dev.tweed.dataplane.DataPathOptions;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.Map;
import java.util.Optional;

/** Runs the daemon until it is ready and has been scraped. */
public final class Training {

  private static final String NODE = "n1";

  private Training() {}

  /**
   * Trains in a directory of its own.
   *
   * @param classes the jar this class is in
   * @param directory scratch space; what is left in it is the caller's
   * @param keystore PKCS 12 for 127.0.0.1; without one TLS is not trained
   * @throws IOException when the daemon does not become ready
   */
  public static void run(Path classes, Path directory, Optional<Path> keystore, String password)
      throws IOException, InterruptedException {
    OwnClasses.load();
    for (String name : new String[] {"conf", "bin", "run"}) {
      Files.createDirectories(directory.resolve(name));
    }
    for (String plugin : new String[] {"bridge", "host-local", "portmap", "loopback"}) {
      Path file = directory.resolve("bin").resolve(plugin);
      Files.writeString(file, "");
      file.toFile().setExecutable(true);
    }
    Path account = Files.createDirectories(directory.resolve("account"));
    DataPathOptions dataPath = DataPathOptions.defaults().withRunDir(directory.resolve("run"));
    try (StubCluster cluster =
        new StubCluster(
            classes, new StubCluster.Scene(NODE, 2, "Auto"), account, keystore, password)) {
      DaemonOptions options =
          new DaemonOptions(
              NODE,
              "training",
              new ApiAccess(Optional.empty(), Optional.of(cluster.url()), account),
              directory.resolve("conf"),
              directory.resolve("bin"),
              directory.resolve("bin"),
              directory.resolve("none"),
              directory.resolve("none"),
              directory.resolve("run"),
              directory.resolve("state"),
              Optional.of("tweed-node-lease"),
              new InetSocketAddress(InetAddress.getByName("127.0.0.1"), 0),
              false,
              Optional.empty(),
              dataPath,
              // Nobody may ask the kernel for tables here, and would else wait for it.
              new PolicyOptions(/* startsOpen= */ true, /* spoofGuard= */ true));
      try (NodeDaemon daemon =
          NodeDaemon.start(
              options,
              Map.of(),
              onDrift -> new ReadOnlyPath(dataPath),
              new ReadOnlyFirewall(
                  new LocalFirewallHost(
                      Optional.empty(),
                      Path.of(dataPath.nft().getFirst()),
                      directory.resolve("run"))),
              Clock.systemUTC())) {
        cluster.probe(daemon.http().getPort());
        // The status is written by another thread; without this its classes would be missed.
        Thread.sleep(1000);
      }
    }
  }
}
