package dev.tweed.agent.probe;

import dev.tweed.dataplane.ProbeAddress;
import dev.tweed.ip.IpPrefix;
import dev.tweed.netlink.NetlinkException;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

/**
 * Probes the other nodes from a thread of its own, in the network namespace of the thread that
 * started it, and tells what it finds whenever that has changed. It sleeps until something is due
 * or comes in. What this host fails to send makes no peer silent.
 */
public final class Prober implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(Prober.class);

  private final ProbeTransport transport;
  private final KubeletProber kubelets;
  private final PathTrace trace;
  private final Consumer<Reachability> tell;
  private final LongSupplier monotonic;
  private final Clock clock;
  private final ProbeScheduler probing;
  private final AtomicReference<Optional<ProbeTargets>> handedOver =
      new AtomicReference<>(Optional.empty());
  private final Thread thread = Thread.ofPlatform().name("prober").daemon().unstarted(this::run);
  private Optional<ProbeTargets> latest = Optional.empty(); // guarded by this
  private volatile boolean closing;
  private Optional<Reachability> told = Optional.empty();
  private List<UnreachedPeer> traced = List.of();
  private Map<IpPrefix, PathTrace.Located> places = Map.of();
  private long traceAt;
  private String tunnel = "";
  private boolean offloadIsOn;
  private long offloadReadAt;
  private ChecksumTrial trial = ChecksumTrial.NONE;
  private String failure = "";
  private boolean begun;

  /** As {@link #start}, with other surroundings. */
  Prober(
      ProbeTransport transport,
      KubeletProber.Connector connector,
      PathTrace trace,
      Consumer<Reachability> tell,
      ProbeMeter meter,
      LongSupplier monotonic,
      Clock clock) {
    this.transport = transport;
    this.kubelets = new KubeletProber(connector);
    this.trace = trace;
    this.tell = tell;
    this.monotonic = monotonic;
    this.clock = clock;
    this.probing = new ProbeScheduler(new SecureRandom()::nextLong, meter, monotonic.getAsLong());
  }

  /**
   * Starts one. It sends nothing before it has {@link #targets}.
   *
   * @param trace is asked each round while there are unreached peers
   * @param earlier what an earlier process of this boot found: who answered it once has answered
   * @param tell receives each change, in the thread that probes
   * @param clock the time of day
   * @throws dev.tweed.netlink.NetlinkException when the system has no file descriptor left
   */
  public static Prober start(
      PathTrace trace,
      Optional<Reachability> earlier,
      Consumer<Reachability> tell,
      ProbeMeter meter,
      Clock clock) {
    Prober prober =
        new Prober(
            new UdpProbeTransport(ProbeAddress.DEVICE),
            TcpConnection::begin,
            trace,
            tell,
            meter,
            System::nanoTime,
            clock);
    earlier.ifPresent(prober::remember);
    prober.start();
    return prober;
  }

  private void remember(Reachability earlier) {
    probing.remember(earlier);
    if (earlier.txChecksum() == TxChecksum.DAMAGES) {
      trial = ChecksumTrial.CONVICTED;
    }
  }

  void start() {
    thread.start();
  }

  /** Gives what to probe from now on; by any thread. */
  public synchronized void targets(ProbeTargets targets) {
    if (!Optional.of(targets).equals(latest)) {
      latest = Optional.of(targets);
      handedOver.set(Optional.of(targets));
      transport.wakeUp();
    }
  }

  private void run() {
    try (transport;
        kubelets) {
      trace.look(List.of());
      while (!closing) {
        try {
          turn();
          failure = "";
        } catch (RuntimeException | LinkageError e) {
          // A thread that ended would leave for ever what it told last.
          if (!failure.equals(e.toString())) {
            failure = e.toString();
            LOG.warn("probing failed, and goes on with the next round: {}", failure);
          }
          transport.await(Duration.ofNanos(ProbeScheduler.ROUND));
        }
      }
      giveUpTrial();
      trace.look(List.of());
    }
  }

  /** Does what is due, and waits for what comes next. */
  private void turn() {
    handedOver
        .getAndSet(Optional.empty())
        .ifPresent(
            targets -> {
              begun = true;
              probing.take(targets, monotonic.getAsLong());
              transport.from(targets.enabled() ? targets.own() : List.of());
              if (!targets.tunnel().equals(tunnel)) {
                giveUpTrial();
                tunnel = targets.tunnel();
                offloadReadAt = monotonic.getAsLong();
              }
            });
    if (!begun) {
      // Whether anything is to be probed is not known yet, and what was found before stands.
      transport.await(Duration.ofNanos(ProbeScheduler.ROUND));
      return;
    }
    long now = monotonic.getAsLong();
    for (ProbeScheduler.Probe probe :
        probing.advance(now, clock.instant().truncatedTo(ChronoUnit.SECONDS))) {
      transport
          .send(probe)
          .ifPresent(
              failure ->
                  probing.take(new ProbeAnswer(probe.to().address(), probe.tag(), failure), now));
    }
    kubelets.advance(now, probing.silentNodes(), probing::lives);
    Reachability found = located(checksummed(probing.reachability(now), now), now);
    if (!told.equals(Optional.of(found))) {
      told = Optional.of(found);
      tell.accept(found);
    }
    long next = Math.min(probing.deadline(now) - now, kubelets.deadline(now) - now);
    transport.await(Duration.ofNanos(Math.max(0, now + next - monotonic.getAsLong())));
    transport.drain(answer -> probing.take(answer, monotonic.getAsLong()));
  }

  private Reachability located(Reachability found, long now) {
    if (found.unreached().isEmpty()) {
      if (!traced.isEmpty()) {
        traced = List.of();
        trace.look(List.of());
      }
      return found;
    }
    if (!traced.equals(found.unreached()) || traceAt - now <= 0) {
      traced = found.unreached();
      traceAt = now + ProbeScheduler.ROUND;
      places = look(traced);
    }
    return new Reachability(
        found.proof(),
        found.probed(),
        found.answered(),
        found.byEcho(),
        found.unreached().stream()
            .map(peer -> Optional.ofNullable(places.get(peer.block())).map(peer::lost).orElse(peer))
            .toList(),
        found.everAnswered(),
        found.txChecksum());
  }

  /** Measures the offload of the tunnel, and chooses whether it is on. */
  private Reachability checksummed(Reachability found, long now) {
    if (tunnel.isEmpty() || !found.isKnown()) {
      return found;
    }
    try {
      if (offloadReadAt - now <= 0) {
        offloadIsOn = transport.offloadsChecksums(tunnel);
        offloadReadAt = now + ProbeScheduler.ROUND;
      }
      ChecksumTrial.Step step =
          trial.step(offloadIsOn, probing.answeringUnsummed(), probing.answering(), now);
      trial = step.trial();
      if (step.offload().isPresent()) {
        LOG.info(
            "checksum offload of {} is switched {}: peers answer only what has no checksum{}",
            tunnel,
            step.offload().get() ? "on again" : "off",
            step.offload().get() ? ", without it, too" : "");
        transport.offloadChecksums(tunnel, step.offload().get());
        offloadIsOn = step.offload().get();
      }
      return found.with(trial.verdict(offloadIsOn, found.answered() > 0));
    } catch (NetlinkException e) {
      // A device that is away for a moment is no news.
      LOG.atLevel(trial.phase() == ChecksumTrial.Phase.TRYING ? Level.WARN : Level.DEBUG)
          .log("checksum offload of {} cannot be measured: {}", tunnel, e.getMessage());
      trial = trial.failed(now);
      offloadReadAt = now + ProbeScheduler.ROUND;
      return found;
    }
  }

  /** Nobody would see what comes of it. */
  private void giveUpTrial() {
    if (trial.phase() == ChecksumTrial.Phase.TRYING) {
      trial = ChecksumTrial.NONE;
      try {
        transport.offloadChecksums(tunnel, true);
      } catch (NetlinkException e) {
        LOG.debug("{} is gone: {}", tunnel, e.getMessage());
      }
    }
  }

  /** That peers are unreached is told even if where cannot be. */
  private Map<IpPrefix, PathTrace.Located> look(List<UnreachedPeer> unreached) {
    try {
      return trace.look(unreached);
    } catch (RuntimeException | LinkageError e) {
      LOG.warn("where packets stop is not known: {}", e.toString());
      return Map.of();
    }
  }

  /** Ends the thread, and waits for its end. */
  @Override
  public void close() {
    closing = true;
    transport.wakeUp();
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt(); // the thread ends by itself
    }
  }
}
