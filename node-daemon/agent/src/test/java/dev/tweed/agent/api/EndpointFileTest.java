package dev.tweed.agent.api;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.agent.memory.Binding;
import dev.tweed.ip.IpAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EndpointFileTest {

  private static final List<ServerEndpoint> BOTH_FAMILIES =
      List.of(
          new ServerEndpoint(IpAddress.parse("198.51.100.1"), 6443),
          new ServerEndpoint(IpAddress.parse("2001:db8::1"), 443));

  @TempDir Path directory;

  private EndpointFile file(String server) {
    return new EndpointFile(directory.resolve("state"), () -> new Binding("n1", "m", "d", server));
  }

  @Test
  void theNextProcessKnowsWhatThisOneLearned() {
    assertThat(file("10.96.0.1").read()).isEmpty();

    file("10.96.0.1").write(BOTH_FAMILIES);

    assertThat(file("10.96.0.1").read()).isEqualTo(BOTH_FAMILIES);
    // But not of another cluster
    assertThat(file("10.43.0.1").read()).isEmpty();
  }

  @Test
  void aDiskThatTakesNothingIsNoFault() throws Exception {
    Files.writeString(directory.resolve("state"), "no directory");

    file("10.96.0.1").write(BOTH_FAMILIES);

    assertThat(file("10.96.0.1").read()).isEmpty();
  }

  @Test
  void sixteenOfTheLongestHaveRoom() {
    List<ServerEndpoint> longest =
        IntStream.range(0, 30)
            .mapToObj(
                i ->
                    new ServerEndpoint(
                        IpAddress.parse(
                            "2001:1db8:1111:2222:3333:4444:5555:%d".formatted(6000 + i)),
                        65_535))
            .toList();

    file("s").write(longest);

    assertThat(file("s").read()).isEqualTo(longest.subList(0, 16));
  }

  @Test
  void linesThatAreNoAddressesAreLeftOut() {
    assertThat(
            EndpointFile.parse(
                """
                127.0.0.1 6443
                198.51.100.1 0
                198.51.100.1 99999
                198.51.100.1:6443
                ::ffff:127.0.0.1 6443
                api.example.org 6443

                198.51.100.1 6443
                """
                    .getBytes(StandardCharsets.US_ASCII)))
        .containsExactly(BOTH_FAMILIES.getFirst());
  }

  @Property(tries = 300)
  void noBytesBreakIt(@ForAll byte[] bytes) {
    assertThat(EndpointFile.parse(bytes)).hasSizeLessThanOrEqualTo(16);
  }
}
