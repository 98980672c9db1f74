package dev.tweed.agent.command;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

/** {@code tweed-node train}. */
@Command(
    name = "train",
    mixinStandardHelpOptions = true,
    hidden = true,
    description = "Exercises the daemon once, to record a class archive.")
final class TrainCommand implements Callable<Integer> {
  @Override
  public Integer call() {
    throw new UnsupportedOperationException("train is not built yet");
  }
}
