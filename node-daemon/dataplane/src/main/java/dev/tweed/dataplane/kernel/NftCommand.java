package dev.tweed.dataplane.kernel;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.LongConsumer;

/**
 * Runs nft, in the network namespace of the calling thread. Arguments go as they are, through no
 * shell; rules go by standard input.
 */
final class NftCommand {

  private static final Duration TIME_LIMIT = Duration.ofSeconds(10);
  private static final int MAX_OUTPUT = 1 << 20;

  /**
   * How a run ended.
   *
   * @param ok whether nft ended with success
   * @param output what it wrote, errors included
   * @param processId of the process, 0 when it did not start
   */
  record Result(boolean ok, String output, long processId) {}

  private final List<String> program;
  private final LongConsumer onStart;
  private final Duration timeLimit;

  NftCommand(List<String> program) {
    this(program, processId -> {});
  }

  /** With somebody to tell the process id to before it gets its input. */
  NftCommand(List<String> program, LongConsumer onStart) {
    this(program, onStart, TIME_LIMIT);
  }

  /** And with another time to end in. */
  NftCommand(List<String> program, LongConsumer onStart, Duration timeLimit) {
    this.program = List.copyOf(program);
    this.onStart = onStart;
    this.timeLimit = timeLimit;
  }

  /** Runs it to its end, or kills it after its time limit. */
  Result run(String input, String... arguments) {
    List<String> command = new ArrayList<>(program);
    command.addAll(List.of(arguments));
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    // Messages are told apart by their text.
    builder.environment().put("LC_ALL", "C");
    Process process;
    try {
      process = builder.start();
    } catch (IOException e) {
      return new Result(false, program.getFirst() + " cannot be run: " + e.getMessage(), 0);
    }
    onStart.accept(process.pid());
    AtomicBoolean killed = new AtomicBoolean();
    // A plain thread: anything smarter brings pools into the daemon that nothing else needs.
    Thread.ofPlatform().name("nft-time-limit").daemon().start(() -> limit(process, killed));
    try {
      // Less than a pipe holds, so nft need not read it for this to return.
      try (OutputStream stdin = process.getOutputStream()) {
        stdin.write(input.getBytes(StandardCharsets.UTF_8));
      } catch (IOException ended) {
        // It ended before it read all; its output says why.
      }
      String output =
          new String(process.getInputStream().readNBytes(MAX_OUTPUT), StandardCharsets.UTF_8);
      int status = process.waitFor();
      return new Result(
          status == 0,
          killed.get() ? "no end after " + timeLimit.toMillis() + " ms" : output.strip(),
          process.pid());
    } catch (IOException e) {
      process.destroyForcibly();
      return new Result(false, "its output cannot be read: " + e.getMessage(), process.pid());
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
      return new Result(false, "interrupted", process.pid());
    }
  }

  private void limit(Process process, AtomicBoolean killed) {
    try {
      if (!process.waitFor(timeLimit.toMillis(), TimeUnit.MILLISECONDS)) {
        killed.set(true);
        process.destroyForcibly();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
