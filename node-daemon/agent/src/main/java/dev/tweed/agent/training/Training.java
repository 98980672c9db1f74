package dev.tweed.agent.training;

import dev.tweed.agent.cluster.ApiAccess;
import dev.tweed.agent.daemon.DaemonOptions;
import dev.tweed.agent.daemon.NodeDaemon;
import dev.tweed.agent.firewall.LocalFirewallHost;
import dev.tweed.dataplane.DataPathOptions;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.time.Clock;
import java.time.Duration;
import java.util.Base64;
import java.util.Map;
import java.util.Optional;

/** Runs the daemon until it is ready and has been scraped. */
public final class Training {

  private static final String NODE = "training";

  /** So late only on a machine that does much else: an image is built then, not a node started. */
  private static final Duration DEADLINE = Duration.ofMinutes(5);

  private Training() {}

  /**
   * Trains in a directory of its own.
   *
   * @param directory scratch space; what is left in it is the caller's
   * @param keystore PKCS 12 for 127.0.0.1; without one TLS is not trained
   * @throws IllegalStateException when the daemon does not become ready
   */
  public static void run(Path directory, Optional<Path> keystore, String password)
      throws IOException, GeneralSecurityException, InterruptedException {
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
    if (keystore.isPresent()) {
      Files.writeString(account.resolve("token"), "training");
      Files.writeString(account.resolve("ca.crt"), certificate(keystore.get(), password));
    }
    DataPathOptions dataPath = DataPathOptions.defaults().withRunDir(directory.resolve("run"));
    try (StubApiServer api = new StubApiServer(NODE, keystore, password)) {
      DaemonOptions options =
          new DaemonOptions(
              NODE,
              "training",
              new ApiAccess(Optional.empty(), Optional.of(api.url()), directory.resolve("account")),
              directory.resolve("conf"),
              directory.resolve("bin"),
              directory.resolve("none"),
              directory.resolve("run"),
              new InetSocketAddress(InetAddress.getByName("127.0.0.1"), 0),
              false,
              Optional.empty(),
              dataPath);
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
        awaitReady(daemon.http().getPort());
        get(daemon.http().getPort(), "/healthz");
        get(daemon.http().getPort(), "/metrics");
        // The status is written by another thread; without this its classes would be missed.
        Thread.sleep(1000);
      }
    }
  }

  private static void awaitReady(int port) throws InterruptedException {
    long end = System.nanoTime() + DEADLINE.toNanos();
    while (true) {
      try {
        get(port, "/readyz");
        return;
      } catch (IOException notYet) {
        if (System.nanoTime() > end) {
          throw new IllegalStateException("the daemon did not become ready", notYet);
        }
        Thread.sleep(50);
      }
    }
  }

  private static String get(int port, String path) throws IOException {
    try (InputStream in = URI.create("http://127.0.0.1:" + port + path).toURL().openStream()) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  /** The certificate in PEM, which its own client has to trust. */
  private static String certificate(Path keystore, String password)
      throws IOException, GeneralSecurityException {
    KeyStore keys = KeyStore.getInstance("PKCS12");
    try (InputStream in = Files.newInputStream(keystore)) {
      keys.load(in, password.toCharArray());
    }
    byte[] der = keys.getCertificate(keys.aliases().nextElement()).getEncoded();
    return "-----BEGIN CERTIFICATE-----\n"
        + Base64.getMimeEncoder().encodeToString(der)
        + "\n-----END CERTIFICATE-----\n";
  }
}
