package dev.tweed.agent.command;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.agent.daemon.RunLock;
import dev.tweed.agent.status.HealthServer;
import dev.tweed.agent.status.Metrics;
import dev.tweed.agent.status.StatusFiles;
import dev.tweed.agent.status.Statuses;
import dev.tweed.crds.NodeReportStatus.FastPath;
import dev.tweed.netlink.testing.Netns;
import dev.tweed.netlink.testing.NetnsTest;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.io.TempDir;

/** What a running daemon tells of packets, in a network namespace of its own. */
class StatusCommandTest {
  private static final FastPath ON = new FastPath(FastPath.ON, null, null);

  @TempDir private Path directory;
  private final Metrics metrics = new Metrics();

  @AfterEach
  void close() {
    metrics.close();
  }

  @NetnsTest
  void packetsAreThoseThatTheDaemonTellsNow(Netns netns) throws IOException {
    netns.sh("ip link set lo up");
    new StatusFiles(directory).write(Statuses.withFastPath(ON));
    metrics.fastPath(
        () -> Optional.of(ON),
        () ->
            Map.of(
                "sent_wire", 12_345_678L,
                "sent_tunnel", 2L,
                "received_wire", 7L,
                "edge", 3L,
                "sent_unproven", 40L,
                "switched", 9L,
                "switched_unproven", 4L,
                "too_large", 0L,
                "not_encapsulated", 2L));
    try (RunLock daemon = RunLock.tryTake(directory).orElseThrow();
        HealthServer server =
            netns.call(
                () ->
                    HealthServer.start(
                        new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
                        () -> true,
                        () -> new HealthServer.Answer(true, ""),
                        metrics::scrape,
                        why -> {}))) {
      assertThat(daemon).isNotNull();
      String address = "127.0.0.1:" + server.address().getPort();

      assertThat(status(netns, address))
          .containsPattern(
              "Packets +fast: 12345680 sent, 7 received, 9 within the node; slow: sent_unproven 40, switched_unproven 4, edge 3\\n");
    }
  }

  @NetnsTest
  void thatNobodyAnswersIsSaid(Netns netns) throws IOException {
    netns.sh("ip link set lo up");
    new StatusFiles(directory).write(Statuses.withFastPath(ON));
    try (RunLock daemon = RunLock.tryTake(directory).orElseThrow()) {
      assertThat(daemon).isNotNull();
      assertThat(status(netns, "127.0.0.1:9"))
          .containsPattern("Packets +not known: 127.0.0.1:9 does not answer: ");
    }
  }

  @NetnsTest
  void nobodyIsAskedWhereNothingGoesFast(Netns netns) throws IOException {
    new StatusFiles(directory)
        .write(Statuses.withFastPath(new FastPath(FastPath.OFF, "RightsMissing", "none")));
    try (RunLock daemon = RunLock.tryTake(directory).orElseThrow()) {
      assertThat(daemon).isNotNull();
      assertThat(status(netns, "127.0.0.1:9")).doesNotContain("Packets");
    }
  }

  private String status(Netns netns, String address) {
    StringWriter out = new StringWriter();
    netns.call(
        () ->
            TweedNode.execute(
                new PrintWriter(out),
                "status",
                "--run-dir=" + directory,
                "--http-address=" + address));
    return out.toString();
  }
}
