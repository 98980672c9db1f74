package dev.tweed.agent.cluster;

import dev.tweed.agent.api.ApiChannel;
import dev.tweed.agent.api.ApiClient;
import dev.tweed.agent.api.ListWatch;
import dev.tweed.agent.api.ObjectReader;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;

/** Keeps a store as the API server has a kind, by a connection and in a thread of its own. */
final class KindWatch implements AutoCloseable {

  /** For the end of a thread: a name that is just being looked up cannot be interrupted. */
  static final Duration END = Duration.ofSeconds(2);

  private final ApiClient client;
  private final ApiChannel channel;
  private final ListWatch<?> watch;
  private final Thread thread;

  /**
   * @param name of the thread, after {@code watch-}
   * @param renewal as {@link ListWatch} has it
   */
  <R> KindWatch(
      String name,
      ListWatch.Source source,
      ObjectReader<R> reader,
      RecordStore<R> store,
      ApiClient client,
      ListWatch.Pauses pauses,
      Duration renewal) {
    this.client = client;
    this.channel = client.channel();
    this.watch =
        new ListWatch<>(
            source,
            reader,
            channel,
            store,
            pauses,
            renewal,
            System::nanoTime,
            () -> ThreadLocalRandom.current().nextDouble());
    this.thread = Thread.ofPlatform().name("watch-" + name).daemon().unstarted(watch);
  }

  /** Begins; returns at once. */
  void start() {
    thread.start();
  }

  /** As {@link ListWatch#heardAt}. */
  long heardAt() {
    return watch.heardAt();
  }

  /** As {@link ListWatch#failure}. */
  Optional<String> failure() {
    return watch.failure();
  }

  /** Ends it, and does not wait for that. */
  @Override
  public void close() {
    watch.stop();
    client.release(channel);
    thread.interrupt();
  }

  /** Waits for the end, for {@link #END} at most. */
  void awaitEnd() throws InterruptedException {
    thread.join(END);
  }
}
