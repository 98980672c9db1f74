package dev.tweed.operator.simulation;

import dev.tweed.operator.cluster.ClusterReconciler;
import dev.tweed.operator.cluster.SteppedOperator;
import dev.tweed.operator.ledger.LedgerException;
import dev.tweed.operator.simulation.ModelApiServer.Request;
import dev.tweed.operator.simulation.ModelApiServer.Response;
import dev.tweed.operator.simulation.ModelApiServer.Subscription;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * One process of the operator, from its start to its death: the real code, but for the threads and
 * the loop. It stands still whenever it has passed as many points as it was let; a point is before
 * and after each request, and wherever it reads the clock that never jumps.
 *
 * <p>No point lies between that clock, read to tell whether a block may still be claimed, and the
 * request that claims it: that a request takes effect soon after it was sent is what ADR 2 assumes.
 */
final class SimulatedOperator implements ModelHttpClient.Door {
  private static final Duration RESYNC = Duration.ofMinutes(5);
  private static final Duration TIMEOUT = Duration.ofSeconds(8);
  private static final List<String> PLANNED_FROM = List.of("nodes", "podnetworks", "nodereports");

  private final String name;
  private final Simulation simulation;
  private final int number;
  private final KubernetesClient client;
  private final SteppedOperator operator;
  private final List<Subscription> subscriptions = new ArrayList<>();
  private final Semaphore turn = new Semaphore(0);
  private final Semaphore back = new Semaphore(0);
  private volatile int points;
  private volatile boolean inRun;
  private volatile Instant began = Instant.MIN;
  private final Map<String, Instant> heard = new HashMap<>();
  private Instant knows;
  private volatile boolean dead;
  private Instant due;
  private boolean heardInRun;
  private boolean settled;

  SimulatedOperator(Simulation simulation, int number, String namespace, Duration quiet) {
    this.name = "operator-" + number;
    this.simulation = simulation;
    this.number = number;
    this.due = simulation.now();
    this.knows = simulation.now();
    PLANNED_FROM.forEach(plural -> heard.put(plural, simulation.now()));
    this.client = ModelHttpClient.through(this);
    this.operator =
        new SteppedOperator(client, namespace, name, quiet, new WallClock(), this::nanoTime);
  }

  String name() {
    return name;
  }

  /** Whether it stands somewhere in a run. */
  boolean inRun() {
    return inRun;
  }

  /** When it began the run it stands in, or its last one. */
  Instant began() {
    return began;
  }

  /** Until when it knows, in that run, all that plans are made from but NodeSubnets. */
  Instant knows() {
    return knows;
  }

  /** When its loop would run it if nothing happens before. */
  Instant due() {
    return due;
  }

  /** Whether its last run ended well and left nothing to wait for. */
  boolean settled() {
    return settled;
  }

  /** Lets its caches hear of everything, or of the kinds named; returns whether there was news. */
  boolean deliver(String... plurals) {
    boolean news = false;
    heard.replaceAll(
        (plural, at) ->
            plurals.length == 0 || List.of(plurals).contains(plural) ? simulation.now() : at);
    for (Subscription subscription : List.copyOf(subscriptions)) {
      if (plurals.length == 0
          || List.of(plurals)
              .contains(
                  subscription
                      .collection()
                      .substring(subscription.collection().lastIndexOf('/') + 1))) {
        news |= subscription.deliver();
      }
    }
    if (news) {
      due = simulation.now();
      settled = false;
      heardInRun |= inRun;
    }
    return news;
  }

  /** Lets it go on with its run, or begin one, until it has passed so many points. */
  void proceed(int passed) {
    if (!inRun) {
      inRun = true;
      began = simulation.now();
      knows = Collections.min(heard.values());
      Thread.ofVirtual().name(name).start(this::run);
    }
    points = passed;
    turn.release();
    await();
  }

