package dev.tweed.agent.cluster;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tweed.agent.api.ApiBackoff;
import dev.tweed.agent.api.ApiJson;
import dev.tweed.agent.api.ApiRefusedException;
import dev.tweed.agent.api.ApiRequest;
import dev.tweed.agent.api.ApiRequests;
import dev.tweed.agent.api.HttpAnswer;
import dev.tweed.agent.api.ListWatch;
import java.io.IOException;
import java.time.Duration;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Optional;
import java.util.function.DoubleSupplier;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes and renews the Lease of this node, by which the operator knows that the daemon lives. It is
 * owned by the Node, and so goes with it. Runs until it is stopped, whatever happens.
 */
final class LeaseRenewal implements Runnable {

  private static final Logger LOG = LoggerFactory.getLogger(LeaseRenewal.class);

  private static final Duration LIMIT = Duration.ofSeconds(10);

  /** By then the Node is known mostly, and with it the Lease's owner. */
  private static final Duration FIRST = Duration.ofSeconds(1);

  private static final Duration SHORTEST = Duration.ofSeconds(20);
  private static final Duration SPREAD = Duration.ofSeconds(5);

  /** For people; the operator goes by whether the Lease changes. */
  private static final int LEASE_SECONDS = 40;

  private static final Duration FIRST_RETRY = Duration.ofSeconds(1);

  /**
   * Refusals in a row before they are worth telling, as of lists: an API server that starts refuses
   * for some seconds, and each node would write its report for that, twice.
   */
  private static final int TOLD = 4;

  /** As metav1.MicroTime is written. */
  private static final DateTimeFormatter MICROS =
      DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH:mm:ss.SSSSSS'Z'").withZone(ZoneOffset.UTC);

  /** What comes of renewals. */
  interface Listener {
    /** The API server has taken one: it answers, and what is stored there may be looked at. */
    void renewed();

    /** The API server refuses them for some time; tried again. */
    void refused(ApiRefusedException why);
  }

  private final ApiRequests requests;
  private final String namespace;
  private final String nodeName;
  private final Supplier<Optional<String>> nodeUid;
  private final Listener listener;
  private final ListWatch.Pauses pauses;
  private final InstantSource clock;
  private final DoubleSupplier random;
  private final ApiBackoff backoff;
  private volatile boolean stopped;
  private int failures;
  private int refusals;
  private Optional<String> owner = Optional.empty();

  /**
   * @param requests of this alone
   * @param nodeUid of the Node, if it is known
   * @param random source of jitter, 0 to 1
   */
  LeaseRenewal(
      ApiRequests requests,
      String namespace,
      String nodeName,
      Supplier<Optional<String>> nodeUid,
      Listener listener,
      ListWatch.Pauses pauses,
      InstantSource clock,
      DoubleSupplier random) {
    this.requests = requests;
    this.namespace = namespace;
    this.nodeName = nodeName;
    this.nodeUid = nodeUid;
    this.listener = listener;
    this.pauses = pauses;
    this.clock = clock;
    this.random = random;
    this.backoff = new ApiBackoff(FIRST_RETRY, random);
  }

  @Override
  public void run() {
    pauses.await(FIRST, false);
    while (!stopped) {
      boolean connected = true;
      long pause;
      try {
        renew();
        failures = 0;
        refusals = 0;
        pause = SHORTEST.toNanos() + (long) (SPREAD.toNanos() * random.getAsDouble());
      } catch (ApiRefusedException e) {
        long asked = Math.min(e.retryAfter().toNanos(), ApiBackoff.LONGEST.toNanos());
        pause = Math.max(backoff.nanos(++failures, e), asked);
        told(e);
        if (++refusals >= TOLD) {
          listener.refused(e);
        }
      } catch (IOException e) {
        connected = false;
        pause = backoff.nanos(++failures, e);
        told(e);
      } catch (RuntimeException e) {
        pause = backoff.nanos(++failures, e);
        LOG.error("the Lease was not renewed, which is tried again", e);
      }
      pauses.await(Duration.ofNanos(pause), !connected);
    }
  }

  /** Ends it with the attempt that is on. */
  void stop() {
    stopped = true;
  }

  private void told(IOException e) {
    if (failures == 1 && !stopped) {
      LOG.warn("the Lease is not renewed, which is tried again: {}", e.getMessage());
    }
  }

  private void renew() throws IOException {
    String target =
        "/apis/coordination.k8s.io/v1/namespaces/%s/leases/%s?fieldManager=tweed-node&force=true"
            .formatted(ApiRequest.encode(namespace), ApiRequest.encode(nodeName));
    ApiRequest request = ApiRequest.apply(target, ApiJson.mapper().writeValueAsBytes(lease()));
    try (HttpAnswer answer = ApiRefusedException.require(requests.send(request, LIMIT))) {
      answer.finish();
    }
    listener.renewed();
  }

  private ObjectNode lease() {
    ObjectNode lease = ApiJson.mapper().createObjectNode();
    lease.put("apiVersion", "coordination.k8s.io/v1").put("kind", "Lease");
    ObjectNode metadata = lease.putObject("metadata").put("name", nodeName);
    // That of before, if the Node is gone: the Lease is to go with it, and not to come again for
    // good.
    owner = nodeUid.get().or(() -> owner);
    owner.ifPresent(
        uid ->
            metadata
                .putArray("ownerReferences")
                .addObject()
                .put("apiVersion", "v1")
                .put("kind", "Node")
                .put("name", nodeName)
                .put("uid", uid));
    lease
        .putObject("spec")
        .put("holderIdentity", nodeName)
        .put("leaseDurationSeconds", LEASE_SECONDS)
        .put("renewTime", MICROS.format(clock.instant()));
    return lease;
  }
}
