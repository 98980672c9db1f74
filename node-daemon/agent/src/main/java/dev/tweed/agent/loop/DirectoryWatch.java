package dev.tweed.agent.loop;

import java.io.IOException;
import java.nio.file.ClosedWatchServiceException;
import java.nio.file.FileSystems;
import java.nio.file.Path;
import java.nio.file.StandardWatchEventKinds;
import java.nio.file.WatchEvent;
import java.nio.file.WatchKey;
import java.nio.file.WatchService;
import java.time.Duration;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells when files in some directories change (inotify(7)); read-only bind mounts of them will do.
 * A directory may come later or be replaced: it is looked for whenever something happens in another
 * one, such as its parent, and every few seconds. What is missed, an audit has to find.
 *
 * <p>Many changes are told as one, and no more than four times a second.
 */
public final class DirectoryWatch implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(DirectoryWatch.class);

  /** Until a directory that is not there is looked for again. */
  private static final Duration AGAIN = Duration.ofSeconds(10);

  private static final Duration PAUSE = Duration.ofMillis(250);

  /**
   * What to watch.
   *
   * @param directory need not exist
   * @param names of the files in it that matter
   * @param onChange called from the thread of the watch; must return quickly
   */
  public record Target(Path directory, Predicate<String> names, Runnable onChange) {}

  private final List<Target> targets;
  private final Map<Target, WatchKey> keys = new HashMap<>();
  private final WatchService watcher;
  private final CountDownLatch closed = new CountDownLatch(1);
  private final Thread thread;

  private DirectoryWatch(List<Target> targets) throws IOException {
    this.targets = List.copyOf(targets);
    this.watcher = FileSystems.getDefault().newWatchService();
    this.thread = Thread.ofPlatform().name("directory-watch").daemon().unstarted(this::loop);
  }

  /**
   * Starts watching; changes after the return are told.
   *
   * @throws IOException when there are no inotify instances left (fs.inotify.max_user_instances)
   */
  public static DirectoryWatch start(List<Target> targets) throws IOException {
    DirectoryWatch watch = new DirectoryWatch(targets);
    watch.register();
    watch.thread.start();
    return watch;
  }

  @Override
  public void close() {
    closed.countDown();
    try {
      watcher.close();
    } catch (IOException e) {
      LOG.debug("not closed: {}", e.toString());
    }
  }

  private void loop() {
    try {
      boolean open = true;
      while (open) {
        Set<Runnable> due = new LinkedHashSet<>();
        WatchKey key =
            keys.size() == targets.size()
                ? watcher.take()
                : watcher.poll(AGAIN.toMillis(), TimeUnit.MILLISECONDS);
        for (; key != null; key = watcher.poll()) {
          due.addAll(news(key));
        }
        due.addAll(register());
        due.forEach(DirectoryWatch::call);
        open = due.isEmpty() || !closed.await(PAUSE.toMillis(), TimeUnit.MILLISECONDS);
      }
    } catch (InterruptedException | ClosedWatchServiceException e) {
      // Closed.
    }
  }

  private static void call(Runnable onChange) {
    try {
      onChange.run();
    } catch (RuntimeException e) {
      LOG.error("a change of files is not followed", e);
    }
  }

  private Set<Runnable> news(WatchKey key) {
    List<WatchEvent<?>> events = key.pollEvents();
    boolean valid = key.reset();
    Set<Runnable> due = new LinkedHashSet<>();
    for (Target target : targets) {
      // An overflow has no name and may be anything; so may what happened to a directory that goes.
      if (key.equals(keys.get(target))
          && (!valid
              || events.stream()
                  .anyMatch(
                      event ->
                          !(event.context() instanceof Path name)
                              || target.names().test(name.toString())))) {
        due.add(target.onChange());
      }
    }
    if (!valid) {
      keys.values().removeIf(key::equals);
    }
    return due;
  }

  /** Registers what can be; a directory that is the same as before keeps its key. */
  private Set<Runnable> register() {
    Set<Runnable> due = new LinkedHashSet<>();
    for (Target target : targets) {
      WatchKey before = keys.remove(target);
      try {
        WatchKey key =
            target
                .directory()
                .register(
                    watcher,
                    StandardWatchEventKinds.ENTRY_CREATE,
                    StandardWatchEventKinds.ENTRY_MODIFY,
                    StandardWatchEventKinds.ENTRY_DELETE);
        keys.put(target, key);
        if (key.equals(before)) {
          continue;
        }
        due.add(target.onChange());
      } catch (IOException e) {
        LOG.trace("{} cannot be watched: {}", target.directory(), e.toString());
      }
      if (before != null) {
        due.add(target.onChange());
        if (!keys.containsValue(before)) {
          before.cancel();
        }
      }
    }
    return due;
  }
}
