package dev.tweed.firewall.firewalld;

import dev.tweed.netlink.testing.Netns;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;

/**
 * A program that runs in a node's network namespace, with the node's D-Bus as the system's.
 *
 * @param name of its files: {@code NAME.pid} as long as it runs, and {@code NAME.out}
 * @param root directory of these, and of the bus's socket
 * @param node where it runs
 */
record NodeProgram(String name, Path root, Netns node) implements AutoCloseable {

  /**
   * Starts it.
   *
   * @param command of a shell
   * @param ready what a shell finds true when it is waited for no longer; half a minute at most
   */
  void start(String command, String ready) {
    sh("%1$s >%2$s.out 2>&1 & echo $! >%2$s.pid".formatted(command, path()));
    sh(
        """
        end=$(($(date +%%s) + 30))
        until %1$s; do
          kill -0 $(cat %2$s.pid) && [ $(date +%%s) -lt $end ] || { cat %2$s.out; exit 1; }
          sleep 0.05
        done
        """
            .formatted(ready, path()));
  }

  /** As a service manager would. */
  void stop() {
    // One that has ended may wait long for its parent, who is nobody here.
    node.sh(
        """
        pid=$(cat %1$s.pid); rm %1$s.pid; kill $pid
        while [ -e /proc/$pid ] && ! grep -qs '^State:.Z' /proc/$pid/status; do sleep 0.02; done
        """
            .formatted(path()));
  }

  /** Runs a script that finds the same bus. */
  String sh(String script) {
    return node.sh(
        "export LC_ALL=C.UTF-8 DBUS_SYSTEM_BUS_ADDRESS=unix:path=%s/run/dbus/system_bus_socket\n%s"
            .formatted(root, script));
  }

  /** What it has computed so far, in steps of 10 ms. */
  Duration processorTime() throws IOException {
    String pid = Files.readString(root.resolve(name + ".pid")).strip();
    String stat = Files.readString(Path.of("/proc", pid, "stat"));
    // After its name, which may have blanks: state, and at 11 and 12 user and system ticks.
    String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
    return Duration.ofMillis(10 * (Long.parseLong(fields[11]) + Long.parseLong(fields[12])));
  }

  private Path path() {
    return root.resolve(name);
  }

  /** Stops it if it runs. */
  @Override
  public void close() {
    if (Files.exists(root.resolve(name + ".pid"))) {
      stop();
    }
  }
}
