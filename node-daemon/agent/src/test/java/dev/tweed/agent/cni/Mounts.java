package dev.tweed.agent.cni;

import dev.tweed.netlink.testing.Needs;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import jnr.ffi.LibraryLoader;
import jnr.ffi.Platform;

/**
 * A thread with mounts of its own: what it mounts nobody else sees, and it ends with the thread.
 */
public final class Mounts implements AutoCloseable {
  private static final int CLONE_NEWNS = 0x00020000;

  /** unshare(2). Public because jnr-ffi implements it. */
  public interface Unshare {
    /** Gives the calling thread namespaces of its own. */
    int unshare(int flags);
  }

  private final ExecutorService thread =
      Executors.newSingleThreadExecutor(Thread.ofPlatform().daemon().factory());

  /** Makes the thread. */
  public Mounts() throws Exception {
    int result =
        call(
            () ->
                LibraryLoader.create(Unshare.class)
                    .load(Platform.getNativePlatform().getStandardCLibraryName())
                    .unshare(CLONE_NEWNS));
    if (result != 0) {
      throw Needs.unmet("root: unshare(CLONE_NEWNS) failed");
    }
    run("mount", "--make-rprivate", "/");
  }

  /** Runs a command that sees the mounts. */
  public void run(String... command) throws Exception {
    call(
        () -> {
          Process process = new ProcessBuilder(List.of(command)).redirectErrorStream(true).start();
          String output = new String(process.getInputStream().readAllBytes());
          if (process.waitFor() != 0) {
            throw new IOException(List.of(command) + ": " + output);
          }
          return 0;
        });
  }

  /** Runs code that sees the mounts. */
  public <T> T call(Callable<T> task) throws Exception {
    try {
      return thread.submit(task).get();
    } catch (ExecutionException e) {
      throw e.getCause() instanceof Exception cause ? cause : e;
    }
  }

  @Override
  public void close() {
    thread.shutdownNow();
  }
}
