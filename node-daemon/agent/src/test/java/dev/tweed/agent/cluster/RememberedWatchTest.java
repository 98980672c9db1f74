package dev.tweed.agent.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tweed.agent.memory.Binding;
import dev.tweed.agent.memory.StateFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Its thread runs nothing here by itself but in one test: what it would do is called. */
class RememberedWatchTest {

  private static final Instant NOW = Instant.parse("2026-02-01T10:00:00Z");

  @TempDir Path directory;
  private ClusterView api = ClusterView.INCOMPLETE;
  private volatile long nanos;
  private int told;
  private RememberedWatch watch;

  private final ClusterView member =
      new Views().network("default", Views.day(1)).subnet(1).subnet(2).view();

  @BeforeEach
  void start() {
    open("n1");
  }

  @AfterEach
  void stop() {
    watch.close();
  }

  private void open(String machine) {
    Binding binding = binding(machine, "aa");
    open(() -> binding, Duration.ofDays(1));
  }

  private static Binding binding(String machine, String authority) {
    return new Binding(Views.OWN, machine, authority, "10.96.0.1");
  }

  private void open(Binding.Source binding, Duration check) {
    watch =
        new RememberedWatch(
            new ClusterWatch() {
              @Override
              public void start(Runnable onChange, Consumer<ApiContact> onContact) {}

              @Override
              public ClusterView view() {
                return api;
              }

              @Override
              public void close() {}
            },
            new StateFile(
                directory, "view", RememberedWatch.VERSION, RememberedWatch.MAX_BYTES, binding),
            Views.OWN,
            InstantSource.fixed(NOW),
            () -> nanos,
            new RememberedWatch.Timing(
                Duration.ofDays(1), Duration.ofDays(1), Duration.ofMinutes(1), check));
    watch.start(() -> told++, contact -> {});
  }

  /** The API server was heard, then the daemon is started again and hears nothing. */
  private void restartAfter(ClusterView heard) {
    api = heard;
    watch.keep();
    watch.close();
    api = ClusterView.INCOMPLETE;
    open("n1");
  }

  private boolean isRemembered() {
    return Files.exists(directory.resolve("view"));
  }

  @Test
  void whatWasHeardIsShownWhileNothingIsHeard() {
    restartAfter(member);
    assertThat(watch.view().complete()).isFalse();

    // When the API server has had its time
    assertThat(watch.recall()).isFalse();

    // Then memory is shown, and says since when
    assertThat(watch.view().complete()).isTrue();
    assertThat(watch.view().fromMemory()).contains(NOW);
    assertThat(watch.view().subnets()).hasSize(2);
    assertThat(watch.view().settled()).isFalse();
    assertThat(told).isEqualTo(1);

    // Until the API server says something
    api = member;
    assertThat(watch.view()).isEqualTo(member);
    assertThat(watch.recall()).isTrue();
  }

  @Test
  void withoutMemoryNothingIsShown() {
    assertThat(watch.recall()).isFalse();

    assertThat(watch.view()).isEqualTo(ClusterView.INCOMPLETE);
    assertThat(told).isZero();
  }

  @Test
  void memoryOfAnotherMachineIsNone() {
    restartAfter(member);
    watch.close();
    open("n2");

    watch.recall();

    assertThat(watch.view().complete()).isFalse();
  }

  @Test
  void anotherPodNetworkUnderTheNameEndsIt() {
    restartAfter(member);
    watch.recall();

    // When the API server shows another, though not yet everything
    NetworkRecord was = member.networks().getFirst();
    api =
        partial(
            List.of(
                new NetworkRecord(was.name(), "uid-other", was.created(), was.spec(), List.of())),
            List.of());

    // Then memory is not shown any more, and is gone
    assertThat(watch.view().complete()).isFalse();
    assertThat(watch.recall()).isTrue();
    assertThat(isRemembered()).isFalse();
    assertThat(told).isEqualTo(2);
  }

