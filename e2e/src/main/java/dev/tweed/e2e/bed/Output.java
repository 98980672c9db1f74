package dev.tweed.e2e.bed;

/**
 * What a finished command left behind.
 *
 * @param command what ran and where, for messages
 * @param exitCode 0 is success
 */
public record Output(String command, int exitCode, String stdout, String stderr) {

  public boolean succeeded() {
    return exitCode == 0;
  }

  /**
   * Standard output without surrounding white space.
   *
   * @throws BedException when the command failed; carries everything it printed
   */
  public String text() {
    if (!succeeded()) {
      throw new BedException(this.toString());
    }
    return stdout.strip();
  }

  @Override
  public String toString() {
    return "%s: exit %d%n%s%n%s"
        .formatted(command, exitCode, stdout.strip(), stderr.strip())
        .strip();
  }
}
