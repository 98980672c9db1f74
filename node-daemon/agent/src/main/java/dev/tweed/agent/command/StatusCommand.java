package dev.tweed.agent.command;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

/** {@code tweed-node status}. */
@Command(
    name = "status",
    mixinStandardHelpOptions = true,
    description =
        "Shows device, peers, MTU, what is wrong and the remedy; works without the API server.")
final class StatusCommand implements Callable<Integer> {
  @Override
  public Integer call() {
    throw new UnsupportedOperationException("status is not built yet");
  }
}
