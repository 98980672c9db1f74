package dev.tweed.agent.api;

import com.fasterxml.jackson.core.JsonProcessingException;
import dev.tweed.agent.api.ObjectStreamReader.Event;
import dev.tweed.agent.api.ObjectStreamReader.Page;
import java.io.IOException;
import java.time.Duration;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import java.util.function.DoubleSupplier;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Follows the objects of one kind: lists them, then watches from the version of the list, and lists
 * anew when that version is too old (410). Goes on until it is stopped, whatever happens.
 *
 * <p>A watch is asked for again now and then, over the same connection. So the connection shows at
 * least that often that the API server is at its other end, whatever lies in between: bookmarks do
 * not come before a kind has changed once since the API server started, the kernel's keepalive is
 * answered by the next proxy, and a question on another connection says nothing of this one.
 *
 * @param <R> what is kept of an object
 */
public final class ListWatch<R> implements Runnable {

  private static final Logger LOG = LoggerFactory.getLogger(ListWatch.class);

  /** Objects per page. */
  private static final int PAGE = 500;

  /** For one page. */
  private static final Duration LIST_LIMIT = Duration.ofSeconds(30);

  /** How long a watch is asked for at least that has to be known to be alive. */
  public static final Duration RENEWAL = Duration.ofSeconds(30);

  private static final double WATCH_SPREAD = 1 / 3.0;

  /** Far more than there can be; what sends more is broken. */
  private static final int OBJECTS_MAX = 100_000;

  private static final int PAGES_MAX = 1_000;

  private static final Duration FIRST_RETRY = Duration.ofMillis(200);

  /**
   * What is followed.
   *
   * @param path of the list
   * @param selector query parameters that choose among its objects, encoded; empty for all
   */
  public record Source(String path, String selector) {
    String query(String more) {
      return path + "?" + more + (selector.isEmpty() ? "" : "&" + selector);
    }
  }

  /**
   * Takes what comes.
   *
   * @param <R> what is kept of an object
   */
  public interface Sink<R> {
    /** There is this object, or it has changed; told again of those that have not. */
    void put(ObjectMeta meta, R record);

    /** There is no such object any more. */
    void remove(String name);

    /** A list is complete: there are only these, all of them told before. */
    void listed(Set<String> names);

    /** The API server refuses to list or watch; tried again. */
    void refused(ApiRefusedException why);

    /** The API server lists or watches. */
    void accepted();
  }

  /** Waits. */
  public interface Pauses {
    /**
     * Waits.
     *
     * @param forConnection whether the wait may end as soon as there is a connection
     */
    void await(Duration length, boolean forConnection);

    /** There is a connection where there was none. */
    void connected();

    /** One that was followed had no answer in time: other connections may be as dead. */
    void silent();
  }

  private final Source source;
  private final ObjectStreamReader<R> objects;
  private final ApiRequests requests;
  private final Sink<R> sink;
  private final Pauses pauses;
  private final Duration renewal;
  private final LongSupplier nanoTime;
  private final DoubleSupplier random;
  private final ApiBackoff backoff;
  private volatile boolean stopped;
  private volatile long heardAt;
  private volatile Optional<String> failure = Optional.empty();
  private String version = "";

  /** Whether a list, or a part of one, was ever read. */
  private boolean listed;

  private int failures;
  private boolean silenceTold;
  private boolean disconnected;
  private Optional<String> told = Optional.empty();
  private long events;

  /** Since when the API server answers to the watch. */
  private Optional<Long> watchedSince = Optional.empty();

  private boolean unnamed;

  /** Whether the API server may know less by now than it did. */
  private boolean doubtful;

  /** Whether the last watch that was answered broke off soon, and told nothing. */
  private boolean futile;

  /**
   * @param requests of this alone
   * @param renewal how long a watch is asked for at least
   * @param nanoTime monotonic clock, nanoseconds
   * @param random source of jitter, 0 to 1
   */
  public ListWatch(
      Source source,
      ObjectReader<R> reader,
      ApiRequests requests,
      Sink<R> sink,
      Pauses pauses,
      Duration renewal,
      LongSupplier nanoTime,
      DoubleSupplier random) {
    this.source = source;
    this.objects = new ObjectStreamReader<>(reader);
    this.requests = requests;
    this.sink = sink;
    this.pauses = pauses;
    this.renewal = renewal;
    this.nanoTime = nanoTime;
    this.random = random;
    this.backoff = new ApiBackoff(FIRST_RETRY, random);
    this.heardAt = nanoTime.getAsLong();
  }

