package dev.tweed.e2e.bed;

import java.util.ArrayList;
import java.util.List;

/**
 * Datagrams of one flow to a probe pod's echo server, each sent when the one before was answered or
 * given up after five seconds, until {@link #stop}. Unlike echo requests they are a flow that can
 * take the fast path, and an answer that is late is none that is lost.
 */
public final class RunningExchange {
  private static final String SCRIPT =
      """
      import os, socket, sys, time
      target, log = sys.argv[1:]
      peer = socket.socket(socket.AF_INET6 if ":" in target else socket.AF_INET, socket.SOCK_DGRAM)
      peer.connect((target, 9000))
      peer.settimeout(5)
      sent = answered = 0
      while not os.path.exists(log + ".stop"):
          sent += 1
          number = b"%d" % sent
          try:
              peer.send(number + b"\\n")
              while peer.recv(2048).split()[-1] != number:
                  pass
              answered += 1
          except OSError:
              pass
          time.sleep(0.01)
      print(sent, answered, flush=True)
      """;

  private final Machine machine;
  private final String pid;
  private final String log;

  private RunningExchange(Machine machine, String pid, String log) {
    this.machine = machine;
    this.pid = pid;
    this.log = log;
  }

  static RunningExchange start(Machine machine, String networkNamespace, String target) {
    // Not in /tmp: into memory the engine copies nothing.
    String log = "/var/tmp/exchange-" + System.nanoTime();
    machine.write(log + ".py", SCRIPT);
    String pid =
        machine
            .shell(
                "setsid ip netns exec %1$s python3 %2$s.py %3$s %2$s >%2$s 2>&1 </dev/null & echo $!"
                    .formatted(networkNamespace, log, target))
            .text();
    return new RunningExchange(machine, pid, log);
  }

  /** Ends it when the last datagram is answered or given up, and counts. */
  public RunningPing.Count stop() {
    String text =
        machine
            .shell(
                "touch %1$s.stop; i=0; while kill -0 %2$s && [ $i -lt 100 ]; do sleep 0.1;"
                        .formatted(log, pid)
                    + " i=$((i+1)); done 2>/dev/null; cat "
                    + log)
            .text();
    List<Integer> numbers = new ArrayList<>();
    for (String word : text.split(" ")) {
      try {
        numbers.add(Integer.parseInt(word));
      } catch (NumberFormatException e) {
        throw new BedException("the exchange printed no numbers: " + text);
      }
    }
    return new RunningPing.Count(numbers.getFirst(), numbers.getLast());
  }
}
