package dev.tweed.agent.loop;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.agent.loop.DirectoryWatch.Target;
import java.io.IOException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class DirectoryWatchTest {

  /** Longer than a change may wait for others. */
  private static final int QUIET_MILLIS = 1000;

  @TempDir Path etc;
  private final Semaphore told = new Semaphore(0);

  private DirectoryWatch watch(Path... directories) throws Exception {
    return DirectoryWatch.start(
        List.of(directories).stream()
            .map(directory -> new Target(directory, name -> !name.startsWith("."), told::release))
            .toList(),
        why -> {});
  }

  private void assertTold() throws InterruptedException {
    assertThat(told.tryAcquire(20, TimeUnit.SECONDS)).isTrue();
    // What comes of one change may be told twice.
    while (told.tryAcquire(QUIET_MILLIS, TimeUnit.MILLISECONDS)) {}
  }

  @Test
  void filesThatComeChangeAndGoAreTold() throws Exception {
    try (DirectoryWatch watch = watch(etc)) {
      Files.writeString(etc.resolve("a"), "1");
      assertTold();
      Files.writeString(etc.resolve("a"), "2");
      assertTold();
      Files.move(etc.resolve("a"), etc.resolve("b"));
      assertTold();
      Files.delete(etc.resolve("b"));
      assertTold();
      assertThat(watch).isNotNull();
    }
  }

  @Test
  void filesOfOtherNamesAreNot() throws Exception {
    try (DirectoryWatch watch = watch(etc)) {
      Files.writeString(etc.resolve(".hidden"), "1");

      assertThat(told.tryAcquire(QUIET_MILLIS, TimeUnit.MILLISECONDS)).isFalse();
      assertThat(watch).isNotNull();
    }
  }

  @Test
  void directoryThatComesLaterIsWatched() throws Exception {
    Path ufw = etc.resolve("ufw");
    try (DirectoryWatch watch = watch(etc, ufw)) {
      Files.createDirectory(ufw);
      assertTold();

      Files.writeString(ufw.resolve("user.rules"), "");

      assertTold();
      assertThat(watch).isNotNull();
    }
  }

  @Test
  void directoryThatComesLaterIsFoundWithoutItsParent() throws Exception {
    Path ufw = etc.resolve("ufw");
    try (DirectoryWatch watch = watch(ufw)) {
      Files.createDirectory(ufw);

      assertTold();
      assertThat(watch).isNotNull();
    }
  }

  @Test
  void directoryThatIsReplacedIsWatched() throws Exception {
    Path ufw = Files.createDirectory(etc.resolve("ufw"));
    try (DirectoryWatch watch = watch(etc, ufw)) {
      Files.move(ufw, etc.resolve("ufw.old"));
      Files.createDirectory(ufw);
      assertTold();

      Files.writeString(ufw.resolve("user.rules"), "");
      assertTold();

      // The old one is nobody's business any more.
      Files.writeString(etc.resolve("ufw.old/user.rules"), "");
      assertThat(told.tryAcquire(QUIET_MILLIS, TimeUnit.MILLISECONDS)).isFalse();
      assertThat(watch).isNotNull();
    }
  }

  @Test
  void withoutAnInotifyInstanceItIsAskedForAgain() throws Exception {
    // Given a kernel that has none left
    List<Optional<String>> trouble = new CopyOnWriteArrayList<>();
    AtomicBoolean exhausted = new AtomicBoolean(true);
    try (DirectoryWatch watch =
        DirectoryWatch.start(
            List.of(new Target(etc, name -> true, told::release)),
            trouble::add,
            () -> {
              if (exhausted.get()) {
                throw new IOException("User limit of inotify instances reached");
              }
              return FileSystems.getDefault().newWatchService();
            },
            Duration.ofMillis(50))) {
      assertThat(trouble).containsExactly(Optional.of("User limit of inotify instances reached"));

      // When there is one, then what may have changed meanwhile is told, and what changes from now
      exhausted.set(false);
      assertTold();
      assertThat(trouble).last().isEqualTo(Optional.empty());
      Files.writeString(etc.resolve("a"), "1");
      assertTold();
      assertThat(watch).isNotNull();
    }
  }

  @Test
  void listenerThatThrowsHearsTheNextChange() throws Exception {
    AtomicBoolean thrown = new AtomicBoolean();
    try (DirectoryWatch watch =
        DirectoryWatch.start(
            List.of(
                new Target(
                    etc,
                    name -> true,
                    () -> {
                      if (!thrown.getAndSet(true)) {
                        told.release();
                        throw new IllegalStateException("listener");
                      }
                      told.release();
                    })),
            why -> {})) {
      Files.writeString(etc.resolve("a"), "1");
      assertThat(told.tryAcquire(20, TimeUnit.SECONDS)).isTrue();

      Files.writeString(etc.resolve("b"), "1");

      assertThat(told.tryAcquire(20, TimeUnit.SECONDS)).isTrue();
      assertThat(watch).isNotNull();
    }
  }
}
