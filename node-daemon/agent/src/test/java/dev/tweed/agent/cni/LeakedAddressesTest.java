package dev.tweed.agent.cni;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.enforce.gate.CniResultReader;
import dev.tweed.enforce.gate.CniResults;
import dev.tweed.ip.IpAddress;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LeakedAddressesTest {

  private static final Instant NOW = Instant.parse("2026-01-02T03:04:05Z");
  private static final IpAddress LEAKED = IpAddress.parse("10.244.1.7");

  @TempDir private Path directory;
  private Path results;
  private Path leases;
  private LeakedAddresses addresses;
  private final Set<IpAddress> asked = new HashSet<>();
  private boolean pods;
  private Set<IpAddress> unanswered = Set.of(LEAKED);

  private final LeakedAddresses.Neighbours neighbours =
      new LeakedAddresses.Neighbours() {
        @Override
        public void ask(Set<IpAddress> addresses) {
          asked.addAll(addresses);
        }

        @Override
        public Set<IpAddress> unanswered() {
          return unanswered;
        }

        @Override
        public boolean arePods() {
          return pods;
        }
      };

  @BeforeEach
  void setUp() throws IOException {
    results = Files.createDirectories(directory.resolve("results"));
    leases = Files.createDirectories(directory.resolve("cni").resolve("tweed"));
    addresses = addresses(() -> Optional.of(new CniResultReader(results).read()));
    lease("10.244.1.7", "gone", NOW.minus(LeakedAddresses.AGE).minusSeconds(1));
    Files.writeString(leases.resolve("last_reserved_ip.0"), "10.244.1.7");
    Files.createFile(leases.resolve("lock"));
  }

  @Test
  void anAddressThatNobodyHasIsFreeAtTheSecondLook() {
    assertThat(addresses.collect(neighbours)).isEmpty();
    assertThat(asked).containsExactly(LEAKED);

    assertThat(addresses.collect(neighbours)).containsExactly(LEAKED);

    assertThat(leases).isDirectoryNotContaining("glob:**/10.244.1.7");
    assertThat(leases.resolve("last_reserved_ip.0")).exists();
    assertThat(directory.resolve("cni").resolve("leaked")).doesNotExist();
  }

  /** Of a question that was long ago the kernel may know nothing any more. */
  @Test
  void whatCameOfAQuestionIsLookedAtOnce() {
    unanswered = Set.of();

    addresses.collect(neighbours);
    assertThat(addresses.awaitsAnswers()).isTrue();
    addresses.collect(neighbours);
    assertThat(addresses.awaitsAnswers()).isFalse();

    asked.clear();
    unanswered = Set.of(LEAKED);
    assertThat(addresses.collect(neighbours)).isEmpty();
    assertThat(asked).containsExactly(LEAKED);
  }

  @Test
  void oneThatSomebodyAnswersForStays() {
    unanswered = Set.of(IpAddress.parse("10.244.1.8"));

    assertStays();
  }

  @Test
  void oneOfAContainerThatTheRuntimeKnowsStays() throws IOException {
    Files.createFile(results.resolve("tweed-gone-eth0"));

    assertStays();
    assertThat(asked).isEmpty();
  }

  @Test
  void oneThatWasJustGivenStays() throws IOException {
    lease("10.244.1.7", "gone", NOW.minus(LeakedAddresses.AGE).plusSeconds(1));

    assertStays();
    assertThat(asked).isEmpty();
  }

  @Test
  void oneThatWasGivenAnewSinceItWasAskedForStays() throws IOException {
    addresses.collect(neighbours);
    lease("10.244.1.7", "another", NOW.minus(LeakedAddresses.AGE).minusSeconds(1));

    assertThat(addresses.collect(neighbours)).isEmpty();
    assertThat(leases.resolve("10.244.1.7")).exists();
  }

  @Test
  void whereTheRuntimeKeepsItsResultsElsewhereAllStay() throws IOException {
    Files.delete(results);

    assertStays();
  }

  @Test
  void whereResultsCannotBeReadAllStay() throws IOException {
    addresses = addresses(Optional::empty);

    assertStays();
    assertThat(asked).isEmpty();
  }

  /** One that was there before, say, and has left its directory. */
  @Test
  void whereResultsAreOfNoPodThatRunsHereAllStay() throws IOException {
    Files.createFile(results.resolve("bridge-another-eth0"));
    pods = true;

    assertStays();
    assertThat(asked).isEmpty();

    // Until it knows one of them.
    lease("10.244.1.8", "runs", NOW);
    Files.createFile(results.resolve("tweed-runs-eth0"));
    addresses.collect(neighbours);
    assertThat(addresses.collect(neighbours)).containsExactly(LEAKED);
  }

  private LeakedAddresses addresses(Supplier<Optional<CniResults>> known) {
    return new LeakedAddresses(known, directory.resolve("cni"), Clock.fixed(NOW, ZoneOffset.UTC));
  }

  private void assertStays() {
    addresses.collect(neighbours);

    assertThat(addresses.collect(neighbours)).isEmpty();
    assertThat(leases.resolve("10.244.1.7")).exists();
  }

  private void lease(String address, String container, Instant since) throws IOException {
    Path file = Files.writeString(leases.resolve(address), container + "\r\neth0");
    Files.setLastModifiedTime(file, FileTime.from(since));
  }
}
