package dev.tweed.firewall.firewalld;

import static dev.tweed.firewall.BenchmarkTimes.milliseconds;
import static dev.tweed.firewall.BenchmarkTimes.print;

import dev.tweed.firewall.BenchmarkTimes;
import dev.tweed.firewall.BenchmarkTimes.Names;
import dev.tweed.firewall.backend.BackendOutcome;
import dev.tweed.firewall.backend.RefusalException;
import dev.tweed.firewall.rules.Action;
import dev.tweed.firewall.rules.Direction;
import dev.tweed.firewall.rules.FilterRow;
import dev.tweed.firewall.rules.FirewallRule;
import dev.tweed.firewall.rules.Peer;
import dev.tweed.firewall.rules.PortRange;
import dev.tweed.firewall.rules.Protocol;
import dev.tweed.ip.IpPrefix;
import dev.tweed.netlink.testing.Netns;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * Time to bring rules into firewalld beside those of a network, what runs and what is kept, and
 * packets lost meanwhile: of a flow that is known, and of new ones; and until damage is mended.
 * Each rule is for one IPv4 source. Needs root, firewalld and python3; run as a main class with the
 * numbers of rules as arguments.
 */
final class FirewalldBenchmark {

  private static final String RECEIVE =
      """
      import signal, socket
      ends = []
      signal.signal(signal.SIGINT, lambda *a: ends.append(1))
      s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
      s.bind(("10.244.1.2", 9))
      s.settimeout(0.3)
      n = 0
      while True:
        try:
          s.recv(9)
          n += 1
        except socket.timeout:
          if ends: break
      print(n)
      """;

  private static final String SEND =
      """
      import signal, socket, time
      ends = []
      signal.signal(signal.SIGINT, lambda *a: ends.append(1))
      n = 0
      while not ends:
        s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        s.sendto(b"x", ("10.244.1.2", 9))
        s.close()
        n += 1
        time.sleep(0.005)
      print(n)
      """;

  /** How often a person types. */
  private static final int TYPED = 5;

  private static final int RUNS = 3;

  private FirewalldBenchmark() {}

  public static void main(String[] arguments) throws Exception {
    int[] counts = BenchmarkTimes.counts(arguments, 100, 1000);
    Path root = Files.createTempDirectory("firewalld-benchmark");
    try (FirewalldNode node = FirewalldNode.start(root)) {
      apply(node, rows(1, 1)); // classes loaded, kernel modules too
      for (int count : counts) {
        BenchmarkTimes.rounds(
            Names.into("firewalld", count),
            () -> apply(node, List.of()),
            () -> apply(node, rows(count, 1)),
            () -> apply(node, rows(count, 2)));
        print("firewalld's processor time, one changed of " + count, computed(node, count));
        print(
            "firewall-cmd --reload, " + count + " rules",
            milliseconds(() -> node.firewallCmd("--reload")));
      }
      apply(node, List.of());
      apply(node, rows(0, 1));
      print(
          "Tweed, 100 rules more in firewalld, without a reload",
          milliseconds(() -> apply(node, rows(100, 1))));
      typed(node);
      apply(node, rows(100, 1));
      repairs(node, root);
      loss(node, "20 changes by Tweed in firewalld", () -> changes(node));
      loss(
          node,
          "5 firewall-cmd --reload",
          () -> IntStream.range(0, 5).forEach(i -> node.firewallCmd("--reload")));
    }
  }

  /** How long firewalld computes for a change of one rule, however busy the machine is. */
  private static double[] computed(FirewalldNode node, int count) throws IOException {
    double[] times = new double[RUNS];
    for (int i = 0; i < RUNS; i++) {
      Duration before = node.processorTime();
      apply(node, rows(count, i + 3));
      times[i] = node.processorTime().minus(before).toMillis();
    }
    return times;
  }

  /** As a person does it: what runs, and for good. */
  private static void typed(FirewalldNode node) {
    double[] typed = new double[TYPED];
    for (int i = 0; i < TYPED; i++) {
      String rule =
          "--zone=drop --add-rich-rule='rule family=ipv4 source address=192.0.2.%d port port=80 protocol=tcp accept'"
              .formatted(i + 10);
      typed[i] = milliseconds(() -> node.type(rule));
    }
    print("firewall-cmd, one rule, with and without --permanent", typed);
    print(
        "firewall-cmd for each of 100 rules, extrapolated from " + TYPED,
        100 * Arrays.stream(typed).average().orElseThrow());
  }

