package dev.tweed.agent.training;

import dev.tweed.agent.training.StubCluster.Scene;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.time.Duration;
import java.util.Base64;
import java.util.Optional;

/**
 * The process of a {@link StubCluster}. Says its URL, is told the daemon's port, says when it has
 * probed that, and ends with its input.
 */
final class StubClusterProcess {

  /** So late only on a machine that does much else: an image is built then, not a node started. */
  private static final Duration DEADLINE = Duration.ofMinutes(5);

  private StubClusterProcess() {}

  /**
   * Runs it.
   *
   * @param arguments name of the node, how many there are, the network's fastPath, directory for
   *     the credentials, keystore or nothing, and the keystore's password
   */
  public static void main(String[] arguments)
      throws IOException, GeneralSecurityException, InterruptedException {
    Scene scene = new Scene(arguments[0], Integer.parseInt(arguments[1]), arguments[2]);
    Path account = Path.of(arguments[3]);
    Optional<Path> keystore =
        Optional.of(arguments[4]).filter(file -> !file.isEmpty()).map(Path::of);
    String password = arguments[5];
    if (keystore.isPresent()) {
      Files.writeString(account.resolve("token"), "training");
      Files.writeString(account.resolve("ca.crt"), certificate(keystore.get(), password));
    }
    BufferedReader input =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    try (StubApiServer api = new StubApiServer(scene, keystore, password)) {
      System.out.println(api.url());
      int port = Integer.parseInt(input.readLine());
      awaitReady(port);
      get(port, "/healthz");
      get(port, "/metrics");
      System.out.println("probed");
      input.readLine();
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