  private void await() {
    try {
      if (!back.tryAcquire(2, TimeUnit.MINUTES)) {
        throw new IllegalStateException(name + " hangs");
      }
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  private void run() {
    turn.acquireUninterruptibly();
    boolean failed = true;
    Optional<Instant> again = Optional.empty();
    try {
      ClusterReconciler.Result result = operator.run();
      failed = !result.failures().isEmpty();
      again = result.again();
      if (failed) {
        simulation.note(() -> name + " had failures: " + result.failures().getFirst());
      }
    } catch (LedgerException | KubernetesClientException e) {
      simulation.note(() -> name + " failed: " + e.getMessage());
    } catch (RuntimeException | Error e) {
      if (!dead) {
        simulation.broken(name + " threw " + e, e);
      }
    }
    // What its caches hear of while it runs asks for another run.
    settled = !failed && again.isEmpty() && !heardInRun;
    due = heardInRun ? simulation.now() : simulation.now().plus(rest(failed, again));
    heardInRun = false;
    inRun = false;
    back.release();
  }

  // As ClusterLoop does.
  private Duration rest(boolean failed, Optional<Instant> again) {
    if (failed) {
      return Duration.ofSeconds(5);
    }
    return again
        .map(at -> Duration.between(wall(), at))
        .map(rest -> rest.isNegative() ? Duration.ZERO : rest)
        .filter(rest -> rest.compareTo(RESYNC) < 0)
        .orElse(RESYNC);
  }

  /** Ends it wherever it is; nothing it does has any effect from now on. */
  void kill() {
    dead = true;
    if (inRun) {
      turn.release();
      await();
    }
    simulation.api().unsubscribe(subscriptions);
    operator.close();
    client.close();
  }

  // A place where it may be left standing.
  private void point() {
    if (!inRun || dead) {
      return;
    }
    if (points == 0) {
      back.release();
      turn.acquireUninterruptibly();
    }
    points--;
  }

  private long nanoTime() {
    point();
    return Duration.between(Instant.EPOCH, simulation.now()).toNanos();
  }

  private Instant wall() {
    return simulation.now().plus(simulation.offset(number));
  }

  private final class WallClock extends Clock {
    @Override
    public ZoneId getZone() {
      return ZoneOffset.UTC;
    }

    @Override
    public Clock withZone(ZoneId zone) {
      return this;
    }

    @Override
    public Instant instant() {
      return wall();
    }
  }

  @Override
  public Response send(String method, String path, String contentType, String body)
      throws IOException {
    Request request = new Request(name, method, path, contentType, body);
    if (!request.creates("nodesubnets")) {
      point();
    }
    if (dead) {
      throw new IOException("this process is dead");
    }
    Response response = inRun ? answer(request) : simulation.api().handle(request);
    point();
    if (dead) {
      throw new IOException("this process is dead");
    }
    return response;
  }

  private Response answer(Request request) throws IOException {
    simulation.advance(simulation.latency());
    if (simulation.isCutOff(number)) {
      return lost(request, "cut off");
    }
    boolean claims = request.creates("nodesubnets");
    if (request.mutates() && simulation.forbids(request)) {
      if (claims) {
        simulation.refuse(request);
      }
      return ModelApiServer.failure(403, "Forbidden", "nothing of this kind now");
    }
    if (claims && simulation.refuses(request)) {
      return ModelApiServer.failure(403, "Forbidden", "not this one");
    }
    try {
      return switch (simulation.fault(number)) {
        case None -> simulation.api().handle(request);
        case Lost -> lost(request, "lost");
        case Unanswered -> {
          simulation.api().handle(request);
          yield lost(request, "unanswered");
        }
        case Late -> {
          simulation.later(Simulation.TAKES_EFFECT, request);
          yield lost(request, "late");
        }
        case Busy -> ModelApiServer.failure(429, "TooManyRequests", "try again later");
        case Refused -> {
          if (claims) {
            simulation.refuse(request);
          }
          yield request.mutates()
              ? ModelApiServer.failure(403, "Forbidden", "not now")
              : simulation.api().handle(request);
        }
        case Broken -> ModelApiServer.failure(500, "InternalError", "etcdserver: leader changed");
      };
    } catch (IllegalArgumentException e) {
      simulation.broken(e.toString(), e);
      throw e;
    }
  }

  private Response lost(Request request, String how) throws IOException {
    simulation.note(() -> name + " " + how + ": " + request.method() + " " + request.path());
    simulation.advance(TIMEOUT);
    throw new IOException("timeout");
  }

  @Override
  public void watch(String path, long since, Consumer<String> listener) {
    synchronized (subscriptions) {
      subscriptions.add(simulation.api().subscribe(path, since, listener));
    }
  }
}
