package dev.tweed.agent.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tweed.ip.IpAddress;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class LearnedAddressesTest {

  private static final InetSocketAddress SERVICE = new InetSocketAddress("10.96.0.1", 443);
  private static final InetSocketAddress A = new InetSocketAddress("198.51.100.1", 6443);
  private static final InetSocketAddress B = new InetSocketAddress("198.51.100.2", 6443);
  private static final InetSocketAddress C = new InetSocketAddress("2001:db8::3", 6443);
  private static final List<ServerEndpoint> ENDPOINTS =
      List.of(endpoint("198.51.100.1"), endpoint("198.51.100.2"), endpoint("2001:db8::3"));

  private long now;
  private int turn;
  private boolean resolvable = true;
  private final LearnedAddresses addresses = of("https://10.96.0.1");

  private LearnedAddresses of(String url) {
    return new LearnedAddresses(
        ServerLocation.of(url),
        () -> {
          if (!resolvable) {
            throw new UnknownHostException("api.example.org");
          }
          return List.of(SERVICE);
        },
        () -> now,
        bound -> turn % bound);
  }

  private static ServerEndpoint endpoint(String address) {
    return new ServerEndpoint(IpAddress.parse(address), 6443);
  }

  private List<InetSocketAddress> candidates() throws IOException {
    return addresses.candidates();
  }

  @Test
  void theConfiguredHostComesFirst() throws IOException {
    assertThat(candidates()).containsExactly(SERVICE);

    addresses.learn(ENDPOINTS);

    assertThat(candidates()).containsExactly(SERVICE, A, B, C);
    assertThat(addresses.detour()).isEmpty();
  }

  @Test
  void endpointsTakeTurnsInBeingTheFirst() throws IOException {
    addresses.learn(ENDPOINTS);
    List<InetSocketAddress> firsts = new ArrayList<>();
    for (turn = 0; turn < 3; turn++) {
      assertThat(candidates()).containsExactlyInAnyOrder(SERVICE, A, B, C);
      firsts.add(candidates().get(1));
    }

    assertThat(firsts).containsExactlyInAnyOrder(A, B, C);
  }

  @Test
  void whatAnsweredInPlaceOfTheHostIsUsedUntilTheHostIsBack() throws IOException {
    addresses.learn(ENDPOINTS);
    candidates();

    // When an endpoint answers, then nobody waits for the host any more
    addresses.connected(B);
    now = Duration.ofSeconds(90).toNanos();
    assertThat(candidates()).containsExactly(B, A, C, SERVICE);
    assertThat(addresses.detour()).contains(Duration.ofSeconds(90));

    // When another does, it has been away since then all the same
    addresses.connected(C);
    assertThat(candidates()).startsWith(C);
    assertThat(addresses.detour()).contains(Duration.ofSeconds(90));

    // When it answers again, by whatever connection
    addresses.connected(SERVICE);
    assertThat(candidates()).startsWith(SERVICE);
    addresses.connected(B);
    addresses.configuredAnswers();
    assertThat(candidates()).startsWith(SERVICE);
    assertThat(addresses.detour()).isEmpty();
  }

  @Test
  void aNameThatHasOtherAddressesByNowIsTheConfiguredHostAllTheSame() throws IOException {
    addresses.learn(ENDPOINTS);
    candidates();

    addresses.connected(new InetSocketAddress("203.0.113.7", 443));

    assertThat(addresses.detour()).isEmpty();
  }

  @Test
  void aNameNobodyResolvesIsNoHindrance() throws IOException {
    resolvable = false;
    assertThatThrownBy(this::candidates).isInstanceOf(UnknownHostException.class);

    addresses.learn(ENDPOINTS);
    assertThat(candidates()).containsExactly(A, B, C);

    // Nor is one that was resolved before
    resolvable = true;
    candidates();
    resolvable = false;
    assertThat(candidates()).containsExactly(SERVICE, A, B, C);
  }

  @Test
  void anEmptyListTakesNothingAway() throws IOException {
    addresses.learn(ENDPOINTS);

    // As when the only API server is stopped in good order
    addresses.learn(List.of());

    assertThat(candidates()).containsExactly(SERVICE, A, B, C);
  }

  @Test
  void aServerOfTheListThatLeftIsNotTried() throws IOException {
    addresses.learn(ENDPOINTS);
    candidates();
    addresses.connected(B);

    addresses.learn(List.of(endpoint("198.51.100.1")));

    assertThat(candidates()).containsExactly(A, SERVICE);
  }

  @Test
  void aHostThatIsAnEndpointItselfIsTriedOnce() throws IOException {
    addresses.learn(List.of(new ServerEndpoint(IpAddress.parse("10.96.0.1"), 443)));

    assertThat(candidates()).containsExactly(SERVICE);
    addresses.connected(SERVICE);
    assertThat(addresses.detour()).isEmpty();
  }

  @Test
  void thereAreNoMoreThanSixteen() throws IOException {
    addresses.learn(IntStream.range(1, 100).mapToObj(i -> endpoint("198.51.100." + i)).toList());

    assertThat(candidates()).hasSize(17);
  }

  @Test
  void withoutTlsOrBehindAPathNoEndpointIsTrusted() throws IOException {
    for (String url : List.of("http://10.96.0.1", "https://10.96.0.1/k8s/clusters/c-1")) {
      LearnedAddresses other = of(url);
      other.learn(ENDPOINTS);

      assertThat(other.candidates()).containsExactly(SERVICE);
    }
  }
}
