package dev.tweed.netlink.testing;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Compares text with files of the module under src/test/resources/golden. With the system property
 * {@code tweed.golden.write} set to {@code true} they are written instead: look at the difference
 * before committing it.
 */
public final class Golden {
  private static final Path DIRECTORY = Path.of("src/test/resources/golden");

  private Golden() {}

  /** Fails with a difference unless the text is the file's. */
  public static void assertMatches(String file, String actual) {
    try {
      Path path = DIRECTORY.resolve(file);
      if (Boolean.getBoolean("tweed.golden.write")) {
        Files.writeString(path, actual);
      }
      assertThat(actual).isEqualTo(Files.readString(path, StandardCharsets.UTF_8));
    } catch (IOException e) {
      throw new AssertionError("no golden file " + file + ": " + e.getMessage(), e);
    }
  }
}
