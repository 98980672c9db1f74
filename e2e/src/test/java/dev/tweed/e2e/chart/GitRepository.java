package dev.tweed.e2e.chart;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;

/**
 * A repository on this machine, and the work tree of somebody who pushes to its branch main.
 *
 * @param bare what is read by others
 * @param work where files are changed
 */
record GitRepository(Path bare, Path work) {
  // What somebody has configured for themselves, such as signatures, is not for tests.
  private static final Map<String, String> ENVIRONMENT =
      Map.of(
          "GIT_CONFIG_GLOBAL", "/dev/null",
          "GIT_CONFIG_NOSYSTEM", "1",
          "GIT_AUTHOR_NAME", "test",
          "GIT_AUTHOR_EMAIL", "test@example.org",
          "GIT_COMMITTER_NAME", "test",
          "GIT_COMMITTER_EMAIL", "test@example.org");

  /** A new one, without a commit, in two subdirectories. */
  static GitRepository in(Path directory) {
    GitRepository repository =
        new GitRepository(directory.resolve("repository.git"), directory.resolve("work"));
    git("init", "--quiet", "--bare", "--initial-branch=main", repository.bare().toString());
    git("clone", "--quiet", repository.url(), repository.work().toString());
    return repository;
  }

  String url() {
    return "file://" + bare;
  }

  /** A file with this content from the next commit on. */
  void write(String path, String text) {
    Path file = work.resolve(path);
    try {
      Files.createDirectories(file.getParent());
      Files.writeString(file, text);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Changes a file from the next commit on; it is an error if that changes nothing. */
  void edit(String path, UnaryOperator<String> change) {
    try {
      String before = Files.readString(work.resolve(path));
      String after = change.apply(before);
      if (after.equals(before)) {
        throw new IllegalStateException(path + " would stay as it is");
      }
      write(path, after);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** No such file from the next commit on. */
  void remove(String path) {
    try {
      Files.delete(work.resolve(path));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** All files of a directory. */
  void copy(Path from, String to) {
    try (Stream<Path> files = Files.walk(from)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        write(to + "/" + from.relativize(file), Files.readString(file));
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Commits and pushes everything; returns the commit. */
  String push(String message) {
    inWork("add", "--all");
    inWork("commit", "--quiet", "--message=" + message);
    inWork("push", "--quiet", "origin", "HEAD:main");
    return inWork("rev-parse", "HEAD").strip();
  }

  private String inWork(String... words) {
    List<String> command = new ArrayList<>(List.of("-C", work.toString()));
    command.addAll(List.of(words));
    return git(command.toArray(String[]::new));
  }

  private static String git(String... words) {
    List<String> command = new ArrayList<>(List.of("git"));
    command.addAll(List.of(words));
    return Program.run(command, ENVIRONMENT, "").text();
  }
}
