package dev.tweed.agent.command;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

/** {@code tweed-node run}. */
@Command(
    name = "run",
    mixinStandardHelpOptions = true,
    description = "Runs the daemon until it is told to stop.")
final class RunCommand implements Callable<Integer> {
  @Override
  public Integer call() {
    throw new UnsupportedOperationException("run is not built yet");
  }
}
