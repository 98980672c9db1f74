package dev.tweed.e2e.bench;

import dev.tweed.e2e.bed.BedException;
import dev.tweed.e2e.bed.Machine;
import java.time.Duration;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Memory and processor time of a process on a machine, out of /proc. */
final class ProcessFigures {
  private static final Pattern RSS = Pattern.compile("(?m)^Rss: +(\\d+) kB");
  private static final int TICKS_PER_SECOND = 100;

  private final Machine machine;
  private final String pid;

  ProcessFigures(Machine machine, String words) {
    this.machine = machine;
    this.pid =
        machine
            .process(words)
            .orElseThrow(() -> new BedException("no process " + words + " on " + machine.name()));
  }

  /** Resident memory in MiB, from smaps_rollup. */
  double residentMebibytes() {
    Matcher rss = RSS.matcher(machine.exec("cat", "/proc/" + pid + "/smaps_rollup").text());
    if (!rss.find()) {
      throw new BedException("no Rss in smaps_rollup of process " + pid);
    }
    return Long.parseLong(rss.group(1)) / 1024.0;
  }

  /** User and system time used during the time, in per cent of one core. */
  double processorPercent(Duration during) throws InterruptedException {
    long before = ticks();
    long began = System.nanoTime();
    Thread.sleep(during);
    double seconds = (System.nanoTime() - began) / 1e9;
    return 100.0 * (ticks() - before) / TICKS_PER_SECOND / seconds;
  }

  private long ticks() {
    // Fields 14 and 15, counted behind the name in parentheses, which may contain blanks.
    String stat = machine.exec("cat", "/proc/" + pid + "/stat").text();
    String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
    return Long.parseLong(fields[11]) + Long.parseLong(fields[12]);
  }

  static String mebibytes(double value) {
    return String.format(Locale.ROOT, "%.0f", value);
  }
}
