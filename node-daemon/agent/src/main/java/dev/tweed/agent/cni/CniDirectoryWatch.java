package dev.tweed.agent.cni;

import java.io.IOException;
import java.nio.file.ClosedWatchServiceException;
import java.nio.file.FileSystems;
import java.nio.file.Path;
import java.nio.file.StandardWatchEventKinds;
import java.nio.file.WatchEvent;
import java.nio.file.WatchKey;
import java.nio.file.WatchService;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells at once when the runtime's CNI configurations change (inotify(7)): somebody's new one may
 * win over ours, or ours may be gone. What is missed, the slow audit finds.
 */
public final class CniDirectoryWatch implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(CniDirectoryWatch.class);

  /** Until a directory that is not there is looked for again. */
  private static final Duration AGAIN = Duration.ofSeconds(10);

  private final Path confDir;
  private final Runnable onChange;
  private final WatchService watcher;
  private final Thread thread;

  private CniDirectoryWatch(Path confDir, Runnable onChange) throws IOException {
    this.confDir = confDir;
    this.onChange = onChange;
    this.watcher = FileSystems.getDefault().newWatchService();
    this.thread = Thread.ofPlatform().name("cni-watch").daemon().unstarted(this::loop);
  }

  /**
   * Starts watching.
   *
   * @param confDir may appear later, or anew
   * @param onChange called from a thread of the watch; must return quickly
   * @throws IOException when there are no inotify instances left (fs.inotify.max_user_instances)
   */
  public static CniDirectoryWatch start(Path confDir, Runnable onChange) throws IOException {
    CniDirectoryWatch watch = new CniDirectoryWatch(confDir, onChange);
    watch.thread.start();
    return watch;
  }

  @Override
  public void close() {
    try {
      watcher.close();
    } catch (IOException e) {
      LOG.debug("watch of {} not closed: {}", confDir, e.toString());
    }
    thread.interrupt();
  }

  private void loop() {
    try {
      while (true) {
        try {
          watch(
              confDir.register(
                  watcher,
                  StandardWatchEventKinds.ENTRY_CREATE,
                  StandardWatchEventKinds.ENTRY_MODIFY,
                  StandardWatchEventKinds.ENTRY_DELETE));
        } catch (IOException e) {
          LOG.debug("{} cannot be watched: {}", confDir, e.toString());
        }
        Thread.sleep(AGAIN);
        onChange.run();
      }
    } catch (InterruptedException | ClosedWatchServiceException e) {
      // Closed.
    }
  }

  /** Returns when the directory is gone. */
  private void watch(WatchKey key) throws InterruptedException {
    do {
      watcher.take();
      boolean relevant = false;
      for (WatchEvent<?> event : key.pollEvents()) {
        // Our own temporary files; an overflow has no name and may be anything.
        relevant |= !(event.context() instanceof Path name) || !name.toString().startsWith(".");
      }
      if (relevant) {
        onChange.run();
      }
    } while (key.reset());
  }
}
