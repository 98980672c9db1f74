package dev.tweed.agent.probe;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.ip.IpAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class KubeletProberTest {

  private final Set<IpAddress> alive = new HashSet<>();
  private final List<IpAddress> calls = new ArrayList<>();
  private final Map<String, Boolean> signs = new HashMap<>();
  private int open;
  private int turns;
  private long now;
  private final KubeletProber kubelets =
      new KubeletProber(
          (address, port) -> {
            calls.add(address);
            open++;
            return new KubeletProber.Connection() {
              @Override
              public boolean answered() {
                return alive.contains(address);
              }

              @Override
              public void close() {
                open--;
              }
            };
          });

  private void run(Duration duration, Map<String, List<IpAddress>> silent) {
    long end = now + duration.toNanos();
    while (now < end) {
      kubelets.advance(now, silent, signs::put);
      turns++;
      assertThat(open).isLessThanOrEqualTo(12);
      now = Math.max(now + 1, kubelets.deadline(now));
    }
    now = end;
  }

  @Test
  void anAnswerOfAnyAddressIsASignUntilTwoCallsFail() {
    IpAddress first = IpAddress.parse("192.0.2.1");
    IpAddress second = IpAddress.parse("2001:db8::1");
    Map<String, List<IpAddress>> silent = Map.of("n1", List.of(first, second));
    alive.add(second);

    run(Duration.ofSeconds(15), silent);

    assertThat(signs).containsExactly(Map.entry("n1", true));
    assertThat(calls).containsExactly(first, second);

    alive.clear();
    run(Duration.ofSeconds(10), silent);
    assertThat(signs).containsExactly(Map.entry("n1", true));
    run(Duration.ofSeconds(10), silent);
    assertThat(signs).containsExactly(Map.entry("n1", false));
  }

  @Test
  void manyAreCalledInTurnAndNoneTooOften() {
    Map<String, List<IpAddress>> silent = new TreeMap<>();
    IntStream.range(0, 60)
        .forEach(i -> silent.put("n" + i, List.of(IpAddress.parse("192.0.2." + (i + 1)))));

    run(Duration.ofSeconds(9), silent);
    assertThat(calls).hasSize(60).doesNotHaveDuplicates();

    // And none once they answer again
    calls.clear();
    run(Duration.ofMinutes(1), Map.of());
    assertThat(calls).isEmpty();
    assertThat(open).isZero();
  }

  @Test
  void nodesThatBecameSilentOneByOneAreSoonCalledTogether() {
    Map<String, List<IpAddress>> silent = new TreeMap<>();
    for (int i = 0; i < 12; i++) {
      silent.put("n" + i, List.of(IpAddress.parse("192.0.2." + (i + 1))));
      run(Duration.ofMillis(900), silent);
    }
    run(Duration.ofSeconds(30), silent);

    turns = 0;
    run(Duration.ofMinutes(1), silent);
    assertThat(turns).isLessThan(60);
  }
}
