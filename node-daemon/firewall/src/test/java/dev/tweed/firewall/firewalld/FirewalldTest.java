package dev.tweed.firewall.firewalld;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.firewall.backend.BackendOutcome;
import dev.tweed.firewall.backend.BackendOutcome.Applied;
import dev.tweed.firewall.backend.BackendOutcome.Refused;
import dev.tweed.firewall.dbus.BusConnection;
import dev.tweed.firewall.dbus.FakeBus;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A firewalld that does not answer as it should; a bus of our own stands in its place. */
@Timeout(20)
class FirewalldTest {

  private static final Duration PATIENCE = Duration.ofSeconds(10);

  @TempDir Path root;
  private FakeBus bus;

  @BeforeEach
  void install() throws IOException {
    Files.createDirectories(root.resolve("usr/bin"));
    Files.createFile(root.resolve("usr/bin/firewall-cmd"));
  }

  @AfterEach
  void close() throws IOException {
    if (bus != null) {
      bus.close();
    }
  }

  @ParameterizedTest
  @CsvSource({
    "org.freedesktop.DBus.Error.ServiceUnknown, NotRunning, firewalld is not running",
    "org.freedesktop.DBus.Error.NoReply, NotRunning, firewalld is not running",
    "org.freedesktop.DBus.Error.UnknownMethod, TooOld, this firewalld has no policies: why",
    "org.freedesktop.DBus.Error.AccessDenied, CommandFailed, firewalld says: why",
    "org.fedoraproject.FirewallD1.Exception, CommandFailed, firewalld says: why"
  })
  void everyErrorHasAReason(String error, String reason, String message) throws IOException {
    start((b, call) -> b.fails(call, error, "why"));

    assertThat(apply(PATIENCE))
        .isInstanceOfSatisfying(
            Refused.class,
            refused -> {
              assertThat(refused.reason()).isEqualTo(reason);
              assertThat(refused.message()).isEqualTo(message);
              assertThat(refused.remedy()).isNotBlank();
            });
  }

  @Test
  void oneThatHangsIsGivenUpAndAskedAgain() throws IOException {
    start((b, call) -> {});
    FirewalldBackend backend = new FirewalldBackend(root, Duration.ofMillis(300));

    for (int i = 0; i < 2; i++) {
      assertThat(backend.apply(Rows.network()))
          .isInstanceOfSatisfying(
              Refused.class,
              refused -> {
                assertThat(refused.reason()).isEqualTo("CommandFailed");
                assertThat(refused.message()).startsWith("firewalld hangs");
              });
    }
  }

  @Test
  void aConnectionThatWasLostIsMadeAgain() throws IOException {
    start((b, call) -> b.hangUp());
    FirewalldBackend backend = new FirewalldBackend(root, PATIENCE);
    assertThat(backend.apply(Rows.network()))
        .isInstanceOfSatisfying(
            Refused.class, refused -> assertThat(refused.reason()).isEqualTo("DBusUnreachable"));
    bus.close();
    Files.delete(socket());

    start((b, call) -> b.fails(call, "some.Error", "it is another"));

    assertThat(backend.apply(Rows.network()))
        .isInstanceOfSatisfying(
            Refused.class, refused -> assertThat(refused.message()).contains("it is another"));
  }

  @ParameterizedTest
  @CsvSource({"i", "s", "as", "a{sv}", "''"})
  void nonsenseIsNoRow(String signature) throws IOException {
    start(
        (b, call) -> {
          switch (signature) {
            case "i" -> b.returns(call, "i", 7);
            case "s" -> b.returns(call, "s", "odd");
            case "as" -> b.returns(call, "as", List.of("", "odd", "tweed-in-1"));
            case "a{sv}" ->
                b.returns(call, "a{sv}", Map.of("rules", BusConnection.texts(List.of("a"))));
            default -> b.returns(call, null);
          }
        });

    assertThat(apply(PATIENCE)).isInstanceOf(Refused.class);
  }

  @Test
  void onlyFirewalldTellsOfChanges() throws Exception {
    start(
        (b, call) -> {
          b.signals(":1.66", "org.fedoraproject.FirewallD1", "Reloaded");
          b.signals(":1.66", "org.freedesktop.DBus", "NameOwnerChanged", Firewalld.NAME, "", ":1");
          b.signals("org.freedesktop.DBus", "org.freedesktop.DBus", "NameAcquired", ":1.7");
          if (call.getName().equals("getZones")) {
            b.signals(":1.5", "org.fedoraproject.FirewallD1", "Reloaded");
            b.signals(
                "org.freedesktop.DBus",
                "org.freedesktop.DBus",
                "NameOwnerChanged",
                Firewalld.NAME,
                ":1.5",
                ":1.66");
          }
          b.returns(call, "as", List.of());
        });
    Semaphore told = new Semaphore(0);
    FirewalldBackend backend = new FirewalldBackend(root, PATIENCE);
    backend.watch(told::release);

    assertThat(backend.check(Rows.network())).isNotNull();
    assertThat(told.availablePermits()).isEqualTo(2);

    // From now on the other one is firewalld.
    backend.check(Rows.network());
    assertThat(told.tryAcquire(4, 10, TimeUnit.SECONDS)).isTrue();
  }

  @Test
  void whoHasNothingInItAnyMoreIsNotConnected() throws Exception {
    start((b, call) -> b.returns(call, "as", List.of()));
    FirewalldBackend backend = new FirewalldBackend(root, PATIENCE);

    assertThat(backend.apply(List.of())).isEqualTo(new Applied(false, true, List.of()));

    assertThat(
            Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> thread.getName().equals("dbus"))
                .allMatch(FirewalldTest::ends))
        .isTrue();
  }

  private static boolean ends(Thread thread) {
    try {
      return thread.join(PATIENCE);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  private void start(FakeBus.Answers answers) throws IOException {
    bus = FakeBus.start(socket(), answers);
  }

  private Path socket() {
    return root.resolve("run/dbus/system_bus_socket");
  }

  private BackendOutcome apply(Duration limit) {
    return new FirewalldBackend(root, limit).apply(Rows.network());
  }
}
