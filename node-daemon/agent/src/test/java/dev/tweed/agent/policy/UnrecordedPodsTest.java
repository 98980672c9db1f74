package dev.tweed.agent.policy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.enforce.gate.CniResults;
import dev.tweed.ip.IpAddress;
import dev.tweed.policy.PodEntry;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

class UnrecordedPodsTest {

  private static final IpAddress ADDRESS = IpAddress.parse("10.244.1.2");
  private static final PodEntry POD = new PodEntry("u", Set.of(ADDRESS), Set.of(), List.of());
  private static final CniResults NOTHING = new CniResults(true, Set.of(), List.of());

  private final UnrecordedPods pods = new UnrecordedPods(Duration.ofSeconds(10));
  private final Map<IpAddress, String> holders = new HashMap<>(Map.of(ADDRESS, "c"));

  @Test
  void aPodIsFoundOnceItsAddressHasBeenGivenForSomeTime() {
    assertThat(find(0, NOTHING)).isEmpty();
    assertThat(pods.untilNext(0)).hasValue(Duration.ofSeconds(10).toNanos());
    assertThat(find(9, NOTHING)).isEmpty();
    assertThat(find(10, NOTHING)).containsExactly("u");
    assertThat(pods.untilNext(Duration.ofSeconds(10).toNanos())).isEmpty();
  }

  /** Of the boot before, as the API tells it until the pod has another. */
  @Test
  void anAddressThatIsGivenToNobodyIsNoPods() {
    holders.clear();

    find(0, NOTHING);

    assertThat(find(60, NOTHING)).isEmpty();
  }

  @Test
  void anAddressOfAContainerThatIsRememberedIsThatOnes() {
    CniResults known = new CniResults(true, Set.of("tweed-c-eth0"), List.of());

    find(0, known);

    assertThat(find(60, known)).isEmpty();
  }

  @Test
  void anAddressThatIsGivenAnewHasToWaitAnew() {
    find(0, NOTHING);
    holders.put(ADDRESS, "d");

    assertThat(find(10, NOTHING)).isEmpty();
    assertThat(find(20, NOTHING)).containsExactly("u");
  }

  private Set<String> find(int second, CniResults results) {
    return pods.find(
        List.of(POD),
        results,
        address -> Optional.ofNullable(holders.get(address)),
        Duration.ofSeconds(second).toNanos());
  }
}
