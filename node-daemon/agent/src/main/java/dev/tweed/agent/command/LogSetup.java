package dev.tweed.agent.command;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Locale;
import java.util.logging.Formatter;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogManager;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.logging.StreamHandler;

/**
 * One line per event on standard error: time, level, class, text, and the causes of an exception.
 */
final class LogSetup {

  /** Held here: the log manager forgets loggers that nobody refers to, and their levels. */
  private static final Logger OURS = Logger.getLogger("dev.tweed");

  private LogSetup() {}

  /** Log levels as people name them. */
  enum LogLevel {
    error(Level.SEVERE),
    warn(Level.WARNING),
    info(Level.INFO),
    debug(Level.FINE);

    private final Level level;

    LogLevel(Level level) {
      this.level = level;
    }
  }

  /** Replaces whatever logging was set up. */
  static void install(LogLevel wanted) {
    LogManager.getLogManager().reset();
    Logger root = Logger.getLogger("");
    root.setLevel(wanted == LogLevel.debug ? Level.INFO : wanted.level);
    OURS.setLevel(wanted.level);
    Handler handler =
        new StreamHandler(System.err, new Line()) {
          @Override
          public synchronized void publish(LogRecord record) {
            super.publish(record);
            flush();
          }

          /** As ConsoleHandler: standard error is not ours to close, others still write to it. */
          @Override
          public synchronized void close() {
            flush();
          }
        };
    handler.setLevel(Level.ALL);
    root.addHandler(handler);
  }

  static final class Line extends Formatter {
    @Override
    public String format(LogRecord record) {
      StringBuilder line = new StringBuilder();
      line.append(Instant.ofEpochMilli(record.getMillis()).truncatedTo(ChronoUnit.MILLIS));
      line.append(' ').append(level(record.getLevel())).append(' ');
      String logger = record.getLoggerName() == null ? "" : record.getLoggerName();
      line.append(logger.substring(logger.lastIndexOf('.') + 1)).append(": ");
      line.append(oneLine(formatMessage(record)));
      for (Throwable t = record.getThrown(); t != null; t = t.getCause()) {
        line.append(" <- ").append(oneLine(t.toString()));
      }
      line.append('\n');
      if (record.getThrown() != null && logger.startsWith("dev.tweed")) {
        // Ours log an exception only where they did not expect it: then every frame matters.
        StringWriter stack = new StringWriter();
        record.getThrown().printStackTrace(new PrintWriter(stack));
        line.append(stack);
      }
      return line.toString();
    }

    private static String level(Level level) {
      String name =
          level.intValue() >= Level.SEVERE.intValue()
              ? "ERROR"
              : level.intValue() >= Level.WARNING.intValue()
                  ? "WARN"
                  : level.intValue() >= Level.INFO.intValue() ? "INFO" : "DEBUG";
      return String.format(Locale.ROOT, "%-5s", name);
    }

    private static String oneLine(String text) {
      return text.replace('\n', ' ').replace('\r', ' ');
    }
  }
}
