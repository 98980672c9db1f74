package dev.tweed.agent.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.tweed.agent.api.ApiAccess;
import dev.tweed.agent.api.ApiClient;
import dev.tweed.agent.api.ApiRefusedException;
import dev.tweed.agent.api.ListWatch;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** In no time at all: waiting is what the test counts. */
@Timeout(30)
class LeaseRenewalTest {

  private final List<String> requests = new CopyOnWriteArrayList<>();
  private final List<String> heard = new ArrayList<>();
  private final List<Duration> pauses = new ArrayList<>();
  private HttpServer server;
  private ApiClient client;
  private Optional<String> uid = Optional.of("u-1");
  private double random;
  private Runnable onPause = () -> {};
  private volatile int status = 200;

  @BeforeEach
  void listen() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getByName("127.0.0.1"), 0), 0);
    server.createContext("/", this::answer);
    server.start();
    client =
        ApiClient.open(
            new ApiAccess(
                Optional.empty(),
                Optional.of("http://127.0.0.1:" + server.getAddress().getPort()),
                Path.of("/none")),
            Map.of(),
            "test");
  }

  @AfterEach
  void close() {
    client.close();
    server.stop(0);
  }

  @Test
  void theLeaseIsTheNodesAndIsRenewedAgainAndAgain() {
    run(3);

    assertThat(requests)
        .hasSize(2)
        .first()
        .isEqualTo(
            "PATCH /apis/coordination.k8s.io/v1/namespaces/leases/leases/n1"
                + "?fieldManager=tweed-node&force=true application/apply-patch+yaml"
                + " {'apiVersion':'coordination.k8s.io/v1','kind':'Lease',"
                + "'metadata':{'name':'n1','ownerReferences':[{'apiVersion':'v1','kind':'Node',"
                + "'name':'n1','uid':'u-1'}]},'spec':{'holderIdentity':'n1',"
                + "'leaseDurationSeconds':40,'renewTime':'2026-01-01T00:00:00.000000Z'}}");
    assertThat(heard).containsExactly("renewed", "renewed");
    assertThat(pauses)
        .containsExactly(Duration.ofSeconds(1), Duration.ofSeconds(20), Duration.ofSeconds(20));
  }

  @Test
  void nodesThatStartedTogetherDoNotRenewTogether() {
    random = 0.9;

    run(2);

    assertThat(pauses.getLast()).isEqualTo(Duration.ofMillis(24_500));
  }

  @Test
  void aNodeThatIsNotKnownOwnsNothing() {
    uid = Optional.empty();

    run(2);

    assertThat(requests).singleElement().asString().doesNotContain("ownerReferences");
  }

  @Test
  void aNodeThatIsGoneOwnsTheLeaseStill() {
    // Or it would outlive both, and a Node of that name that comes later would be told silent.
    onPause = () -> uid = requests.isEmpty() ? uid : Optional.empty();

    run(3);

    assertThat(requests).hasSize(2).allSatisfy(r -> assertThat(r).contains("'uid':'u-1'"));
  }

  @Test
  void whatIsRefusedIsTriedMoreSeldomEachTimeAndToldIfItLasts() {
    status = 403;

    run(4);
    assertThat(heard).isEmpty();

    run(6);
    assertThat(heard).containsExactly("refused 403", "refused 403");
    assertThat(pauses.subList(1, 4))
        .containsExactly(Duration.ofSeconds(1), Duration.ofSeconds(2), Duration.ofSeconds(4));
  }

  @Test
  void aServerThatSaysWhenToComeAgainIsLeftAloneUntilThen() {
    status = 429;

    run(2);

    assertThat(pauses.getLast()).isEqualTo(Duration.ofSeconds(7));
  }

  @Test
  void aServerThatIsAwayIsTriedEveryFewSeconds() {
    server.stop(0);

    run(7);

    assertThat(heard).isEmpty();
    assertThat(pauses.getLast()).isEqualTo(Duration.ofSeconds(5));
  }

  /** Until it has waited so often. */
  private void run(int waits) {
    pauses.clear();
    LeaseRenewal[] renewal = new LeaseRenewal[1];
    renewal[0] =
        new LeaseRenewal(
            client.channel(),
            "leases",
            "n1",
            () -> uid,
            new LeaseRenewal.Listener() {
              @Override
              public void renewed() {
                heard.add("renewed");
              }

              @Override
              public void refused(ApiRefusedException why) {
                heard.add("refused " + why.code());
              }
            },
            new ListWatch.Pauses() {
              @Override
              public void await(Duration length, boolean forConnection) {
                pauses.add(length);
                onPause.run();
                if (pauses.size() == waits) {
                  renewal[0].stop();
                }
              }

              @Override
              public void connected() {}

              @Override
              public void silent() {}
            },
            () -> Instant.parse("2026-01-01T00:00:00Z"),
            () -> random);
    renewal[0].run();
  }

  private void answer(HttpExchange exchange) throws IOException {
    try (exchange) {
      String body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
      requests.add(
          "%s %s %s %s"
              .formatted(
                  exchange.getRequestMethod(),
                  exchange.getRequestURI(),
                  exchange.getRequestHeaders().getFirst("Content-Type"),
                  body.replace('"', '\'')));
      exchange.getResponseHeaders().add("Retry-After", status == 429 ? "7" : "0");
      byte[] answer = "{}".getBytes(StandardCharsets.UTF_8);
      exchange.sendResponseHeaders(status, answer.length);
      exchange.getResponseBody().write(answer);
    }
  }
}
