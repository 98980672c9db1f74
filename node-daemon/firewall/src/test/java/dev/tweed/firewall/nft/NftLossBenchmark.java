package dev.tweed.firewall.nft;

import dev.tweed.firewall.rules.Action;
import dev.tweed.firewall.rules.Direction;
import dev.tweed.firewall.rules.FilterRow;
import dev.tweed.firewall.rules.FirewallRule;
import dev.tweed.firewall.rules.PortRange;
import dev.tweed.firewall.rules.Protocol;
import dev.tweed.netlink.testing.Netns;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Routed packets while rows change in our nftables table, one each 5 ms: lost ones of an
 * established flow and of new flows (each packet has a source port of its own), and denied ones
 * that come through. Needs root and ping; run as a main class.
 */
final class NftLossBenchmark {

  private static final Pattern PINGS =
      Pattern.compile("(\\d+) packets transmitted, (\\d+) received");
  private static final String TARGET = "198.51.100.18";
  private static final int ALLOWED = 9;
  private static final int DENIED = 10;
  private static final int CHANGES = 100;
  private static final String WHAT = "Tweed, 100 changes in nftables, ";

  private final NftNode node;
  private final Netns left;
  private final Netns right;
  private final NftablesBackend backend = new NftablesBackend(NftNode.NFT);

  private NftLossBenchmark(NftNode node, Netns left, Netns right) {
    this.node = node;
    this.left = left;
    this.right = right;
  }

  public static void main(String[] arguments) throws Exception {
    try (NftNode node = NftNode.open();
        Netns left = Netns.open();
        Netns right = Netns.open()) {
      node.connect(left, "left", "198.51.100.1/28", "198.51.100.2/28");
      node.connect(right, "right", "198.51.100.17/28", TARGET + "/28");
      left.sh("ip route add default via 198.51.100.1");
      right.sh("ip route add default via 198.51.100.17");
      node.sh("echo 1 >/proc/sys/net/ipv4/ip_forward");
      NftLossBenchmark benchmark = new NftLossBenchmark(node, left, right);
      NftBenchmark.apply(node, benchmark.backend, rows(0)); // classes loaded
      benchmark.established();
      benchmark.newFlows(ALLOWED, WHAT + "new flows: %2$d of %1$d lost%n");
      benchmark.newFlows(DENIED, WHAT + "denied flows: %3$d of %1$d let through%n");
    }
  }

  private void changes() {
    IntStream.range(0, CHANGES).forEach(i -> NftBenchmark.apply(node, backend, rows(i + 1)));
  }

  private static List<FilterRow> rows(int time) {
    FirewallRule routed = FirewallRule.allow("flow", Direction.ROUTED).withInterfaceIn("left");
    return Stream.concat(
            NftBenchmark.rows(CHANGES, row -> 80, time).stream(),
            Rows.of(
                routed.withPorts(Protocol.UDP, PortRange.of(ALLOWED)),
                FirewallRule.allow("rest", Direction.ROUTED).withAction(Action.DENY))
                .stream())
        .toList();
  }

  private void established() throws IOException {
    Path log = Files.createTempFile("ping", ".txt");
    left.sh(
        "ping -q -i 0.005 %1$s >%2$s 2>&1 & echo $! >%2$s.pid; sleep 0.5".formatted(TARGET, log));
    changes();
    left.sh(
        "pid=$(cat %1$s.pid); kill -INT $pid; while kill -0 $pid 2>/dev/null; do sleep 0.1; done"
            .formatted(log));
    Matcher counts = PINGS.matcher(Files.readString(log));
    if (!counts.find()) {
      throw new IllegalStateException(Files.readString(log));
    }
    int sent = Integer.parseInt(counts.group(1));
    System.out.printf(
        WHAT + "established flow: %d of %d lost%n", sent - Integer.parseInt(counts.group(2)), sent);
  }

  private void newFlows(int port, String line) throws Exception {
    AtomicBoolean stop = new AtomicBoolean();
    AtomicLong sent = new AtomicLong();
    long before = arrived();
    Thread sender =
        Thread.ofPlatform()
            .start(
                () -> {
                  try {
                    left.call(() -> send(port, stop, sent));
                  } catch (Exception e) {
                    throw new IllegalStateException(e);
                  }
                });
    changes();
    stop.set(true);
    sender.join();
    long arrived = arrived() - before;
    System.out.printf(line, sent.get(), sent.get() - arrived, arrived);
  }

  private static Void send(int port, AtomicBoolean stop, AtomicLong sent) throws Exception {
    InetAddress target = InetAddress.getByName(TARGET);
    while (!stop.get()) {
      try (DatagramSocket socket = new DatagramSocket(20_000 + (int) (sent.get() % 20_000))) {
        socket.send(new DatagramPacket(new byte[] {1}, 1, target, port));
      }
      sent.incrementAndGet();
      Thread.sleep(5);
    }
    return null;
  }

  /** Nobody listens on those ports: the kernel counts what comes to them. */
  private long arrived() {
    List<String[]> udp =
        right.sh("grep ^Udp: /proc/net/snmp").lines().map(line -> line.split(" ")).toList();
    return Long.parseLong(udp.get(1)[List.of(udp.get(0)).indexOf("NoPorts")]);
  }
}
