package dev.tweed.crds.testing;

import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * A kube-apiserver that dies without a word and comes back at the same address, while its etcd goes
 * on: the test kit takes etcd down with its API server. It serves what the {@link ApiServer} it was
 * made from serves.
 */
public final class KillableApiServer implements AutoCloseable {

  private static final Duration PATIENCE = Duration.ofMinutes(2);
  private static final String PORT = "--secure-port";

  private final List<String> command;
  private final KubernetesClient admin;
  private Process process;

  private KillableApiServer(List<String> command, KubernetesClient admin) {
    this.command = command;
    this.admin = admin;
  }

  /** Starts one beside another, from whose arguments only the port differs. */
  static KillableApiServer start(Path program, List<String> arguments, Config config) {
    List<String> command = new ArrayList<>(List.of(program.toString()));
    command.addAll(arguments);
    String port = String.valueOf(freePort());
    command.set(command.indexOf(PORT) + 1, port);
    Config own =
        new ConfigBuilder(config)
            .withMasterUrl("https://127.0.0.1:" + port)
            .withRequestRetryBackoffLimit(0)
            .build();
    KillableApiServer server =
        new KillableApiServer(command, new KubernetesClientBuilder().withConfig(own).build());
    server.start();
    return server;
  }

  /** Starts it (about 5 s); returns when it is ready. */
  public void start() {
    try {
      process =
          new ProcessBuilder(command)
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .start();
      long end = System.nanoTime() + PATIENCE.toNanos();
      while (!ready()) {
        if (!process.isAlive() || System.nanoTime() > end) {
          kill();
          throw new IllegalStateException(String.join(" ", command) + " does not become ready");
        }
        Thread.sleep(100);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  /** As the kernel does it to a process that is out of memory. */
  public void kill() {
    process.destroyForcibly().onExit().join();
  }

  /** A client in group {@code system:masters} of this server. The server closes it. */
  public KubernetesClient admin() {
    return admin;
  }

  /** Where it listens. */
  public String url() {
    return admin.getMasterUrl().toString();
  }

  @Override
  public void close() {
    admin.close();
    kill();
  }

  private boolean ready() {
    try {
      return "ok".equals(admin.raw("/readyz"));
    } catch (KubernetesClientException e) {
      return false;
    }
  }

  private static int freePort() {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
