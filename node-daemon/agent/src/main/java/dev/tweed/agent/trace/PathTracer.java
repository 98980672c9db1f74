package dev.tweed.agent.trace;

import dev.tweed.agent.probe.PathTrace;
import dev.tweed.agent.probe.UnreachedPeer;
import dev.tweed.agent.probe.UnreachedPeer.Cause;
import dev.tweed.agent.probe.UnreachedPeer.Where;
import dev.tweed.agent.trace.TraceReader.Reading;
import dev.tweed.agent.trace.TraceTable.Outcome;
import dev.tweed.firewall.HostFirewallReader;
import dev.tweed.firewall.NftCommand;
import dev.tweed.firewall.RulesetMonitor;
import dev.tweed.firewall.ruleset.Ruleset;
import dev.tweed.ip.IpPrefix;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Counts the packets of at most twelve unreached peers on their way, by a table of nftables that is
 * there only meanwhile, and tells by what came in eight seconds where they are lost. Without
 * unreached peers there is no table, and nothing is run.
 *
 * <p>With twelve peers in the table a small packet costs each of its two nodes some 0.5 µs more
 * (3.0 to 4.1 µs from pod to pod over two nodes in one kernel, IPv4, 64 bytes). Therefore a peer
 * that shows no life is counted for about a minute only; what was found stays.
 *
 * <p>{@link #look} and {@link #close} are for one thread, in the node's network namespace.
 */
public final class PathTracer implements PathTrace, AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(PathTracer.class);

  /** What is wrong for all is wrong for twelve; more would cost each packet. */
  private static final int MAX_PEERS = 12;

  /** In this time a peer is probed at least once. */
  private static final Duration WINDOW = Duration.ofSeconds(8);

  /** A node that shows no life is most likely off, and may stay so for days. */
  private static final int WINDOWS_WITHOUT_LIFE = 6;

  private static final Duration LISTING_LIMIT = Duration.ofSeconds(1);

  private final TraceTable table;
  private final Supplier<Ruleset> rules;
  private final LongSupplier nanoTime;
  private volatile Optional<TraceNetwork> network = Optional.empty();

  // Of the thread that looks.
  private Optional<Running> running = Optional.empty();
  private final Map<IpPrefix, Located> located = new HashMap<>();
  private final Map<IpPrefix, Integer> windows = new HashMap<>(); // in which it was counted
  private String told = "";
  private boolean begun;

  /** The table that is in the kernel, and what its counters were last. */
  private record Running(
      String text, TraceNetwork network, List<TracedPeer> peers, Reading last, long since) {

    /** Each counter of the table has this word once. */
    private int counters() {
      return text.split(" counter ", -1).length - 1;
    }
  }

  /** What the counters say of a peer. */
  private record Diagnosed(IpPrefix block, LossDiagnosis diagnosis, boolean heard) {}

  /**
   * For one network namespace.
   *
   * @param rules of the host's firewall
   * @param nanoTime a clock such as {@link System#nanoTime}
   */
  PathTracer(TraceTable table, Supplier<Ruleset> rules, LongSupplier nanoTime) {
    this.table = table;
    this.rules = rules;
    this.nanoTime = nanoTime;
  }

  /**
   * For the network namespace of the thread that looks. The first look removes the table that a
   * killed daemon has left.
   *
   * @param nft path of nft, or just its name
   * @param nanoTime a clock such as {@link System#nanoTime}
   */
  public static PathTracer open(Path nft, LongSupplier nanoTime) {
    TraceTable table = new TraceTable(nft);
    return new PathTracer(table, new HostRules(nft), nanoTime);
  }

  /** The network from now on; none as long as it is not known. For any thread. */
  public void network(Optional<TraceNetwork> current) {
    network = current;
  }

  @Override
  public Map<IpPrefix, Located> look(Collection<UnreachedPeer> unreached) {
    if (!begun) {
      begun = true;
      remove();
    }
    Set<IpPrefix> blocks = unreached.stream().map(UnreachedPeer::block).collect(Collectors.toSet());
    located.keySet().retainAll(blocks);
    windows.keySet().retainAll(blocks);
    Optional<TraceNetwork> current = network;
    List<TracedPeer> wanted = current.map(n -> wanted(n, unreached)).orElse(List.of());
    if (wanted.isEmpty()) {
      stop();
    } else if (running.isEmpty()) {
      start(current.get(), wanted);
    } else if (nanoTime.getAsLong() - running.get().since() >= WINDOW.toNanos()) {
      boolean whole = read(running.get());
      if (!whole
          || !running.get().text().equals(TraceTableRenderer.render(current.get(), wanted))) {
        start(current.get(), wanted);
      }
    }
    return Map.copyOf(located);
  }

  /** Removes the table; nothing is known any more. */
  @Override
  public void close() {
    located.clear();
    windows.clear();
    stop();
  }

  private void stop() {
    if (running.isPresent()) {
      remove();
      running = Optional.empty();
    }
  }

  /** Those that are counted already come first: their counters shall not begin again. */
  private List<TracedPeer> wanted(TraceNetwork now, Collection<UnreachedPeer> unreached) {
    Set<IpPrefix> counted =
        running.stream()
            .flatMap(r -> r.peers().stream())
            .map(TracedPeer::block)
            .collect(Collectors.toSet());
    List<IpPrefix> blocks =
        unreached.stream()
            .filter(peer -> peer.cause() != Cause.LARGE_LOST) // small ones get through
            .filter(
                peer ->
                    peer.lives()
                        || isHeard(peer.block())
                        || windows.getOrDefault(peer.block(), 0) < WINDOWS_WITHOUT_LIFE)
            .sorted(
                Comparator.comparing((UnreachedPeer peer) -> !counted.contains(peer.block()))
                    .thenComparing(UnreachedPeer::since)
                    .thenComparing(UnreachedPeer::block))
            .map(UnreachedPeer::block)
            .toList();
    return now.peers(blocks).stream()
        .limit(MAX_PEERS)
        .sorted(Comparator.comparing(TracedPeer::block))
        .toList();
  }

  private boolean isHeard(IpPrefix block) {
    return located.containsKey(block) && located.get(block).heard();
  }

  private void start(TraceNetwork now, List<TracedPeer> peers) {
    String text = TraceTableRenderer.render(now, peers);
    running = Optional.empty();
    switch (table.replace(text)) {
      case Outcome.Done done ->
          running =
              Optional.of(
                  new Running(text, now, peers, new Reading(0, Map.of()), nanoTime.getAsLong()));
      case Outcome.Absent absent -> unknown(peers, "nft made no table");
      case Outcome.Failed(String message) -> unknown(peers, message);
    }
  }

  /** Whether the table is as it was made. */
  private boolean read(Running table) {
    return switch (this.table.list()) {
      case Outcome.Absent absent -> false;
      case Outcome.Failed(String message) -> {
        unknown(table.peers(), message);
        yield false;
      }
      case Outcome.Done(String listing) -> read(table, listing);
    };
  }

  private boolean read(Running table, String listing) {
    Reading reading;
    try {
      reading = TraceReader.read(listing);
    } catch (IllegalArgumentException e) {
      unknown(table.peers(), e.getMessage());
      return false;
    }
    if (reading.rules() != table.counters()) {
      return false; // somebody's flush, or another's table
    }
    List<Diagnosed> diagnosed = new ArrayList<>();
    for (int i = 0; i < table.peers().size(); i++) {
      TracedPeer peer = table.peers().get(i);
      windows.merge(peer.block(), 1, Integer::sum);
      PacketCounts seen = reading.of(i).since(table.last().of(i));
      boolean heard = TracePlanner.heard(seen);
      located.computeIfPresent(
          peer.block(), (b, known) -> new Located(known.where(), known.detail(), heard));
      TracePlanner.plan(table.network(), peer, seen)
          .ifPresent(diagnosis -> diagnosed.add(new Diagnosed(peer.block(), diagnosis, heard)));
    }
    Ruleset host =
        diagnosed.stream().map(Diagnosed::diagnosis).anyMatch(LossDiagnosis::dependsOnRules)
            ? rules.get()
            : Ruleset.empty();
    for (Diagnosed peer : diagnosed) {
      LossDiagnosis diagnosis = peer.diagnosis();
      located.put(
          peer.block(), new Located(diagnosis.where(), diagnosis.explain(host), peer.heard()));
    }
    running =
        Optional.of(
            new Running(
                table.text(), table.network(), table.peers(), reading, nanoTime.getAsLong()));
    return true;
  }

  private void remove() {
    if (table.remove() instanceof Outcome.Failed(String message)) {
      tell(message);
    }
  }

  private void unknown(List<TracedPeer> peers, String message) {
    peers.forEach(
        peer ->
            located.put(
                peer.block(),
                new Located(Where.UNKNOWN, "its packets cannot be counted: " + message)));
    tell(message);
  }

  private void tell(String message) {
    if (!message.equals(told)) {
      told = message;
      LOG.warn("table inet {}: {}", TraceTable.NAME, message);
    }
  }

  /** Rules of the host's firewall, read again only when some have changed. */
  private static final class HostRules implements Supplier<Ruleset> {
    private final HostFirewallReader reader;
    private OptionalInt generation = OptionalInt.empty();
    private Ruleset last = Ruleset.empty();

    HostRules(Path nft) {
      reader =
          new HostFirewallReader(
              Path.of("/"), Path.of("/proc/thread-self/net"), new NftCommand(nft, LISTING_LIMIT));
    }

    @Override
    public Ruleset get() {
      OptionalInt now = RulesetMonitor.generation();
      if (now.isEmpty() || !now.equals(generation)) {
        last = reader.read().rules();
        generation = now;
      }
      return last;
    }
  }
}