  /**
   * When something was last learned, if only that nothing has changed, by the clock that was given.
   * Bytes that mean nothing teach nothing, nor does a refusal.
   */
  public long heardAt() {
    return heardAt;
  }

  /** Why the last try failed, if none went well since; fit to be shown. */
  public Optional<String> failure() {
    return failure;
  }

  private void heard() {
    heardAt = nanoTime.getAsLong();
    failure = Optional.empty();
  }

  @Override
  public void run() {
    while (!stopped) {
      step();
    }
  }

  /** Has {@link #run} return soon; whoever calls this ends its connection and its pauses. */
  public void stop() {
    stopped = true;
  }

  /** Lists or watches once, and pauses if that failed. */
  void step() {
    events = 0;
    watchedSince = Optional.empty();
    try {
      if (!version.isEmpty() && doubtful && isBehind()) {
        LOG.warn(
            "{}: the API server is behind version {}, as after etcd was restored; listed anew",
            source.path(),
            version);
        version = "";
      }
      if (version.isEmpty()) {
        list();
        doubtful = false;
        return;
      }
      doubtful = true;
      doubtful = !watch();
      if (!doubtful || isGood()) {
        succeeded();
        return;
      }
      throw new IOException("the API server ended the watch at once");
    } catch (ApiRefusedException e) {
      failed();
      connected();
      if (e.isExpired() || e.isOfRequest()) {
        version = "";
      }
      if (!e.isExpired()) {
        sink.refused(e);
        tell(e);
      }
      pauses.await(longer(backoff.nanos(failures, e), e.retryAfter()), false);
    } catch (IOException e) {
      futile = watchedSince.isPresent() ? !isGood() : futile;
      failed();
      disconnected = true;
      if (e instanceof ApiSilentException && !silenceTold) {
        // Once: a server that is too slow must not have all connections made anew each time.
        silenceTold = true;
        pauses.silent();
      }
      tell(e);
      pauses.await(Duration.ofNanos(backoff.nanos(failures, e)), true);
    } catch (RuntimeException | LinkageError | StackOverflowError e) {
      // A thread that ends would leave the node with what it knows, and nobody be told.
      failures++;
      version = "";
      failure = Optional.of(ApiRefusedException.oneLine(e.toString()));
      LOG.error("{} is not followed; tried again", source.path(), e);
      pauses.await(Duration.ofNanos(backoff.nanos(failures, e)), false);
    }
  }

  private void failed() {
    if (isGood()) {
      succeeded();
    }
    failures++;
  }

  private void succeeded() {
    failures = 0;
    silenceTold = false;
  }

  /**
   * Whether the watch was no failure at once. That its answer was long in coming, or did not come,
   * is no success, however long it took.
   */
  private boolean isGood() {
    return events > 0
        || watchedSince
            .filter(since -> nanoTime.getAsLong() - since >= renewal.toNanos() / 6)
            .isPresent();
  }

  private static Duration longer(long nanos, Duration retryAfter) {
    Duration own = Duration.ofNanos(nanos);
    Duration asked = retryAfter.compareTo(ApiBackoff.LONGEST) < 0 ? retryAfter : ApiBackoff.LONGEST;
    return own.compareTo(asked) < 0 ? asked : own;
  }

  /** Keeps what is wrong, and logs it once for as long as it is. */
  private void tell(IOException e) {
    String why =
        e instanceof JsonProcessingException json
            ? "what came is not JSON, or not all of it: " + json.getOriginalMessage()
            : String.valueOf(e.getMessage());
    failure = Optional.of(ApiRefusedException.oneLine(why));
    if (!stopped && failures > 1 && !told.equals(Optional.of(why))) {
      told = Optional.of(why);
      LOG.warn("{}: {}; tried again", source.path(), why);
    }
  }

  private void connected() {
    if (disconnected) {
      disconnected = false;
      pauses.connected();
    }
  }

  private void answered() {
    connected();
    if (told.isPresent()) {
      LOG.info("{}: the API server answers again", source.path());
      told = Optional.empty();
    }
    sink.accepted();
  }

