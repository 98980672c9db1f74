package dev.tweed.firewall.dbus;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What becomes of calls when the bus, or who is behind it, does not do as it should. */
@Timeout(20)
class BusConnectionTest {

  private static final Duration LIMIT = Duration.ofMillis(500);
  private static final Duration PATIENCE = Duration.ofSeconds(10);
  private static final BusCall CALL = new BusCall("some.Service", "/", "some.Interface.Do", "");

  @TempDir Path directory;
  private final CountDownLatch ended = new CountDownLatch(1);
  private FakeBus fake;
  private BusConnection bus;

  @AfterEach
  void close() throws IOException {
    if (bus != null) {
      bus.close();
    }
    if (fake != null) {
      fake.close();
    }
  }

  @Test
  void answersAreValuesListsAndMaps() throws Exception {
    start(
        PATIENCE,
        (f, call) ->
            f.returns(
                call, "a{sv}b", Map.of("rules", BusConnection.texts(List.of("a", "b"))), true));

    assertThat(bus.call(CALL)).containsExactly(Map.of("rules", List.of("a", "b")), true);
  }

  @Test
  void anErrorHasItsNameAndWords() throws Exception {
    start(PATIENCE, (f, call) -> f.fails(call, "some.Error", "why"));

    assertThatThrownBy(() -> bus.call(CALL))
        .isInstanceOfSatisfying(
            BusException.Answered.class, e -> assertThat(e.name()).isEqualTo("some.Error"))
        .hasMessage("why");
  }

  @Test
  void aCallThatHangsEndsInTime() throws Exception {
    start(LIMIT, (f, call) -> {});

    assertThatThrownBy(() -> bus.call(CALL)).isInstanceOf(BusException.Late.class);
  }

  @Test
  void aBusThatHangsBeforeItLetsUsInIsGivenUp() throws Exception {
    fake = FakeBus.saying(directory.resolve("bus"), "DATA\r\n");

    assertThatThrownBy(() -> open(LIMIT)).isInstanceOf(BusException.Lost.class);
  }

  @Test
  void aBusThatDoesNotLetUsInIsTold() throws Exception {
    fake = FakeBus.saying(directory.resolve("bus"), "REJECTED EXTERNAL\r\n");

    assertThatThrownBy(() -> open(PATIENCE))
        .isInstanceOf(BusException.Lost.class)
        .hasMessageContaining("REJECTED EXTERNAL");
  }

  @Test
  void whereNobodyListensItIsLost() {
    assertThatThrownBy(() -> open(PATIENCE)).isInstanceOf(BusException.Lost.class);
  }

  @Test
  void aBusThatEndsInMidCallIsTold() throws Exception {
    start(PATIENCE, (f, call) -> f.hangUp());

    assertThatThrownBy(() -> bus.call(CALL)).isInstanceOf(BusException.Lost.class);
    assertThat(ended.await(10, TimeUnit.SECONDS)).isTrue();
    assertThat(bus.isOpen()).isFalse();
  }

  @Test
  void noiseEndsTheConnection() throws Exception {
    start(PATIENCE, (f, call) -> f.bytes("HTTP/1.1 400 Bad Request\r\n\r\n".repeat(9).getBytes()));

    assertThatThrownBy(() -> bus.call(CALL)).isInstanceOf(BusException.Lost.class);
    assertThat(bus.isOpen()).isFalse();
  }

  @Test
  void aMessageThatIsTooLargeIsReadPast() throws Exception {
    start(
        PATIENCE,
        (f, call) -> {
          f.signals(":1.9", "some.Interface", "Noise", "x".repeat(9 << 20));
          f.returns(call, "s", "well");
        });

    assertThat(bus.call(CALL)).containsExactly("well");
  }

  @Test
  void aBusThatReadsNothingIsGivenUp() throws Exception {
    start(LIMIT, (f, call) -> await(new CountDownLatch(1)));
    assertThatThrownBy(() -> bus.call(CALL)).isInstanceOf(BusException.Late.class);
    BusCall large = new BusCall("some.Service", "/", "some.Interface.Do", "s", "x".repeat(4 << 20));

    assertThatThrownBy(() -> bus.call(large))
        .isInstanceOf(BusException.Lost.class)
        .hasMessage("the bus reads nothing");
  }

  @Test
  void noThreadIsLeft() throws Exception {
    start(PATIENCE, (f, call) -> f.returns(call, "s", "well"));
    Thread reader =
        Thread.getAllStackTraces().keySet().stream()
            .filter(thread -> thread.getName().equals("dbus"))
            .findFirst()
            .orElseThrow();
    assertThat(reader.isDaemon()).isTrue();

    bus.close();

    assertThat(reader.join(PATIENCE)).isTrue();
    assertThat(ended.getCount()).isOne();
    assertThatThrownBy(() -> bus.call(CALL)).isInstanceOf(BusException.Lost.class);
  }

  private static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void start(Duration limit, FakeBus.Answers answers) throws Exception {
    fake = FakeBus.start(directory.resolve("bus"), answers);
    open(limit);
  }

  private void open(Duration limit) throws BusException {
    bus = BusConnection.open(directory.resolve("bus"), limit, signal -> {}, ended::countDown);
  }
}
