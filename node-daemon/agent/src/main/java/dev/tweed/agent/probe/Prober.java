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
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

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
  private final Map<String, Offload> offloads = new TreeMap<>(); // by tunnel, those of before too
  private Set<String> tunnels = Set.of();
  private Optional<TxChecksum> earlierChecksum = Optional.empty();
  private String failure = "";
  private boolean begun;

  /** Of a tunnel device. */
  private static final class Offload {
    private final String tunnel;
    private ChecksumTrial trial;
    private Optional<Boolean> on = Optional.empty(); // as far as is known
    private long readAt;
    private String notSwitched = "";

    private Offload(String tunnel, ChecksumTrial trial, long now) {
      this.tunnel = tunnel;
      this.trial = trial;
      this.readAt = now;
    }
  }

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

  void remember(Reachability earlier) {
    probing.remember(earlier);
    earlierChecksum = Optional.of(earlier.txChecksum());
  }

  private Offload offload(String tunnel, long now) {
    ChecksumTrial trial =
        switch (earlierChecksum.orElse(TxChecksum.NOT_MEASURED)) {
          case DAMAGES -> ChecksumTrial.CONVICTED;
          case TRYING, NOT_SWITCHED -> ChecksumTrial.abandoned(now);
          case NOT_MEASURED, WORKS, OFF, DAMAGED_ANYWAY -> ChecksumTrial.NONE;
        };
    return new Offload(tunnel, trial, now);
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
      offloads.values().forEach(this::giveUpTrial);
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
              follow(targets.tunnels(), targets.enabled());
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
    if (tunnels.stream().anyMatch(tunnel -> offloads.get(tunnel).trial.isUnderWay())) {
      next = Math.min(next, ProbeScheduler.ROUND);
    }
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
        found.txChecksum(),
        found.tunnel(),
        found.notSwitched());
  }

  private void follow(Set<String> next, boolean enabled) {
    tunnels = next;
    offloads.values().stream()
        .filter(offload -> !enabled || !tunnels.contains(offload.tunnel))
        .forEach(this::giveUpTrial);
    long now = monotonic.getAsLong();
    tunnels.forEach(tunnel -> offloads.computeIfAbsent(tunnel, name -> offload(name, now)));
  }

  /** Measures the offload of each tunnel, and chooses whether it is on. */
  private Reachability checksummed(Reachability found, long now) {
    Reachability all = found;
    for (Offload offload : tunnels.stream().map(offloads::get).toList()) {
      TxChecksum verdict = measure(offload, found.isKnown(), now);
      if (found.isKnown() && verdict.compareTo(all.txChecksum()) > 0) {
        all = found.with(verdict, offload.tunnel, offload.notSwitched);
      }
    }
    return all;
  }

  private TxChecksum measure(Offload offload, boolean known, long now) {
    Set<IpPrefix> answering = known ? probing.answering(offload.tunnel) : Set.of();
    boolean answered = !answering.isEmpty();
    try {
      if (offload.on.isEmpty() || offload.readAt - now <= 0) {
        offload.readAt = now + ProbeScheduler.ROUND;
        offload.on = Optional.of(transport.offloadsChecksums(offload.tunnel));
      }
      ChecksumTrial.Step step =
          offload.trial.step(
              offload.on.get(),
              known ? probing.answeringTwinsOnly(offload.tunnel) : Set.of(),
              answering,
              now);
      step.offload()
          .ifPresentOrElse(on -> change(offload, step, now), () -> offload.trial = step.trial());
      return offload.trial.verdict(offload.on.get(), answered);
    } catch (NetlinkException e) {
      // A device that is away for a moment is no news.
      LOG.debug("checksum offload of {} is not known: {}", offload.tunnel, e.getMessage());
      return offload.trial.phase() == ChecksumTrial.Phase.NONE
          ? TxChecksum.NOT_MEASURED
          : offload.trial.verdict(false, answered);
    }
  }

  private void change(Offload offload, ChecksumTrial.Step step, long now) {
    boolean on = step.offload().orElseThrow();
    try {
      transport.offloadChecksums(offload.tunnel, on);
      LOG.info(
          "checksum offload of {} is switched {}",
          offload.tunnel,
          on ? "on again" : "off: peers answer only what leaves it no checksum");
      offload.trial = step.trial();
      offload.on = step.offload();
      offload.notSwitched = "";
    } catch (NetlinkException e) {
      offload.trial = offload.trial.failed(now);
      offload.notSwitched = e.getMessage();
      LOG.warn("checksum offload of {} cannot be switched: {}", offload.tunnel, e.getMessage());
    }
  }

  /** Nobody would see what comes of it. */
  private void giveUpTrial(Offload offload) {
    if (offload.trial.phase() == ChecksumTrial.Phase.TRYING) {
      long now = monotonic.getAsLong();
      offload.trial = ChecksumTrial.abandoned(now);
      offload.readAt = now;
      measure(offload, false, now);
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
