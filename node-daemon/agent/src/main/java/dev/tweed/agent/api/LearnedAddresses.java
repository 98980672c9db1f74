package dev.tweed.agent.api;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.function.IntUnaryOperator;
import java.util.function.LongSupplier;

/**
 * The configured host, and behind it the addresses of the API servers themselves, which were
 * learned from the cluster: a node whose kube-proxy is dead reaches them, not the Service.
 *
 * <p>The configured host comes first. Once another has answered in its place, that one does, so
 * that not each connection waits for a dead address; until {@link #configuredAnswers} or a
 * connection shows that the host is back. Other endpoints are tried by turns, so that not all nodes
 * go to the first.
 */
public final class LearnedAddresses implements ServerAddresses {

  /** No control plane has more; each that is dead costs a connection a second and a half. */
  public static final int ENDPOINTS_MAX = 16;

  /** Of the configured host, where there are endpoints to try, too. */
  private static final int CONFIGURED_MAX = 4;

  /** Since when the configured host is passed over, and what answered in its place at last. */
  private record Detour(long since, InetSocketAddress by) {}

  private final ServerAddresses configured;
  private final boolean usable;
  private final LongSupplier nanoTime;
  private final IntUnaryOperator random;

  // Guarded by this.
  private List<InetSocketAddress> known = List.of();
  private List<InetSocketAddress> endpoints = List.of();
  private Optional<Detour> detour = Optional.empty();

  /**
   * @param server without TLS nobody could tell an endpoint from somebody else; with a path it is
   *     something before the API server, which endpoints do not serve: then none is used
   * @param configured the addresses of its host
   * @param nanoTime monotonic clock, nanoseconds
   * @param random a number from 0 to below what it is given
   */
  LearnedAddresses(
      ServerLocation server,
      ServerAddresses configured,
      LongSupplier nanoTime,
      IntUnaryOperator random) {
    this.configured = configured;
    this.usable = server.tls() && server.path().isEmpty();
    this.nanoTime = nanoTime;
    this.random = random;
  }

  /**
   * Takes the endpoints there are now in the place of those before; at most 16. None is no news: an
   * API server that is stopped takes itself off the list, and is where it was when it is back.
   */
  public synchronized void learn(Collection<ServerEndpoint> now) {
    if (usable && !now.isEmpty()) {
      endpoints =
          now.stream().distinct().limit(ENDPOINTS_MAX).map(ServerEndpoint::socketAddress).toList();
    }
  }

  /** How long the configured host has not answered while an endpoint does; empty if it answers. */
  public synchronized Optional<Duration> detour() {
    return detour.map(d -> Duration.ofNanos(Math.max(0, nanoTime.getAsLong() - d.since())));
  }

  /** The configured host answers: it comes first again. Connections there are stay. */
  synchronized void configuredAnswers() {
    detour = Optional.empty();
  }

  @Override
  public List<InetSocketAddress> candidates() throws IOException {
    return detour().isPresent() ? endpointsFirst() : configuredFirst(lookUp());
  }

  /** Without looking up the host's name, which may take longer than all the rest. */
  private synchronized List<InetSocketAddress> endpointsFirst() {
    List<InetSocketAddress> all = new ArrayList<>();
    detour.map(Detour::by).filter(endpoints::contains).ifPresent(all::add);
    byTurns().stream().filter(e -> !all.contains(e)).forEach(all::add);
    known.stream().limit(CONFIGURED_MAX).filter(e -> !all.contains(e)).forEach(all::add);
    return all;
  }

  private synchronized List<InetSocketAddress> configuredFirst(List<InetSocketAddress> host) {
    if (endpoints.isEmpty()) {
      return host;
    }
    List<InetSocketAddress> all = new ArrayList<>(host.stream().limit(CONFIGURED_MAX).toList());
    byTurns().stream().filter(e -> !all.contains(e)).forEach(all::add);
    return all;
  }

  private List<InetSocketAddress> byTurns() {
    List<InetSocketAddress> all = new ArrayList<>(endpoints);
    if (!all.isEmpty()) {
      Collections.rotate(all, random.applyAsInt(all.size()));
    }
    return all;
  }

  private List<InetSocketAddress> lookUp() throws IOException {
    try {
      List<InetSocketAddress> found = List.copyOf(configured.candidates());
      synchronized (this) {
        known = found;
      }
      return found;
    } catch (IOException e) {
      synchronized (this) {
        if (known.isEmpty() && endpoints.isEmpty()) {
          throw e;
        }
        return known;
      }
    }
  }

  @Override
  public synchronized void connected(InetSocketAddress address) {
    detour =
        endpoints.contains(address) && !known.contains(address)
            ? Optional.of(
                new Detour(detour.map(Detour::since).orElseGet(nanoTime::getAsLong), address))
            : Optional.empty();
  }
}
