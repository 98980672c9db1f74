package dev.tweed.host;

import java.io.ByteArrayOutputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Runs programs in the network namespace of the calling thread, each within a time limit. No shell
 * is involved: words go to the program as they are.
 */
public final class HostProgram {

  private static final int MAX_OUTPUT = 32 << 20;
  private static final int MAX_COMPLAINT = 2000;

  /** For what is left to read when a program has ended, or was killed. */
  private static final Duration GRACE = Duration.ofSeconds(1);

  private final List<String> prefix;
  private final Charset charset;
  private final Duration limit;

  /**
   * How a run ended.
   *
   * @param status 0 if well
   * @param output what it wrote to its standard output
   * @param complaint the beginning of what it wrote to its standard error
   */
  public record Ended(int status, String output, String complaint) {}

  /**
   * @param prefix words before each command, such as {@code /usr/sbin/chroot /host/root}; may be
   *     empty
   * @param charset of its input and output
   * @param limit it is killed after
   */
  public HostProgram(List<String> prefix, Charset charset, Duration limit) {
    this.prefix = List.copyOf(prefix);
    this.charset = charset;
    this.limit = limit;
  }

  /**
   * Starts a program; to be closed.
   *
   * @throws IOException if it cannot be started
   */
  public Running start(String... words) throws IOException {
    List<String> command = new ArrayList<>(prefix);
    command.addAll(List.of(words));
    ProcessBuilder builder = new ProcessBuilder(command);
    // Messages are told apart by their text; Python wants UTF-8.
    builder.environment().put("LC_ALL", "C.UTF-8");
    return new Running(builder.start(), command);
  }

  /**
   * Starts a program without input, and gives its output as it comes; to be closed. Reading throws
   * where it writes far too much, and at the end unless it ended well and in time.
   *
   * @throws IOException if it cannot be started
   */
  public InputStream stream(String... words) throws IOException {
    return new Output(start(words));
  }

  private static final class Output extends FilterInputStream {
    private final Running running;
    private long bytes;

    Output(Running running) {
      super(running.process.getInputStream());
      this.running = running;
    }

    @Override
    public int read() throws IOException {
      byte[] one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] buffer, int offset, int length) throws IOException {
      int count;
      try {
        count = super.read(buffer, offset, length);
      } catch (IOException e) {
        throw running.late.get() ? running.tooLate() : e;
      }
      if (count < 0) {
        int status = running.awaitEnd();
        if (status != 0) {
          throw new IOException(
              "%s ended with status %d %s"
                  .formatted(
                      running.command(),
                      status,
                      running.complaint.toString().lines().findFirst().orElse(""))
                  .strip());
        }
        return count;
      }
      bytes += count;
      if (bytes > MAX_OUTPUT) {
        throw running.tooMuch();
      }
      return count;
    }

    @Override
    public void close() throws IOException {
      running.close();
      super.close();
    }
  }

  /** A program that has been started. */
  public final class Running implements AutoCloseable {
    private final Process process;
    private final List<String> command;
    private final StringBuffer complaint = new StringBuffer(); // written by another thread
    private final AtomicBoolean late = new AtomicBoolean();
    private final Thread watchdog;
    private final Thread errors;

    private Running(Process process, List<String> command) {
      this.process = process;
      this.command = command;
      // Plain threads: a virtual one alone would bring a ForkJoinPool into the daemon.
      this.watchdog =
          Thread.ofPlatform().name("program-time-limit").daemon().start(this::endInTime);
      this.errors = Thread.ofPlatform().name("program-errors").daemon().start(this::readErrors);
    }

    /** The words it was started with. */
    public String command() {
      return String.join(" ", command);
    }

    /**
     * Gives it its input and waits for its end.
     *
     * @throws IOException if it does not end in time, or writes far too much
     */
    public Ended end(String input) throws IOException {
      // Those run here answer after they have read all, so neither side waits for the other.
      try (OutputStream stdin = process.getOutputStream()) {
        stdin.write(input.getBytes(charset));
      } catch (IOException e) {
        // It ended before it had read all; its status and complaint tell more.
      }
      ByteArrayOutputStream output = new ByteArrayOutputStream(); // its methods are synchronized
      FutureTask<Void> reading = new FutureTask<>(() -> readOutput(output));
      Thread.ofPlatform().name("program-output").daemon().start(reading);
      int status = awaitEnd();
      awaitOutput(reading);
      if (output.size() > MAX_OUTPUT) {
        throw tooMuch();
      }
      return new Ended(status, output.toString(charset), complaint.toString());
    }

    private Void readOutput(ByteArrayOutputStream output) throws IOException {
      byte[] buffer = new byte[1 << 13];
      InputStream stdout = process.getInputStream();
      for (int count; (count = stdout.read(buffer)) >= 0; ) {
        output.write(buffer, 0, count);
        if (output.size() > MAX_OUTPUT) {
          process.destroyForcibly();
          break;
        }
      }
      return null;
    }

    /**
     * All that a program that has ended wrote is in the pipe. Its end may never be: what the
     * program has started and left keeps the pipe open.
     */
    private void awaitOutput(FutureTask<Void> reading) throws IOException {
      try {
        reading.get(GRACE.toMillis(), TimeUnit.MILLISECONDS);
      } catch (TimeoutException e) {
        // What has been read until now is all there is.
      } catch (ExecutionException e) {
        throw new IOException("reading the output of " + command() + " failed", e.getCause());
      } catch (InterruptedException e) {
        throw interrupted();
      }
    }

    private InterruptedIOException interrupted() {
      Thread.currentThread().interrupt();
      return new InterruptedIOException("interrupted while " + command() + " was running");
    }

    private int awaitEnd() throws IOException {
      try {
        int status = process.waitFor();
        errors.join(GRACE);
        if (late.get()) {
          throw tooLate();
        }
        return status;
      } catch (InterruptedException e) {
        throw interrupted();
      }
    }

    private IOException tooLate() {
      return new IOException(command() + " did not end within " + limit.toMillis() / 1000.0 + " s");
    }

    private IOException tooMuch() {
      return new IOException(command() + " writes more than " + MAX_OUTPUT + " bytes");
    }

    /** Ends it, if it has not ended. */
    @Override
    public void close() {
      process.destroyForcibly();
      watchdog.interrupt();
    }

    /** Ends a read that waits, too: the pipe closes with the process and those it has started. */
    private void endInTime() {
      try {
        if (!process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS)) {
          late.set(true);
          process.descendants().forEach(ProcessHandle::destroyForcibly);
          process.destroyForcibly();
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }

    private void readErrors() {
      try {
        byte[] start = process.getErrorStream().readNBytes(MAX_COMPLAINT);
        complaint.append(new String(start, StandardCharsets.UTF_8));
        process.getErrorStream().transferTo(OutputStream.nullOutputStream());
      } catch (IOException e) {
        complaint.append(e.getMessage());
      }
    }
  }
}
