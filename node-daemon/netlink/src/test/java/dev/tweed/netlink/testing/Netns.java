package dev.tweed.netlink.testing;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import jnr.ffi.LastError;
import jnr.ffi.LibraryLoader;
import jnr.ffi.Platform;
import jnr.ffi.Runtime;

/**
 * A network namespace of its own for as long as it is open: a platform thread that called
 * unshare(2). Only what runs on that thread ({@link #call}), and the processes it starts, is
 * inside. Nothing is left under /run/netns; sockets opened inside keep the namespace alive.
 *
 * <p>A virtual or pooled thread would not do: namespaces belong to the OS thread, and the next task
 * on it would find itself in the wrong one.
 */
public final class Netns implements AutoCloseable {
  private static final int CLONE_NEWNET = 0x40000000;

  /** unshare(2). Public because jnr-ffi implements it. */
  public interface Unshare {
    /** Gives the calling thread namespaces of its own. */
    int unshare(int flags);
  }

  private final ExecutorService executor;
  private volatile Thread thread;
  private Path path;

  private Netns() {
    executor =
        Executors.newSingleThreadExecutor(
            Thread.ofPlatform().name("netns-test").daemon().factory());
  }

  /**
   * Makes a namespace with its loopback device up. It {@link Needs} the privilege (CAP_SYS_ADMIN)
   * and the ip command.
   */
  public static Netns open() {
    Netns netns = new Netns();
    try {
      netns.call(netns::enter);
      return netns;
    } catch (RuntimeException | Error failure) {
      netns.close();
      throw failure;
    }
  }

  private Void enter() throws IOException, InterruptedException {
    thread = Thread.currentThread();
    Unshare libc =
        LibraryLoader.create(Unshare.class)
            .load(Platform.getNativePlatform().getStandardCLibraryName());
    Path self = Path.of("/proc/thread-self/ns/net");
    Path before = Files.readSymbolicLink(self);
    if (libc.unshare(CLONE_NEWNET) != 0) {
      int errno = LastError.getLastError(Runtime.getSystemRuntime());
      throw Needs.unmet("root: unshare(CLONE_NEWNET) failed with errno " + errno);
    }
    if (Files.readSymbolicLink(self).equals(before)) {
      throw new IllegalStateException("unshare(2) left the thread in its network namespace");
    }
    path = Path.of("/proc").resolve(Files.readSymbolicLink(Path.of("/proc/thread-self")));
    path = path.resolve("ns/net");
    try {
      run(List.of("ip", "link", "set", "lo", "up"));
    } catch (IOException failure) {
      throw Needs.unmet("the ip command: " + failure.getMessage());
    }
    return null;
  }

  /**
   * A path to the namespace, valid while it is open; {@code ip link set dev X netns PATH} takes it.
   */
  public Path path() {
    return path;
  }

  /**
   * Runs something inside and waits for it. What it throws is thrown here, a checked exception as
   * the cause of an {@link IllegalStateException}.
   */
  public <T> T call(Callable<T> task) {
    try {
      return callAsIs(task);
    } catch (RuntimeException failure) {
      throw failure;
    } catch (Exception failure) {
      throw new IllegalStateException(failure);
    }
  }

  /** The same; a checked exception is thrown as it is. */
  <T> T callAsIs(Callable<T> task) throws Exception {
    if (Thread.currentThread() == thread) {
      return task.call();
    }
    try {
      return executor.submit(task).get();
    } catch (ExecutionException failure) {
      switch (failure.getCause()) {
        case Exception exception -> throw exception;
        case Error error -> throw error;
        default -> throw failure;
      }
    }
  }

  /**
   * Runs a command inside and returns its standard output.
   *
   * @throws AssertionError with its standard error when it fails
   */
  public String exec(String... command) {
    return call(() -> run(List.of(command)));
  }

  /** Runs lines of shell inside, stopping at the first that fails; as {@link #exec}. */
  public String sh(String script) {
    return exec("sh", "-ec", script);
  }

  private static String run(List<String> command) throws IOException, InterruptedException {
    Path errors = Files.createTempFile("netns-test", ".err");
    try {
      Process process =
          new ProcessBuilder(command)
              .redirectError(errors.toFile())
              .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
              .start();
      String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      int status = process.waitFor();
      if (status != 0) {
        throw new AssertionError(
            command + " ended with " + status + ": " + Files.readString(errors) + output);
      }
      return output;
    } finally {
      Files.delete(errors);
    }
  }

  /** Ends the thread; the kernel removes the namespace when nothing uses it any more. */
  @Override
  public void close() {
    executor.shutdown();
    try {
      executor.awaitTermination(10, TimeUnit.SECONDS);
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
