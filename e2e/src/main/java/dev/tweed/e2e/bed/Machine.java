package dev.tweed.e2e.bed;

import com.github.dockerjava.api.DockerClient;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;
import java.util.regex.Pattern;
import org.awaitility.Awaitility;
import org.testcontainers.DockerClientFactory;
import org.testcontainers.containers.GenericContainer;
import org.testcontainers.images.builder.Transferable;

/** A running machine of a cluster: a container that behaves like a host of its own. */
public final class Machine {
  private final MachinePlan plan;
  private final String address;
  private final GenericContainer<?> container;

  Machine(MachinePlan plan, String address, GenericContainer<?> container) {
    this.plan = plan;
    this.address = address;
    this.container = container;
  }

  public String name() {
    return plan.name();
  }

  /** The machine's address on the network of machines (the underlay). */
  public String address() {
    return address;
  }

  boolean isNode() {
    return plan.role().isNode();
  }

  /** Runs a command on the machine as root and waits for its end. */
  public Output exec(String... command) {
    return run(name(), container, command);
  }

  static Output run(String where, GenericContainer<?> container, String... command) {
    String shown = where + "$ " + String.join(" ", command);
    try {
      var result = container.execInContainer(command);
      return new Output(shown, result.getExitCode(), result.getStdout(), result.getStderr());
    } catch (IOException | RuntimeException e) {
      throw new BedException(shown + ": cannot be run", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new BedException(shown + ": interrupted", e);
    }
  }

  /** Runs a script by {@code sh -c}; for pipes and redirections. */
  public Output shell(String script) {
    return exec("sh", "-c", script);
  }

  /** The oldest process whose command line contains the words, or empty. */
  public Optional<String> process(String words) {
    String pid = exec("pgrep", "-o", "-f", words).stdout().strip();
    return pid.isEmpty() ? Optional.empty() : Optional.of(pid);
  }

  /** Starts a command that stays in the background; its output goes to {@code logFile}. */
  public void start(String logFile, String script) {
    shell("setsid sh -c '" + script.replace("'", "'\\''") + "' >" + logFile + " 2>&1 </dev/null &")
        .text();
  }

  /** Writes a file; the directory has to exist. */
  public void write(String path, String content) {
    container.copyFileToContainer(
        Transferable.of(content.getBytes(StandardCharsets.UTF_8), 0644), path);
  }

  /**
   * Reboots: processes, links, routes, rules, sysctls and /run are gone, files stay. Returns as
   * soon as the machine is booting; {@link #awaitBooted} waits for the rest.
   */
  public void reboot() {
    int before = readyLines();
    docker().restartContainerCmd(container.getContainerId()).withTimeout(1).exec();
    bootsSeen = before;
  }

  private int bootsSeen;

  /** Waits until the machine says it is up again after {@link #reboot}. */
  public void awaitBooted() {
    Awaitility.await(name() + " boots")
        .atMost(Duration.ofSeconds(120))
        .pollInterval(Duration.ofMillis(200))
        .until(() -> readyLines() > bootsSeen);
  }

  private int readyLines() {
    String word = plan.role().isNode() ? "node" : "control-plane";
    return (int)
        Pattern.compile("BED READY " + word).matcher(container.getLogs()).results().count();
  }

  /** Stops every process of the machine at once without telling them. */
  public void freeze() {
    docker().pauseContainerCmd(container.getContainerId()).exec();
  }

  /** Ends {@link #freeze}. */
  public void thaw() {
    docker().unpauseContainerCmd(container.getContainerId()).exec();
  }

  String containerLog() {
    return container.getLogs();
  }

  void remove() {
    Leftovers.removeContainer(docker(), container.getContainerId());
  }

  private static DockerClient docker() {
    return DockerClientFactory.lazyClient();
  }
}
