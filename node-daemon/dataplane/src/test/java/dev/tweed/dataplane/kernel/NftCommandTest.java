package dev.tweed.dataplane.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class NftCommandTest {

  @Test
  void inputAndArgumentsReachTheProgramAsTheyAre() {
    NftCommand.Result result =
        new NftCommand(List.of("sh", "-c", "cat; echo \"$@\"", "sh"))
            .run("rules; $(id)\n", "-f", "a b; c");

    assertThat(result.ok()).isTrue();
    assertThat(result.output()).isEqualTo("rules; $(id)\n-f a b; c");
  }

  @Test
  void aProgramThatIsNotThereIsAResult() {
    NftCommand.Result result = new NftCommand(List.of("/nonexistent/nft")).run("");

    assertThat(result.ok()).isFalse();
    assertThat(result.output()).contains("/nonexistent/nft cannot be run");
  }

  @Test
  void aProgramThatReadsNothingIsNoFault() {
    NftCommand.Result result = new NftCommand(List.of("true")).run("x".repeat(40_000));

    assertThat(result.ok()).isTrue();
  }

  @Test
  void aProgramWithoutEndIsStopped() {
    NftCommand.Result result =
        new NftCommand(List.of("sleep", "60"), started -> {}, Duration.ofMillis(200)).run("");

    assertThat(result.ok()).isFalse();
    assertThat(result.output()).contains("no end");
  }
}
