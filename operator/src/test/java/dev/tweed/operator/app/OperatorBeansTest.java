package dev.tweed.operator.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class OperatorBeansTest {
  private record Config(int parallelism, int batch) implements OperatorConfig {
    @Override
    public Duration releaseAfter() {
      return Duration.ofMinutes(5);
    }

    @Override
    public Optional<String> namespace() {
      return Optional.of("tweed-system");
    }

    @Override
    public Optional<String> leaseNamespace() {
      return Optional.empty();
    }

    @Override
    public boolean networkPolicies() {
      return true;
    }

    @Override
    public LeaderElection leaderElection() {
      throw new UnsupportedOperationException("not asked");
    }
  }

  private final OperatorBeans beans = new OperatorBeans();

  @ParameterizedTest
  @ValueSource(ints = {-1, 0, 257})
  void parallelismOutOfRangeIsNamed(int parallelism) {
    assertThatThrownBy(() -> beans.settings(new Config(parallelism, 1_000)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("TWEED_PARALLELISM must be 1 to 256: " + parallelism);
  }

  @ParameterizedTest
  @ValueSource(ints = {-1, 0, 1_001})
  void batchOutOfRangeIsNamed(int batch) {
    assertThatThrownBy(() -> beans.settings(new Config(16, batch)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("TWEED_BATCH must be 1 to 1000: " + batch);
  }

  @Test
  void whatIsInRangeIsTaken() {
    var settings = beans.settings(new Config(256, 1));

    assertThat(settings.parallelism()).isEqualTo(256);
    assertThat(settings.batch()).isEqualTo(1);
  }
}
