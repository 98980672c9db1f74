package dev.tweed.e2e;

import dev.tweed.e2e.bed.Output;
import java.io.PrintStream;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Locale;

/** Tells a person what happens, with the time since the beginning. */
final class Progress {
  private final PrintStream out;
  private final InstantSource clock;
  private final java.time.Instant began;

  Progress(PrintStream out, InstantSource clock) {
    this.out = out;
    this.clock = clock;
    this.began = clock.instant();
  }

  Duration elapsed() {
    return Duration.between(began, clock.instant());
  }

  /** One line about what happens now or has happened. */
  void say(String line) {
    out.printf(Locale.ROOT, "%n%5.1f s  %s%n", elapsed().toMillis() / 1000.0, line);
  }

  /** A command as a person would type it, and what it printed. */
  void show(String command, String output) {
    out.printf("%n         $ %s%n", command);
    output.strip().lines().forEach(line -> out.printf("         %s%n", line));
  }

  /** The same; a failure is shown too. */
  void show(String command, Output output) {
    show(command, output.succeeded() ? output.stdout() : output.toString());
  }

  /** A paragraph without time. */
  void text(String text) {
    out.println(text);
  }
}