  /** From when firewalld has answered who did the damage until it has answered who mended it. */
  private static void repairs(FirewalldNode node, Path root) throws Exception {
    List<FilterRow> rows = rows(100, 1);
    Semaphore told = new Semaphore(0);
    BlockingQueue<Long> mended = new LinkedBlockingQueue<>();
    node.backend().watch(told::release);
    Thread keeper =
        Thread.ofPlatform()
            .daemon()
            .start(
                () -> {
                  while (!Thread.interrupted()) {
                    told.acquireUninterruptibly();
                    told.drainPermits();
                    if (node.apply(rows) instanceof BackendOutcome.Applied applied
                        && applied.changed()) {
                      mended.add(System.nanoTime());
                    }
                  }
                });
    try (Firewalld firewalld = new Firewalld(root, Duration.ofSeconds(60))) {
      List<String> whole = FirewalldConfig.rules(firewalld.running().policies(), "tweed-in-1");
      Supplier<Boolean> isWhole =
          () -> {
            try {
              return bodies(FirewalldConfig.rules(firewalld.running().policies(), "tweed-in-1"))
                  .equals(bodies(whole));
            } catch (RefusalException e) {
              throw new IllegalStateException(e);
            }
          };
      repair(
          "a rule removed from firewalld repaired, of 100",
          100,
          mended,
          isWhole,
          () -> firewalld.setRules("tweed-in-1", whole.subList(1, whole.size())));
      repair(
          "a policy deleted, firewalld reloaded, repaired",
          20,
          mended,
          isWhole,
          () -> {
            Files.delete(root.resolve("etc/firewalld/policies/tweed-in-1.xml"));
            firewalld.reload();
          });
    } finally {
      keeper.interrupt();
      node.backend().watch(() -> {});
    }
  }

  /** A policy that was made anew has its rules at other places. */
  private static Set<String> bodies(List<String> rules) {
    return rules.stream()
        .map(rule -> rule.replaceFirst("priority=\"-?[0-9]+\" ", ""))
        .collect(Collectors.toSet());
  }

  /** What somebody does to our rules. */
  private interface Damage {
    void occur() throws Exception;
  }

  private static void repair(
      String what, int count, BlockingQueue<Long> mended, Supplier<Boolean> isWhole, Damage damage)
      throws Exception {
    double[] times = new double[count];
    for (int i = 0; i < count; i++) {
      mended.clear();
      damage.occur();
      long begin = System.nanoTime();
      Long end;
      do {
        // What was mended may have been a file only.
        end = mended.poll(60, TimeUnit.SECONDS);
        if (end == null) {
          throw new IllegalStateException("not repaired: " + what);
        }
      } while (!isWhole.get());
      // The damage may be mended before its author's thread runs again.
      times[i] = Math.max(0, (end - begin) / 1e6);
      Thread.sleep(300); // what the repair itself told has been looked at
    }
    Arrays.sort(times);
    print(what, times);
    print(what + ", 99 of 100 within", times[(count * 99 + 99) / 100 - 1]);
  }

  private static void changes(FirewalldNode node) {
    IntStream.range(0, 20).forEach(i -> apply(node, rows(100, i + 100)));
  }

  /** From the peer to the pod, by way of the node: a ping, and datagrams from a new port each. */
  private static void loss(FirewalldNode node, String what, Runnable work) throws Exception {
    Path log = Files.createTempDirectory("firewalld-loss");
    start(node.network().pod(), log, "received", "python3 -c '%s'".formatted(RECEIVE));
    start(node.network().peer(), log, "ping", "ping -q -i 0.005 10.244.1.2");
    start(node.network().peer(), log, "sent", "python3 -c '%s'".formatted(SEND));
    work.run();
    end(node.network().peer(), log, "sent");
    end(node.network().peer(), log, "ping");
    end(node.network().pod(), log, "received");
    int sent = Integer.parseInt(Files.readString(log.resolve("sent")).strip());
    int received = Integer.parseInt(Files.readString(log.resolve("received")).strip());
    System.out.printf("%s, new flows: %d of %d lost%n", what, sent - received, sent);
    Matcher ping =
        Pattern.compile("(\\d+) packets transmitted, (\\d+) received")
            .matcher(Files.readString(log.resolve("ping")));
    if (!ping.find()) {
      throw new IllegalStateException("ping says nothing");
    }
    int pings = Integer.parseInt(ping.group(1));
    System.out.printf(
        "%s, established flow: %d of %d lost%n",
        what, pings - Integer.parseInt(ping.group(2)), pings);
  }

  private static void start(Netns where, Path log, String name, String command) {
    where.sh(
        "%2$s >%1$s/%3$s 2>&1 & echo $! >%1$s/%3$s.pid; sleep 0.3".formatted(log, command, name));
  }

  private static void end(Netns where, Path log, String name) {
    where.sh(
        """
        pid=$(cat %s/%s.pid); kill -INT $pid
        while [ -e /proc/$pid ] && ! grep -qs '^State:.Z' /proc/$pid/status; do sleep 0.05; done
        """
            .formatted(log, name));
  }

  private static void apply(FirewalldNode node, List<FilterRow> rows) {
    if (!(node.apply(rows) instanceof BackendOutcome.Applied)) {
      throw new IllegalStateException(node.apply(rows).toString());
    }
  }

  private static List<FilterRow> rows(int count, int port) {
    List<FirewallRule> rules = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      rules.add(
          FirewallRule.allow("r" + i, Direction.IN)
              .withAction(Action.DENY)
              .withPorts(Protocol.TCP, PortRange.of(i == count / 2 ? port : 80))
              .withFrom(Peer.of(IpPrefix.parse("10.%d.%d.1/32".formatted(i / 250, i % 250)))));
    }
    return Rows.network(rules.toArray(FirewallRule[]::new));
  }
}
