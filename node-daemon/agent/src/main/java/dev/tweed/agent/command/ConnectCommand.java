package dev.tweed.agent.command;

import java.io.IOException;
import java.io.PrintWriter;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.time.Duration;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/**
 * {@code tweed-node connect}: whether a TCP connection comes about. What {@code helm test} runs in
 * a pod of the pod network, with the one image that every cluster with Tweed has.
 */
@Command(
    name = "connect",
    mixinStandardHelpOptions = true,
    description = {
      "Connects to a TCP port and says from which address it did.",
      "Exit code 0: connected. 1: not within --timeout."
    })
final class ConnectCommand implements Callable<Integer> {
  private static final Duration ATTEMPT = Duration.ofSeconds(3);
  private static final Duration PAUSE = Duration.ofMillis(500);

  @Parameters(paramLabel = "HOST", index = "0", description = "Name or address.")
  private String host;

  @Parameters(paramLabel = "PORT", index = "1", description = "TCP port.")
  private int port;

  @Option(
      names = "--timeout",
      paramLabel = "SECONDS",
      defaultValue = "30",
      description = "How long to try; once at least. Default: ${DEFAULT-VALUE}.")
  private int timeout;

  @Spec private CommandSpec spec;

  @Override
  public Integer call() throws InterruptedException {
    PrintWriter out = spec.commandLine().getOut();
    long begin = System.nanoTime();
    while (true) {
      try (Socket socket = new Socket()) {
        socket.connect(new InetSocketAddress(host, port), (int) ATTEMPT.toMillis());
        out.printf(
            "%s port %d answers %s%n", host, port, socket.getLocalAddress().getHostAddress());
        return 0;
      } catch (IOException e) {
        if (System.nanoTime() - begin >= Duration.ofSeconds(timeout).toNanos()) {
          out.printf("%s port %d does not answer: %s%n", host, port, e.getMessage());
          return 1;
        }
      }
      Thread.sleep(PAUSE);
    }
  }
}