  @Test
  void anotherOwnNodeSubnetUnderTheNameEndsIt() {
    restartAfter(member);
    watch.recall();

    SubnetRecord was = member.subnets().getFirst();
    api =
        partial(
            List.of(),
            List.of(
                new SubnetRecord(
                    was.name(),
                    was.created(),
                    was.podNetwork(),
                    was.node(),
                    was.block(),
                    was.labels(),
                    Optional.of(new SubnetRecord.OwnSubnet("uid-other", 1)))));

    assertThat(watch.view().complete()).isFalse();
    watch.recall();
    assertThat(isRemembered()).isFalse();
  }

  @Test
  void aPartOfWhatIsRememberedIsNoContradiction() {
    restartAfter(member);
    watch.recall();

    api = partial(member.networks(), member.subnets().subList(1, 2));

    assertThat(watch.view().fromMemory()).isPresent();
  }

  @Test
  void aBlockThatIsGoneIsForgotten() {
    api = member;
    watch.keep();
    assertThat(isRemembered()).isTrue();

    api = new Views().network("default", Views.day(1)).subnet(2).view();
    watch.keep();

    assertThat(isRemembered()).isFalse();
  }

  @Test
  void soItIsByADaemonThatWasNotThereBefore() {
    restartAfter(member);

    api = new Views().network("default", Views.day(1)).subnet(2).view();
    watch.keep();

    assertThat(isRemembered()).isFalse();
  }

  @Test
  void aPodNetworkThatCannotBeReadIsNoReasonToForget() {
    api = member;
    watch.keep();

    NetworkRecord was = member.networks().getFirst();
    NetworkRecord unreadable =
        new NetworkRecord(
            was.name(), was.uid(), was.created(), was.spec(), List.of(), Optional.of("new"));
    api =
        new ClusterView(
            true,
            List.of(),
            member.subnets(),
            List.of(),
            member.node(),
            new ClusterView.Gaps(
                List.of(unreadable), ClusterView.Listing.RECEIVED, ClusterView.Listing.RECEIVED));
    nanos += Duration.ofMinutes(2).toNanos();
    watch.keep();

    assertThat(isRemembered()).isTrue();
  }

  @Test
  void peersAreWrittenOnceAMinuteAtMost() throws IOException {
    api = member;
    watch.keep();
    byte[] first = Files.readAllBytes(directory.resolve("view"));

    // When a peer comes a moment later
    api = new Views().network("default", Views.day(1)).subnet(1).subnet(2).subnet(3).view();
    nanos += Duration.ofSeconds(59).toNanos();
    watch.keep();
    assertThat(Files.readAllBytes(directory.resolve("view"))).isEqualTo(first);

    // Then it is remembered once the minute is over
    nanos += Duration.ofSeconds(1).toNanos();
    watch.keep();
    assertThat(Files.readAllBytes(directory.resolve("view"))).isNotEqualTo(first);
  }

  @Test
  void otherCertificatesOfTheApiServerAreNoticedThoughNothingHappens() {
    watch.close();
    AtomicReference<Binding> binding = new AtomicReference<>(binding("n1", "aa"));
    api = member;
    open(binding::get, Duration.ofMillis(20));
    await().until(this::isRemembered);

    binding.set(binding("n1", "bb"));

    StateFile asNow =
        new StateFile(
            directory, "view", RememberedWatch.VERSION, RememberedWatch.MAX_BYTES, binding::get);
    nanos = Duration.ofMinutes(2).toNanos();
    await().until(() -> asNow.read().isPresent());
  }

  @Test
  void whatCannotBeReadIsForgotten() throws IOException {
    restartAfter(member);
    new StateFile(
            directory,
            "view",
            RememberedWatch.VERSION,
            RememberedWatch.MAX_BYTES,
            () -> new Binding(Views.OWN, "n1", "aa", "10.96.0.1"))
        .write("nonsense".getBytes());

    watch.recall();

    assertThat(watch.view().complete()).isFalse();
    assertThat(isRemembered()).isFalse();
  }

  private static ClusterView partial(List<NetworkRecord> networks, List<SubnetRecord> subnets) {
    return new ClusterView(
        false,
        networks,
        subnets,
        List.of(),
        Optional.empty(),
        new ClusterView.Gaps(List.of(), ClusterView.Listing.AWAITED, ClusterView.Listing.AWAITED));
  }
}
