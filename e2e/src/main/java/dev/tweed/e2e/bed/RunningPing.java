package dev.tweed.e2e.bed;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** 50 echo requests a second until {@link #stop}; tells how many went unanswered. */
public final class RunningPing {
  private static final Pattern SUMMARY =
      Pattern.compile("(\\d+) packets transmitted, (\\d+) received");

  private final Machine machine;
  private final String pid;
  private final String log;

  private RunningPing(Machine machine, String pid, String log) {
    this.machine = machine;
    this.pid = pid;
    this.log = log;
  }

  /** What was sent and what came back. */
  public record Count(int sent, int received) {
    public int lost() {
      return sent - received;
    }
  }

  static RunningPing start(Machine machine, String networkNamespace, String target) {
    String log = "/tmp/ping-" + System.nanoTime() + ".log";
    String pid =
        machine
            .shell(
                "setsid ip netns exec %s ping -i 0.02 -O %s >%s 2>&1 </dev/null & echo $!"
                    .formatted(networkNamespace, target, log))
            .text();
    return new RunningPing(machine, pid, log);
  }

  /** Ends it and counts. The last request may be under way: its answer is waited for. */
  public Count stop() {
    // SIGINT is ignored by background jobs of a shell without job control; SIGQUIT prints and goes
    // on, so: wait until what was sent is answered, ask for the numbers, then end it.
    String text =
        machine
            .shell("kill -QUIT %s; sleep 0.2; kill %s; cat %s".formatted(pid, pid, log))
            .stdout();
    Matcher quit = Pattern.compile("(\\d+)/(\\d+) packets").matcher(text);
    Count last = null;
    while (quit.find()) {
      last = new Count(Integer.parseInt(quit.group(2)), Integer.parseInt(quit.group(1)));
    }
    Matcher summary = SUMMARY.matcher(text);
    while (summary.find()) {
      last = new Count(Integer.parseInt(summary.group(1)), Integer.parseInt(summary.group(2)));
    }
    if (last == null) {
      throw new BedException("ping printed no numbers: " + text);
    }
    return last;
  }
}
