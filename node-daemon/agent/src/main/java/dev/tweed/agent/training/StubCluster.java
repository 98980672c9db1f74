package dev.tweed.agent.training;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * What a daemon has around it: an API server, and a kubelet that asks for its health. In a process
 * of its own: the archive shall hold the classes of a daemon, not those of a TLS server.
 */
final class StubCluster implements AutoCloseable {

  /**
   * What there is in the API: nodes n1, n2... with 198.18.0.11, .12... in 198.18.0.0/15.
   *
   * @param node the name of the daemon's own, one of them
   * @param nodes how many, from 2 on
   * @param fastPath as in spec.fastPath of the PodNetwork
   */
  record Scene(String node, int nodes, String fastPath) {}

  private final Process process;
  private final BufferedReader answers;
  private final String url;

  /**
   * Starts it.
   *
   * @param classes the jar this class is in
   * @param scene what there is
   * @param account directory it puts the daemon's credentials into
   * @param keystore PKCS 12 with a key and certificate for 127.0.0.1; without one, plain HTTP
   */
  StubCluster(Path classes, Scene scene, Path account, Optional<Path> keystore, String password)
      throws IOException {
    process =
        new ProcessBuilder(
                List.of(
                    Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                    "-cp",
                    System.getProperty("java.class.path") + File.pathSeparator + classes,
                    StubClusterProcess.class.getName(),
                    scene.node(),
                    Integer.toString(scene.nodes()),
                    scene.fastPath(),
                    account.toString(),
                    keystore.map(Path::toString).orElse(""),
                    password))
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    answers = process.inputReader(StandardCharsets.UTF_8);
    url = answer();
  }

  /** Where the API server listens. */
  String url() {
    return url;
  }

  /**
   * Returns when the daemon that answers at the port is ready and has been scraped.
   *
   * @throws IOException when it does not become ready
   */
  void probe(int port) throws IOException {
    new PrintStream(process.getOutputStream(), true, StandardCharsets.UTF_8).println(port);
    answer();
  }

  @Override
  public void close() throws IOException {
    // It ends with its input.
    process.getOutputStream().close();
  }

  private String answer() throws IOException {
    String line = answers.readLine();
    if (line == null) {
      throw new IOException("the API server of the training has ended; it says why");
    }
    return line;
  }
}
