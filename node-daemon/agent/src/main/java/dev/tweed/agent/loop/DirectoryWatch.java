package dev.tweed.agent.loop;

import java.io.IOException;
import java.nio.file.ClosedWatchServiceException;
import java.nio.file.FileSystems;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
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
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells when files in some directories change (inotify(7)); read-only bind mounts of them will do.
 * A directory may come later or be replaced: it is looked for whenever something happens in another
 * one, such as its parent, and every few seconds. What is missed, an audit has to find; so is all
 * there is while the kernel gives no inotify instance, which is asked for again.
 *
 * <p>Many changes are told as one, and no more than four times a second.
 */
public final class DirectoryWatch implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(DirectoryWatch.class);

  /** Until a directory that is not there is looked for again. */
  private static final Duration AGAIN = Duration.ofSeconds(10);

  /** Makes what watches; throws where the kernel has none left. */
  interface Opener {
    WatchService open() throws IOException;
  }

  private static final Duration PAUSE = Duration.ofMillis(250);

  /** Between two tellings. */
  private final Duration pause;

  /**
   * What to watch.
   *
   * @param directory need not exist
   * @param names of the files in it that matter
   * @param onChange called from the thread of the watch; must return quickly
   */
  public record Target(Path directory, Predicate<String> names, Runnable onChange) {}

  private final List<Target> targets;
  private final Consumer<Optional<String>> onTrouble;
  private final Opener opener;
  private final Duration again;
  private final Map<Target, WatchKey> keys = new HashMap<>();
  private final CountDownLatch closed = new CountDownLatch(1);
  private final Thread thread;
  private volatile Optional<WatchService> watcher = Optional.empty();
  private Optional<String> trouble = Optional.empty();

  private DirectoryWatch(
      List<Target> targets,
      Consumer<Optional<String>> onTrouble,
      Opener opener,
      Duration again,
      Duration pause) {
    this.pause = pause;
    this.targets = List.copyOf(targets);
    this.onTrouble = onTrouble;
    this.opener = opener;
    this.again = again;
    this.thread = Thread.ofPlatform().name("directory-watch").daemon().unstarted(this::loop);
  }

  /**
   * Starts watching; changes after the return are told, unless there is trouble.
   *
   * @param onTrouble told why something is not watched, such as for want of inotify instances
   *     (fs.inotify.max_user_instances); and, empty, that this is over
   */
  public static DirectoryWatch start(List<Target> targets, Consumer<Optional<String>> onTrouble) {
    return start(targets, onTrouble, FileSystems.getDefault()::newWatchService, AGAIN);
  }

  /** The same, with another pause between two tellings than a quarter of a second. */
  public static DirectoryWatch start(
      List<Target> targets, Consumer<Optional<String>> onTrouble, Duration pause) {
    return start(targets, onTrouble, FileSystems.getDefault()::newWatchService, AGAIN, pause);
  }

  /**
   * @param again until what cannot be watched is tried again
   */
  static DirectoryWatch start(
      List<Target> targets, Consumer<Optional<String>> onTrouble, Opener opener, Duration again) {
    return start(targets, onTrouble, opener, again, PAUSE);
  }

  private static DirectoryWatch start(
      List<Target> targets,
      Consumer<Optional<String>> onTrouble,
      Opener opener,
      Duration again,
      Duration pause) {
    DirectoryWatch watch = new DirectoryWatch(targets, onTrouble, opener, again, pause);
    watch.open();
    watch.thread.start();
    return watch;
  }

  @Override
  public void close() {
    closed.countDown();
    watcher.ifPresent(DirectoryWatch::close);
  }

  private static void close(WatchService watcher) {
    try {
      watcher.close();
    } catch (IOException e) {
      LOG.debug("not closed: {}", e.toString());
    }
  }

  /** Begins to watch, if that can be. */
  private Set<Runnable> open() {
    try {
      watcher = Optional.of(opener.open());
      return register(watcher.get());
    } catch (IOException e) {
      tell(Optional.of(e.getMessage()));
      return Set.of();
    }
  }

  private void tell(Optional<String> now) {
    if (!now.equals(trouble)) {
      trouble = now;
      onTrouble.accept(now);
    }
  }

  private void loop() {
    try {
      while (watcher.isEmpty()) {
        if (closed.await(again.toMillis(), TimeUnit.MILLISECONDS)) {
          return;
        }
        open().forEach(DirectoryWatch::call);
      }
      follow(watcher.get());
    } catch (InterruptedException | ClosedWatchServiceException e) {
      if (closed.getCount() > 0) {
        throw new IllegalStateException("files are not watched any more", e);
      }
    }
  }

  private void follow(WatchService watcher) throws InterruptedException {
    boolean open = true;
    while (open) {
      Set<Runnable> due = new LinkedHashSet<>();
      WatchKey key =
          keys.size() == targets.size()
              ? watcher.take()
              : watcher.poll(again.toMillis(), TimeUnit.MILLISECONDS);
      for (; key != null; key = watcher.poll()) {
        due.addAll(news(key));
      }
      due.addAll(register(watcher));
      due.forEach(DirectoryWatch::call);
      open = due.isEmpty() || !closed.await(pause.toMillis(), TimeUnit.MILLISECONDS);
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
  private Set<Runnable> register(WatchService watcher) {
    Set<Runnable> due = new LinkedHashSet<>();
    Optional<String> fault = Optional.empty();
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
      } catch (NoSuchFileException | NotDirectoryException e) {
        LOG.trace("{} is not there to be watched", target.directory());
      } catch (IOException e) {
        fault = Optional.of(target.directory() + ": " + e.getMessage());
      }
      if (before != null) {
        due.add(target.onChange());
        if (!keys.containsValue(before)) {
          before.cancel();
        }
      }
    }
    tell(fault);
    return due;
  }
}
