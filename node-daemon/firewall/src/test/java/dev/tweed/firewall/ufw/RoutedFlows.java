package dev.tweed.firewall.ufw;

import dev.tweed.netlink.testing.Netns;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Packets a node passes on while something is done to its firewall, and how many are lost: one each
 * 5 ms, of an established flow (which conntrack may carry) or of new flows (each packet has a
 * source port of its own). Needs ping and python3.
 */
public final class RoutedFlows implements AutoCloseable {

  /** Device of the node that packets come in by. */
  public static final String IN = "left";

  /** Device of the node that they leave by. */
  public static final String OUT = "right";

  private static final Pattern PINGS =
      Pattern.compile("(\\d+) packets transmitted, (\\d+) received");
  private static final String TARGET = "198.51.100.18";

  /** Sends until it is told to stop by the file it is given; then prints how many. */
  private static final String NEW_FLOWS =
      """
      import os, socket, sys, time
      n = 0
      while not os.path.exists(sys.argv[1]):
          s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
          s.bind(("", 20000 + n))
          s.sendto(b"x", ("%s", 9))
          s.close()
          n += 1
          time.sleep(0.005)
      print(n)
      """
          .formatted(TARGET);

  private final Netns left;
  private final Netns right;

  private RoutedFlows(Netns left, Netns right) {
    this.left = left;
    this.right = right;
  }

  /** Connects the node to one that sends and one that gets. */
  public static RoutedFlows through(Netns node) {
    Netns left = Netns.open();
    Netns right = Netns.open();
    connect(node, left, IN, "198.51.100.1/28", "198.51.100.2/28");
    connect(node, right, OUT, "198.51.100.17/28", TARGET + "/28");
    node.sh("echo 1 >/proc/sys/net/ipv4/ip_forward");
    return new RoutedFlows(left, right);
  }

  private static void connect(Netns node, Netns other, String device, String own, String theirs) {
    node.sh(
        "ip link add %1$s type veth peer name x netns %2$s; ip addr add %3$s dev %1$s; ip link set %1$s up"
            .formatted(device, other.path(), own));
    other.sh(
        "ip addr add %s dev x; ip link set x up; ip route add default via %s"
            .formatted(theirs, own.substring(0, own.indexOf('/'))));
  }

  /** Prints what an established flow loses during work. */
  public void established(String what, Runnable work) throws IOException {
    Path log = Files.createTempFile("ping", ".txt");
    left.sh(
        "ping -q -i 0.005 %1$s >%2$s 2>&1 & echo $! >%2$s.pid; sleep 0.5".formatted(TARGET, log));
    work.run();
    left.sh(
        "pid=$(cat %1$s.pid); kill -INT $pid; while kill -0 $pid 2>/dev/null; do sleep 0.1; done"
            .formatted(log));
    Matcher counts = PINGS.matcher(Files.readString(log));
    if (!counts.find()) {
      throw new IllegalStateException(Files.readString(log));
    }
    int sent = Integer.parseInt(counts.group(1));
    print(what, sent - Integer.parseInt(counts.group(2)), sent);
  }

  /** Prints what new flows lose during work. */
  public void newOnes(String what, Runnable work) throws IOException {
    Path script = Files.createTempFile("flows", ".py");
    Files.writeString(script, NEW_FLOWS);
    Path stop = Path.of(script + ".stop");
    long before = arrived();
    left.sh(
        "python3 %1$s %2$s >%1$s.txt 2>&1 & echo $! >%1$s.pid; sleep 0.5".formatted(script, stop));
    work.run();
    Files.createFile(stop);
    left.sh(
        "pid=$(cat %1$s.pid); while kill -0 $pid 2>/dev/null; do sleep 0.1; done"
            .formatted(script));
    String text = Files.readString(Path.of(script + ".txt"));
    int sent = Integer.parseInt(text.strip());
    print(what, sent - (arrived() - before), sent);
  }

  /** Nobody listens on that port: the kernel counts what comes to it. */
  private long arrived() {
    List<String[]> udp =
        right.sh("grep ^Udp: /proc/net/snmp").lines().map(line -> line.split(" ")).toList();
    return Long.parseLong(udp.get(1)[List.of(udp.get(0)).indexOf("NoPorts")]);
  }

  private static void print(String what, long lost, long sent) {
    System.out.printf("%s: %d of %d lost%n", what, lost, sent);
  }

  @Override
  public void close() {
    right.close();
    left.close();
  }
}
