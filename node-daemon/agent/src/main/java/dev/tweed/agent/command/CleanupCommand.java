package dev.tweed.agent.command;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

/** {@code tweed-node cleanup}. */
@Command(
    name = "cleanup",
    mixinStandardHelpOptions = true,
    description = "Removes everything Tweed has made on this node and verifies it.")
final class CleanupCommand implements Callable<Integer> {
  @Override
  public Integer call() {
    throw new UnsupportedOperationException("cleanup is not built yet");
  }
}
