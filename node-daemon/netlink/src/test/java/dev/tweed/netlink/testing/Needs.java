package dev.tweed.netlink.testing;

import java.nio.file.Files;
import java.nio.file.Path;
import org.opentest4j.TestAbortedException;

/**
 * What a test needs of the machine it runs on. Without it the test is skipped and says so; with the
 * environment variable {@value #MAY_NOT_SKIP} set to {@code true}, as in CI, it fails instead.
 */
public final class Needs {

  /** Environment variable that turns skips into failures. */
  public static final String MAY_NOT_SKIP = "TWEED_TEST_MAY_NOT_SKIP";

  private Needs() {}

  /**
   * A program, at this path.
   *
   * @param packages that bring it on Debian, separated by blanks
   */
  public static void program(String path, String packages) {
    if (!Files.isExecutable(Path.of(path))) {
      throw unmet(path + ": apt-get install " + packages);
    }
  }

  /**
   * Something that is not there. To be thrown, so that the compiler knows that the test ends.
   *
   * @param what it is, and how to get it
   * @throws AssertionError where tests may not be skipped
   */
  public static TestAbortedException unmet(String what) {
    if ("true".equals(System.getenv(MAY_NOT_SKIP))) {
      throw new AssertionError("needs " + what);
    }
    return new TestAbortedException("skipped: needs " + what);
  }
}
