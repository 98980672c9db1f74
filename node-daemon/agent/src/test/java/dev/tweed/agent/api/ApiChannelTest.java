package dev.tweed.agent.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tweed.agent.Keys;
import dev.tweed.agent.api.CredentialFiles.Source;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Connections to servers that are slow, silent, somebody else's, or gone. */
@Timeout(30)
class ApiChannelTest {

  private static final Duration SHORT = Duration.ofMillis(300);
  private static final Duration LONG = Duration.ofSeconds(20);
  private static final String OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}";
  private static final ApiRequest GET = ApiRequest.get("/version");

  @TempDir static Path keysDirectory;
  private static Keys cluster;
  private static Keys other;

  @TempDir Path directory;

  @AutoClose("shutdownNow")
  private final ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor();

  private final AtomicReference<ScriptedServer> server = new AtomicReference<>();
  private final CountDownLatch over = new CountDownLatch(1);

  @BeforeAll
  static void makeKeys() {
    cluster =
        Keys.make(keysDirectory, "EC", "CN=api", "-ext", "san=ip:192.0.2.1,dns:api.example.org");
    other = Keys.make(keysDirectory, "EC", "CN=other", "-ext", "san=ip:192.0.2.1");
  }

  @AfterEach
  void stop() throws IOException {
    over.countDown();
    server.get().close();
  }

  private ApiChannel plain(ScriptedServer.Script script) throws IOException {
    server.set(ScriptedServer.plain(script));
    return channel(false, "127.0.0.1", List.of(server.get().address()));
  }

  private ApiChannel channel(boolean tls, String name, List<InetSocketAddress> candidates) {
    CredentialFiles files = CredentialFiles.of(directory);
    return new ApiChannel(
        new ServerLocation(tls, name, 443, ""),
        new ConnectionFactory(tls, name, () -> candidates),
        new CredentialStore(Optional.empty(), () -> files),
        "test",
        timer);
  }

  private static String send(ApiChannel channel, Duration limit) throws IOException {
    try (HttpAnswer answer = channel.send(GET, limit)) {
      String body = new String(answer.body().readAllBytes(), StandardCharsets.UTF_8);
      answer.finish();
      return body;
    }
  }

  private void assertTooLate(ApiChannel channel) {
    assertThatThrownBy(() -> send(channel, SHORT))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("took longer than");
  }

  private void drip(OutputStream out, String text) throws Exception {
    while (!over.await(20, TimeUnit.MILLISECONDS)) {
      out.write(text.getBytes(StandardCharsets.US_ASCII));
      out.flush();
    }
  }

  @Test
  void aHeadThatComesByteByByteIsNotWaitedFor() throws Exception {
    assertTooLate(plain((in, out) -> drip(out, "H")));
  }

  @Test
  void aBodyThatComesByteByByteIsNotWaitedFor() throws Exception {
    assertTooLate(
        plain(
            (in, out) -> {
              out.write("HTTP/1.1 200 OK\r\nContent-Length: 99999\r\n\r\n".getBytes());
              drip(out, " ");
            }));
  }

  @Test
  void aServerThatSaysNothingIsNotWaitedFor() throws Exception {
    assertTooLate(plain((in, out) -> over.await()));
  }

  @Test
  void aServerThatReadsNothingIsNotWaitedFor() throws Exception {
    ApiChannel channel = plain((in, out) -> over.await());

    assertThatThrownBy(
            () -> channel.send(ApiRequest.apply("/x", new byte[64 * 1024 * 1024]), SHORT))
        .hasMessageContaining("took longer than");
  }

  @Test
  void timeThatIsOverBeforeThereIsASocketCounts() throws Exception {
    server.set(ScriptedServer.plain((in, out) -> over.await()));
    ApiChannel channel =
        new ApiChannel(
            new ServerLocation(false, "127.0.0.1", 443, ""),
            new ConnectionFactory(
                false,
                "127.0.0.1",
                () -> {
                  // A name server that takes its time
                  LockSupport.parkNanos(SHORT.multipliedBy(2).toNanos());
                  return List.of(server.get().address());
                }),
            new CredentialStore(Optional.empty(), () -> CredentialFiles.of(directory)),
            "test",
            timer);

    assertTooLate(channel);
  }

  @Test
  void aHandshakeThatDoesNotComeIsNotWaitedFor() throws Exception {
    Files.writeString(directory.resolve("ca.crt"), cluster.certificatePem());
    Files.writeString(directory.resolve("token"), "secret");
    ApiChannel ignored = plain((in, out) -> over.await());

    assertTooLate(channel(true, "192.0.2.1", List.of(server.get().address())));
    ignored.close();
  }

  @Test
  void headersWithoutEndEndTheAnswer() throws Exception {
    ApiChannel channel =
        plain(
            (in, out) -> {
              out.write("HTTP/1.1 200 OK\r\n".getBytes());
              while (over.getCount() > 0) {
                out.write("X: y\r\n".getBytes());
              }
            });

    assertThatThrownBy(() -> send(channel, LONG)).hasMessageContaining("more than 100 headers");
  }

  @Test
  void oneConnectionTakesManyRequests() throws Exception {
    ApiChannel channel = plain((in, out) -> server.get().answers(OK).play(in, out));

    for (int i = 0; i < 3; i++) {
      assertThat(send(channel, LONG)).isEqualTo("{}");
    }

    assertThat(server.get().connections).hasValue(1);
    assertThat(server.get().requests.getFirst())
        .startsWith("GET /version HTTP/1.1\r\nHost: 127.0.0.1:443\r\nUser-Agent: test\r\n");
  }

  @Test
  void aConnectionTheServerClosedMeanwhileIsReplaced() throws Exception {
    ApiChannel channel =
        plain(
            (in, out) -> {
              server.get().request(in);
              out.write(OK.getBytes());
            });

    assertThat(send(channel, LONG)).isEqualTo("{}");
    assertThat(send(channel, LONG)).isEqualTo("{}");

    assertThat(server.get().connections).hasValue(2);
  }

  @Test
  void whoWaitsIsFreedWhenTheConnectionIsDropped() throws Exception {
    CountDownLatch waits = new CountDownLatch(1);
    ApiChannel channel =
        plain(
            (in, out) -> {
              server.get().request(in);
              waits.countDown();
              over.await();
            });
    CompletableFuture<Throwable> failure =
        CompletableFuture.supplyAsync(
            () -> {
              try {
                return new AssertionError(send(channel, LONG));
              } catch (IOException e) {
                return e;
              }
            },
            r -> Thread.ofVirtual().start(r));
    waits.await();

    channel.drop();

    assertThat(failure.get(5, TimeUnit.SECONDS)).isInstanceOf(IOException.class);
    channel.close();
    assertThatThrownBy(() -> send(channel, LONG)).isInstanceOf(IOException.class);
  }

  @Test
  void aTokenIsNotSentInTheClear() throws Exception {
    Files.writeString(directory.resolve("token"), "secret");
    ApiChannel channel = plain((in, out) -> server.get().answers(OK).play(in, out));

    send(channel, LONG);

    assertThat(server.get().requests.getFirst()).doesNotContain("secret");
  }

  @Test
  void theNameThatWasConfiguredIsVerifiedWhateverTheAddress() throws Exception {
    Files.writeString(directory.resolve("ca.crt"), cluster.certificatePem());
    Files.writeString(directory.resolve("token"), "secret");
    secure(cluster, 0);
    List<InetSocketAddress> address = List.of(server.get().address());

    assertThat(send(channel(true, "192.0.2.1", address), LONG)).isEqualTo("{}");
    assertThat(send(channel(true, "api.example.org", address), LONG)).isEqualTo("{}");
    assertThat(server.get().requests).hasSize(2);

    // The address itself is not in the certificate: nothing is sent
    assertThatThrownBy(() -> send(channel(true, "127.0.0.1", address), LONG))
        .hasMessageContaining("127.0.0.1");
    assertThat(server.get().requests).hasSize(2);
  }

  @Test
  void nothingIsSentToAServerThatNobodyVouchesFor() throws Exception {
    Files.writeString(directory.resolve("ca.crt"), cluster.certificatePem());
    Files.writeString(directory.resolve("token"), "secret");
    secure(other, 0);

    // The first address is the one that somebody configured, and so the one to tell of
    List<InetSocketAddress> addresses =
        List.of(server.get().address(), new InetSocketAddress("127.0.0.1", 1));
    assertThatThrownBy(() -> send(channel(true, "192.0.2.1", addresses), LONG))
        .isInstanceOf(IOException.class)
        .isNotInstanceOf(ApiUnreachedException.class)
        .hasMessageContaining("PKIX path")
        .hasMessageEndingWith("; none of 1 more answers");
    assertThat(server.get().requests).isEmpty();
  }

  @Test
  void addressesThatAreNotTheApiServersArePassedOver() throws Exception {
    Files.writeString(directory.resolve("ca.crt"), cluster.certificatePem());
    Files.writeString(directory.resolve("token"), "secret");
    try (ScriptedServer stranger = ScriptedServer.tls(other.server(), 0, (in, out) -> in.read())) {
      secure(cluster, 0);

      assertThat(
              send(
                  channel(
                      true,
                      "192.0.2.1",
                      List.of(
                          new InetSocketAddress("127.0.0.1", 1),
                          stranger.address(),
                          server.get().address())),
                  LONG))
          .isEqualTo("{}");
    }
  }

  @Test
  void anAddressThatIsVouchedForOnlyAsItselfIsToldNothing() throws Exception {
    // Given a server whose certificate is of our authority, but not for the configured host
    Keys own = Keys.make(keysDirectory, "EC", "CN=own", "-ext", "san=ip:127.0.0.1");
    Files.writeString(directory.resolve("ca.crt"), own.certificatePem());
    Files.writeString(directory.resolve("token"), "secret");
    secure(own, 0);

    assertThatThrownBy(
            () -> send(channel(true, "192.0.2.1", List.of(server.get().address())), LONG))
        .hasMessageContaining("192.0.2.1");
    assertThat(server.get().requests).isEmpty();
  }

  @Test
  void addressesThatAreDeafTakeNoTimeFromTheOthers() throws Exception {
    try (DeafListener first = new DeafListener();
        DeafListener second = new DeafListener()) {
      server.set(ScriptedServer.plain((in, out) -> server.get().answers(OK).play(in, out)));

      assertThat(
              send(
                  channel(
                      false,
                      "127.0.0.1",
                      List.of(first.address(), second.address(), server.get().address())),
                  Duration.ofSeconds(9)))
          .isEqualTo("{}");
    }
  }

  @Test
  void credentialsThatChangeAreUsed() throws Exception {
    Files.writeString(directory.resolve("ca.crt"), cluster.certificatePem());
    Files.writeString(directory.resolve("token"), "first\n");
    secure(cluster, 0);
    int port = server.get().port();
    ApiChannel channel = channel(true, "192.0.2.1", List.of(server.get().address()));
    send(channel, LONG);

    // When the kubelet replaces the token
    replace("token", "second");
    send(channel, LONG);
    assertThat(server.get().requests.getLast()).contains("Authorization: Bearer second\r\n");
    assertThat(server.get().connections).hasValue(1);

    // When the cluster gets another authority, whose file is half written at first
    server.get().close();
    secure(other, port);
    replace("ca.crt", other.certificatePem().substring(0, 40));
    assertThatThrownBy(() -> send(channel, LONG)).isInstanceOf(IOException.class);
    replace("ca.crt", other.certificatePem());
    assertThat(send(channel, LONG)).isEqualTo("{}");
  }

  @Test
  void aCertificateIsReadAgainWithItsKey() throws Exception {
    Path certificate = directory.resolve("client.crt");
    Path key = directory.resolve("client.key");
    Files.writeString(certificate, cluster.certificatePem());
    Files.writeString(key, cluster.keyPem());
    CredentialStore store =
        new CredentialStore(
            Optional.empty(),
            () ->
                new CredentialFiles(
                    Optional.empty(),
                    Optional.of(new Source.File(certificate)),
                    Optional.of(new Source.File(key)),
                    Optional.empty()));
    CredentialStore.Tls first = store.tls();
    assertThat(store.tls()).isSameAs(first);
    assertThat(store.certificate()).contains(cluster.certificate());

    Files.writeString(key, other.keyPem());
    Files.writeString(certificate, other.certificatePem());

    assertThat(store.tls()).isNotSameAs(first);
    assertThat(store.certificate()).contains(other.certificate());
    server.set(ScriptedServer.plain((in, out) -> {}));
  }

  private void secure(Keys keys, int port) throws Exception {
    AtomicReference<ScriptedServer> started = server;
    started.set(
        ScriptedServer.tls(
            keys.server(), port, (in, out) -> started.get().answers(OK).play(in, out)));
  }

  private void replace(String name, String text) throws IOException {
    Path next = Files.writeString(directory.resolve("next"), text);
    Files.move(next, directory.resolve(name), StandardCopyOption.REPLACE_EXISTING);
  }
}
