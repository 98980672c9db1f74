package dev.tweed.agent.cluster;

import dev.tweed.agent.api.ApiChannel;
import dev.tweed.agent.api.ApiClient;
import dev.tweed.agent.api.ApiRefusedException;
import dev.tweed.agent.api.ListWatch;
import dev.tweed.agent.api.ObjectMeta;
import dev.tweed.agent.api.ObjectReader;
import java.time.Duration;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Function;

/**
 * Follows those objects of a kind that have one of some labels, which may become others: then a
 * watch of the new selection takes the place of the old one, and what was known stays until that is
 * listed.
 *
 * @param <R> what is kept of an object
 */
final class SelectedWatch<R> implements AutoCloseable {

  /** Refusals in a row that are no accident; with the back-off some 3 s. */
  private static final int TOLD = 4;

  private final String name;
  private final Function<Set<String>, ListWatch.Source> source;
  private final ObjectReader<R> reader;
  private final ApiClient client;
  private final ListWatch.Pauses pauses;
  private final Duration renewal;
  private final Runnable onChange;
  private final Runnable onRefusal;
  private final Map<String, R> records = new ConcurrentHashMap<>();
  private volatile Optional<Selection> selection = Optional.empty();

  /**
   * @param source of objects with these labels; all of the kind where they are too many
   * @param onChange called after a change of the records, and when a selection is listed
   * @param onRefusal called when {@link #refusal} has changed
   */
  SelectedWatch(
      String name,
      Function<Set<String>, ListWatch.Source> source,
      ObjectReader<R> reader,
      ApiClient client,
      ListWatch.Pauses pauses,
      Duration renewal,
      Runnable onChange,
      Runnable onRefusal) {
    this.name = name;
    this.source = source;
    this.reader = reader;
    this.client = client;
    this.pauses = pauses;
    this.renewal = renewal;
    this.onChange = onChange;
    this.onRefusal = onRefusal;
  }

  /** Whether the API server has refused to list what is followed, and had never listed it. */
  boolean isRefused() {
    return selection.filter(s -> !s.listed && s.refusal.isPresent()).isPresent();
  }

  /** Why the API server does not list what is followed, for some time now. */
  Optional<ApiRefusedException> refusal() {
    return selection.flatMap(s -> s.refusal);
  }

  /** The records, by name. */
  Map<String, R> records() {
    return Map.copyOf(records);
  }

  /**
   * Follows objects with these labels; whether all of them have been listed, or are refused. Labels
   * that are not needed any more are let go of when they are the greater part.
   */
  synchronized boolean follow(Set<String> labels) {
    if (labels.isEmpty() && selection.isEmpty()) {
      return true;
    }
    boolean covered =
        selection
            .filter(
                s ->
                    !labels.isEmpty()
                        && s.covers(labels)
                        && s.labels.size() <= 2 * labels.size() + 8)
            .isPresent();
    if (!covered) {
      close();
      if (labels.isEmpty()) {
        records.clear();
        return true;
      }
      selection = Optional.of(new Selection(Set.copyOf(labels)));
      selection.get().thread.start();
    }
    return selection.get().listed || isRefused();
  }

  @Override
  public synchronized void close() {
    Optional<Selection> old = selection;
    selection = Optional.empty();
    old.ifPresent(Selection::stop);
  }

  private final class Selection implements ListWatch.Sink<R> {
    private final Set<String> labels;
    private final ApiChannel channel = client.channel();
    private final ListWatch<R> watch;
    private final Thread thread;
    private volatile boolean listed;
    private volatile Optional<ApiRefusedException> refusal = Optional.empty();
    private int refusals; // of the watch's thread

    Selection(Set<String> labels) {
      this.labels = labels;
      this.watch =
          new ListWatch<>(
              source.apply(labels),
              reader,
              channel,
              this,
              pauses,
              renewal,
              System::nanoTime,
              () -> ThreadLocalRandom.current().nextDouble());
      this.thread = Thread.ofPlatform().name("watch-" + name).daemon().unstarted(watch);
    }

    boolean covers(Set<String> needed) {
      return labels.size() > WatchedKinds.MAX_VALUES || labels.containsAll(needed);
    }

    void stop() {
      watch.stop();
      client.release(channel);
      thread.interrupt();
    }

    private boolean isOver() {
      return selection.filter(s -> s == this).isEmpty();
    }

    @Override
    public void put(ObjectMeta meta, R record) {
      if (!isOver() && !record.equals(records.put(meta.name(), record))) {
        onChange.run();
      }
    }

    @Override
    public void remove(String object) {
      if (!isOver() && records.remove(object) != null) {
        onChange.run();
      }
    }

    @Override
    public void listed(Set<String> names) {
      if (!isOver()) {
        records.keySet().retainAll(new HashSet<>(names));
        listed = true;
        onChange.run();
      }
    }

    @Override
    public void refused(ApiRefusedException why) {
      if (!isOver() && ++refusals == TOLD) {
        refusal = Optional.of(why);
        onChange.run();
        onRefusal.run();
      }
    }

    @Override
    public void accepted() {
      refusals = 0;
      if (refusal.isPresent()) {
        refusal = Optional.empty();
        onRefusal.run();
      }
    }
  }
}
