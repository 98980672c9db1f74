package dev.tweed.fastpath;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.fastpath.FastPath.Opening;
import dev.tweed.fastpath.TwoNodes.Carrier;
import dev.tweed.ip.IpAddress;
import dev.tweed.ip.IpPrefix;
import dev.tweed.netlink.MacAddress;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.DatagramSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A process that holds the fast path is killed in the middle of a stream. */
@Tag("kernel")
class FastPathKillTest {
  private static final int PORT = 7000;

  @Test
  void nothingIsLostAndNothingIsLeft() throws Exception {
    try (TwoNodes nodes = TwoNodes.make()) {
      nodes.one.open(Carrier.PROGRAM, nodes.two);
      TwoNodes.Pod client = nodes.one.pods.get(10);
      TwoNodes.Pod server = nodes.two.pods.get(10);
      Process holder = hold(nodes);
      try (BufferedReader words =
              new BufferedReader(
                  new InputStreamReader(holder.getInputStream(), StandardCharsets.UTF_8));
          DatagramSocket from = Traffic.udp(client, PORT, false);
          DatagramSocket to = Traffic.udp(server, PORT, false)) {
        assertThat(words.readLine()).isEqualTo("open");
        Traffic.ping(from, to, server.ipv4(), PORT);
        int lost =
            Traffic.lost(
                from,
                to,
                server.ipv4(),
                PORT,
                2000,
                () -> holder.destroyForcibly().onExit().join());
        assertThat(lost).isZero();
      } finally {
        holder.destroyForcibly().waitFor();
      }
      // What nodes.two is left with takes a new one at once.
      nodes.two.open(Carrier.PROGRAM, nodes.one);
    }
  }

  private static Process hold(TwoNodes nodes) {
    NodeView view = nodes.two.view(Carrier.PROGRAM, nodes.one);
    NodeView.Pod pod = view.pods().getFirst();
    return nodes.two.netns.call(
        () ->
            new ProcessBuilder(
                    Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                    "--enable-native-access=ALL-UNNAMED",
                    "--sun-misc-unsafe-memory-access=allow",
                    "-cp",
                    System.getProperty(
                        "surefire.test.class.path", System.getProperty("java.class.path")),
                    Holder.class.getName(),
                    Integer.toString(view.tunnel().orElseThrow().device()),
                    Integer.toString(view.encapsulation().orElseThrow().device()),
                    Integer.toString(pod.device()))
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start());
  }

  /** Holds the fast path of node two until it is killed. */
  static final class Holder {
    private Holder() {}

    public static void main(String[] arguments) throws Exception {
      int tunnel = Integer.parseInt(arguments[0]);
      int underlay = Integer.parseInt(arguments[1]);
      int veth = Integer.parseInt(arguments[2]);
      FastPathPlan.On plan =
          new FastPathPlan.On(
              Optional.of(
                  new NodeView.Tunnel(
                      tunnel,
                      "tweed.1",
                      MacAddress.parse("02:00:00:00:0f:02"),
                      1,
                      8472,
                      underlay,
                      true)),
              Optional.of(
                  new NodeView.Encapsulation(
                      underlay, (dev.tweed.ip.Ipv4Address) IpAddress.parse("192.0.2.2"))),
              Optional.empty(),
              Map.of(
                  IpPrefix.parse("10.77.1.0/24"),
                  new FastPathPlan.Tunnelled(
                      MacAddress.parse("02:00:00:00:0f:01"),
                      MacAddress.parse("02:00:00:00:0f:02"),
                      TwoNodes.MTU,
                      Optional.of((dev.tweed.ip.Ipv4Address) IpAddress.parse("192.0.2.1")))),
              Map.of(
                  IpAddress.parse("10.77.2.10"),
                  new FastPathPlan.PodEntry(
                      veth,
                      MacAddress.parse("02:00:00:00:02:0a"),
                      MacAddress.parse("02:00:00:00:0b:02"),
                      false)),
              Map.of(),
              Map.of());
      switch (FastPath.open(Duration.ofSeconds(10), SourcePorts.DEFAULT)) {
        case Opening.Opened(FastPath fastPath) -> {
          fastPath.apply(plan);
          System.out.println("open");
          new java.util.concurrent.CountDownLatch(1).await();
        }
        case Opening.Refused(FastPathOff.OfNode why) -> throw new IOException(why.message());
      }
    }
  }
}
