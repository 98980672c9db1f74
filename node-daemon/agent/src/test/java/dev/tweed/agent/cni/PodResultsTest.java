package dev.tweed.agent.cni;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tweed.dataplane.HostPort;
import dev.tweed.enforce.gate.CniResultReader;
import dev.tweed.enforce.gate.CniResults;
import dev.tweed.ip.IpAddress;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a runtime keeps, from a directory that fails now and then. */
class PodResultsTest {

  private static final Duration FRESHNESS = Duration.ofMinutes(1);
  private static final String NAME = "tweed-4f2a-eth0";

  @TempDir private Path directory;
  private Path results;
  private Path leases;
  private PodResults pods;
  private int changes;
  private int changedPorts;
  private long now;

  @BeforeEach
  void setUp() throws IOException {
    results = Files.createDirectories(directory.resolve("results"));
    leases = Files.createDirectories(directory.resolve("cni").resolve("tweed"));
    pods = pods(results);
    lease("10.244.1.7", "4f2a");
    lease("fd00:10:244:1::7", "4f2a");
  }

  @Test
  void portsOfBothFamiliesAreRead() throws IOException {
    result(
        NAME,
        """
        {"hostPort": 80, "containerPort": 8080, "protocol": "tcp", "hostIP": ""},
        {"hostPort": 53, "containerPort": 5353, "protocol": "UDP", "hostIP": "192.0.2.1"},
        {"hostPort": 81, "containerPort": 8081, "protocol": "sctp", "hostIP": "::"}
        """);

    assertThat(read())
        .containsExactly(
            port("10.244.1.7", 5353, HostPort.Protocol.UDP, 53, "192.0.2.1"),
            port("10.244.1.7", 8080, HostPort.Protocol.TCP, 80, ""),
            port("fd00:10:244:1::7", 8080, HostPort.Protocol.TCP, 80, ""),
            port("fd00:10:244:1::7", 8081, HostPort.Protocol.SCTP, 81, ""));
  }

  /** The file of a pod may stay behind when its end went wrong; its address is another's then. */
  @Test
  void portsOfAPodThatHasItsAddressNoMoreDoNotCount() throws IOException {
    result(NAME, "{\"hostPort\": 80, \"containerPort\": 8080, \"protocol\": \"tcp\"}");
    lease("10.244.1.7", "another");
    Files.delete(leases.resolve("fd00:10:244:1::7"));

    assertThat(read()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"hostPort\": 0, \"containerPort\": 8080, \"protocol\": \"tcp\"}",
        "{\"hostPort\": 65536, \"containerPort\": 8080, \"protocol\": \"tcp\"}",
        "{\"hostPort\": 80, \"containerPort\": -1, \"protocol\": \"tcp\"}",
        "{\"hostPort\": 80, \"containerPort\": 80, \"protocol\": \"icmp\"}",
        "{\"hostPort\": 80, \"containerPort\": 80, \"protocol\": \"tcp\", \"hostIP\": \"x\"}",
        "{\"hostPort\": \"80; drop\", \"containerPort\": 80, \"protocol\": \"tcp\"}",
        "7"
      })
  void nonsenseIsLeftOut(String mapping) throws IOException {
    result(NAME, mapping);
    Files.writeString(results.resolve("tweed-broken-eth0"), "{");

    assertThat(read()).isEmpty();
  }

  @Test
  void whatChangesIsToldAndNothingElse() throws IOException {
    assertThat(pods.last()).as("not read yet").isEmpty();
    read();
    assertThat(changes).isEqualTo(1);

    result("tweed-77-eth0", "");
    read();
    read();
    assertThat(changes).isEqualTo(2);
    assertThat(changedPorts).isZero();

    result(NAME, "{\"hostPort\": 80, \"containerPort\": 8080, \"protocol\": \"tcp\"}");
    read();
    Files.delete(results.resolve(NAME));
    read();
    assertThat(changes).isEqualTo(4);
    assertThat(changedPorts).isEqualTo(2);
  }

  /** Whoever acts on what is not there has to know that it was looked for. */
  @Test
  void whatWasReadLongAgoIsNotFresh() {
    read();
    assertThat(pods.fresh()).isPresent();

    now += FRESHNESS.toNanos();

    assertThat(pods.fresh()).isEmpty();
    assertThat(pods.last()).isPresent();
  }

  @Test
  void oneThatIsBeingWrittenIsReadLater() throws IOException {
    Files.writeString(results.resolve(NAME), "");
    assertThat(read()).isEmpty();

    result(NAME, "{\"hostPort\": 80, \"containerPort\": 8080, \"protocol\": \"tcp\"}");

    assertThat(read()).hasSize(2);
  }

  @Test
  void thoseThatAreKnownStayWhileTheDiskFails() throws IOException {
    result(NAME, "{\"hostPort\": 80, \"containerPort\": 8080, \"protocol\": \"tcp\"}");
    Path link = Files.createSymbolicLink(directory.resolve("link"), results);
    pods = pods(link);
    assertThat(read()).hasSize(2);

    try (UnreadableDirectory unreadable = new UnreadableDirectory()) {
      Files.delete(link);
      Files.createSymbolicLink(link, unreadable.path());
      assertThat(pods.getAsBoolean()).isFalse();
      assertThat(pods.hostPorts()).hasSize(2);
      assertThatThrownBy(pods::last).hasMessageContaining("cannot be read");

      // And those of a pod that is no more do not count
      Files.delete(leases.resolve("10.244.1.7"));
      Files.delete(leases.resolve("fd00:10:244:1::7"));
      assertThat(pods.getAsBoolean()).isFalse();
      assertThat(pods.hostPorts()).isEmpty();
    }
  }

  @Test
  void withoutADirectoryThereAreNone() {
    pods = pods(directory.resolve("none"));

    assertThat(read()).isEmpty();
    assertThat(pods.last()).contains(CniResults.NONE);
  }

  private PodResults pods(Path from) {
    return new PodResults(
        new CniResultReader(from),
        new LeaseReader(directory.resolve("cni")),
        FRESHNESS,
        new PodResults.Listener() {
          @Override
          public void pods() {
            changes++;
          }

          @Override
          public void hostPorts() {
            changedPorts++;
          }
        },
        () -> now);
  }

  private List<HostPort> read() {
    assertThat(pods.getAsBoolean()).isTrue();
    return pods.hostPorts();
  }

  private static HostPort port(
      String pod, int podPort, HostPort.Protocol protocol, int port, String address) {
    return new HostPort(
        IpAddress.parse(pod),
        podPort,
        protocol,
        port,
        Optional.of(address).filter(a -> !a.isEmpty()).map(IpAddress::parse));
  }

  private void lease(String address, String container) throws IOException {
    Files.writeString(leases.resolve(address), container + "\r\neth0");
  }

  /** As libcni writes it; what plugins were asked is in it, too, which nobody reads here. */
  private void result(String name, String mappings) throws IOException {
    Files.writeString(
        results.resolve(name),
        """
        {"kind": "cniCacheV1", "containerId": "4f2a", "config": "e30=", "ifName": "eth0",
         "networkName": "tweed", "cniArgs": [["K8S_POD_NAME", "ingress"]],
         "capabilityArgs": {"portMappings": [%s]},
         "result": {"cniVersion": "1.0.0", "interfaces": [{"name": "veth1"}],
           "ips": [{"interface": 2, "address": "10.244.1.7/24", "gateway": "10.244.1.1"},
                   {"interface": 2, "address": "fd00:10:244:1::7/64"}]}}
        """
            .formatted(mappings));
  }
}
