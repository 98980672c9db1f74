package dev.tweed.agent.cni;

import dev.tweed.netlink.testing.Needs;
import java.io.IOException;
import java.nio.file.Path;
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
  private static final long MS_RDONLY = 1;
  private static final long MS_REMOUNT = 1 << 5;
  private static final long MS_REC = 1 << 14;
  private static final long MS_PRIVATE = 1 << 18;

  /** unshare(2) and mount(2). Public because jnr-ffi implements it. */
  public interface System {
    /** Gives the calling thread namespaces of its own. */
    int unshare(int flags);

    /** Mounts, or changes a mount. */
    int mount(String source, String target, String type, long flags, String data);
  }

  private static final System SYSTEM =
      LibraryLoader.create(System.class)
          .load(Platform.getNativePlatform().getStandardCLibraryName());

  private final ExecutorService thread =
      Executors.newSingleThreadExecutor(Thread.ofPlatform().daemon().factory());

  /** Makes the thread. */
  public Mounts() throws Exception {
    if (call(() -> SYSTEM.unshare(CLONE_NEWNS)) != 0) {
      throw Needs.unmet("root: unshare(CLONE_NEWNS) failed");
    }
    mount("/", "", MS_REC | MS_PRIVATE, "");
  }

  /** Mounts a file system in memory. */
  public void tmpfs(Path target, String options) throws Exception {
    mount(target.toString(), "tmpfs", 0, options);
  }

  /** Makes such a file system read-only, or writable again. */
  public void readOnly(Path target, boolean is) throws Exception {
    mount(target.toString(), "tmpfs", is ? MS_REMOUNT | MS_RDONLY : MS_REMOUNT, "");
  }

  private void mount(String target, String type, long flags, String data) throws Exception {
    if (call(() -> SYSTEM.mount("none", target, type, flags, data)) != 0) {
      throw new IOException("cannot mount " + target);
    }
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