  /**
   * Whether the API server does not know the watched version yet: etcd was restored from a copy. A
   * watch from there would say nothing until as much has happened again. A restore ends every watch
   * early, so it is asked after such an end only.
   */
  private boolean isBehind() throws IOException {
    try (HttpAnswer answer = send(source.query("limit=1"), LIST_LIMIT)) {
      String now = objects.page(answer.body(), object -> {}).version();
      answer.finish();
      return isOlder(now, version);
    }
  }

  /** Versions of a kind can be compared (KEP-5504), if they are numbers. */
  private static boolean isOlder(String one, String other) {
    try {
      return Long.parseLong(one) < Long.parseLong(other);
    } catch (NumberFormatException e) {
      return false;
    }
  }

  /**
   * Lists once, into the sink.
   *
   * @throws ApiRefusedException if the API server refuses
   * @throws IOException if there is no complete list to be had
   */
  public void list() throws IOException {
    Set<String> names = new HashSet<>();
    String next = "";
    // The first from the API server's cache, which gives all at once: pages come one after the
    // other, and each asks etcd. It may be behind; the watch goes on from there. Later ones are of
    // what there is, since those before may have been newer.
    String first = listed ? "" : "&resourceVersion=0";
    for (int i = 0; i < PAGES_MAX; i++) {
      String more = next.isEmpty() ? first : "&continue=" + ApiRequest.encode(next);
      Page page;
      try (HttpAnswer answer = send(source.query("limit=" + PAGE + more), LIST_LIMIT)) {
        page = objects.page(answer.body(), object -> put(object, names));
        answer.finish();
        listed = true;
      }
      next = page.next();
      if (next.isEmpty()) {
        heard();
        answered();
        sink.listed(names);
        version = page.version();
        return;
      }
    }
    throw new IOException("the list has no end");
  }

  private HttpAnswer send(String target, Duration limit) throws IOException {
    return ApiRefusedException.require(requests.send(ApiRequest.get(target), limit));
  }

  private void put(ApiObject<R> read, Set<String> names) throws IOException {
    if (named(read.meta()) && names.add(read.meta().name())) {
      if (names.size() > OBJECTS_MAX) {
        throw new IOException("more than " + OBJECTS_MAX + " objects");
      }
      sink.put(read.meta(), read.record());
    }
  }

  private boolean named(ObjectMeta meta) {
    if (meta.name().isEmpty() && !unnamed) {
      unnamed = true;
      LOG.warn("{}: an object without a name is left out", source.path());
    }
    return !meta.name().isEmpty();
  }

  /** Watches until its time is over, which is true, or the server ends it before. */
  private boolean watch() throws IOException {
    long begin = nanoTime.getAsLong();
    long seconds = Math.round(renewal.toSeconds() * (1 + random.getAsDouble() * WATCH_SPREAD));
    String query =
        "watch=true&allowWatchBookmarks=true&timeoutSeconds="
            + seconds
            + "&resourceVersion="
            + ApiRequest.encode(version);
    try (HttpAnswer answer =
        send(source.query(query), Duration.ofSeconds(seconds).plus(renewal.dividedBy(3)))) {
      watchedSince = Optional.of(nanoTime.getAsLong());
      if (!futile) {
        heard();
      }
      answered();
      objects.events(answer.body(), this::take);
      answer.finish();
      heard();
    }
    return nanoTime.getAsLong() - begin >= Duration.ofSeconds(seconds).toNanos();
  }

  private void take(Event<R> event) throws IOException {
    switch (event) {
      case Event.Put<R>(ObjectMeta meta, R record) -> {
        if (named(meta)) {
          sink.put(meta, record);
        }
        advance(meta);
      }
      case Event.Removed<R>(ObjectMeta meta) -> {
        sink.remove(meta.name());
        advance(meta);
      }
      case Event.Bookmark<R>(ObjectMeta meta) -> advance(meta);
      case Event.Unknown<R> other -> {}
    }
  }

  private void advance(ObjectMeta meta) throws IOException {
    if (isOlder(meta.resourceVersion(), version)) {
      version = "";
      events = 0;
      throw new IOException("versions go back; listed anew");
    }
    events++;
    heard();
    if (!meta.resourceVersion().isEmpty()) {
      version = meta.resourceVersion();
    }
  }
}
