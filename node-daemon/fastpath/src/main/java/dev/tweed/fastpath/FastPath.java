package dev.tweed.fastpath;

import dev.tweed.fastpath.FastPathCounters.Counter;
import dev.tweed.fastpath.FastPathOff.LibraryMissing;
import dev.tweed.fastpath.FastPathOff.ProgramRefused;
import dev.tweed.fastpath.FastPathOff.RightsMissing;
import dev.tweed.fastpath.FastPathOff.SelfTestFailed;
import dev.tweed.fastpath.FastPathPlan.PeerEntry;
import dev.tweed.fastpath.FastPathPlan.PodEntry;
import dev.tweed.fastpath.kernel.BpfException;
import dev.tweed.fastpath.kernel.BpfMap;
import dev.tweed.fastpath.kernel.BpfObject;
import dev.tweed.fastpath.kernel.BpfObject.Hook;
import dev.tweed.fastpath.kernel.BpfObject.Program;
import dev.tweed.fastpath.kernel.LibBpf;
import dev.tweed.fastpath.kernel.TcxLink;
import dev.tweed.ip.IpAddress;
import dev.tweed.ip.IpPrefix;
import dev.tweed.netlink.Errno;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Duration;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiPredicate;
import java.util.function.Predicate;

/**
 * The fast path of the calling thread's network namespace: what the kernel holds is brought to a
 * plan. Nothing is pinned: when this is closed or the process ends, however it ends, packets take
 * the ordinary path.
 *
 * <p>Safe for use by several threads; those that attach have to be in its network namespace.
 */
public final class FastPath implements AutoCloseable {
  private static final byte[] ONLY = new byte[4];

  private final BpfObject object;
  private final BpfMap settings;
  private final BpfMap peers;
  private final BpfMap pods;
  private final BpfMap flows;
  private final BpfMap counters;
  private final Duration renewal;
  private final SourcePorts ports;

  private boolean closed;
  private int generation = 1;
  private Optional<FastPathPlan.On> applied = Optional.empty();
  private final Map<IpPrefix, PeerEntry> peersThere = new HashMap<>();
  private final Map<IpAddress, PodEntry> podsThere = new HashMap<>();
  private final Map<Attachment, TcxLink> links = new HashMap<>();

  private record Attachment(int device, Program program) {}

  private FastPath(BpfObject object, Duration renewal, SourcePorts ports) {
    this.object = object;
    this.renewal = renewal;
    this.ports = ports;
    settings = object.map("settings", 4, EntryEncoder.SETTINGS);
    peers = object.map("peers", EntryEncoder.PEER_KEY, EntryEncoder.PEER);
    pods = object.map("pods", EntryEncoder.ADDRESS, EntryEncoder.POD);
    flows = object.map("flows", EntryEncoder.FLOW, EntryEncoder.PROOF);
    counters = object.map("counters", 4, Long.BYTES * object.cpus());
  }

  /** The fast path, or why there is none. */
  public sealed interface Opening {
    /**
     * Loaded and tested, with nothing attached yet.
     *
     * @param fastPath to be closed by the caller
     */
    record Opened(FastPath fastPath) implements Opening {}

    /**
     * Not to be had.
     *
     * @param why not
     */
    record Refused(FastPathOff.OfNode why) implements Opening {}
  }

  /**
   * Loads the programs and gives each a packet before any real one.
   *
   * @param renewal how long a flow skips netfilter until a packet of it goes there again
   * @param ports source ports of the outer header
   */
  public static Opening open(Duration renewal, SourcePorts ports) {
    BpfObject object;
    try {
      object = BpfObject.load(LibBpf.load());
    } catch (UnsatisfiedLinkError missing) {
      return new Opening.Refused(new LibraryMissing(String.valueOf(missing.getMessage())));
    } catch (BpfException refused) {
      boolean rights = refused.errno() == Errno.EPERM && refused.verifierLog().isEmpty();
      return new Opening.Refused(
          rights
              ? new RightsMissing(List.of("BPF", "PERFMON"))
              : new ProgramRefused(refused.getMessage()));
    }
    FastPath fastPath = new FastPath(object, renewal, ports);
    Optional<String> failure;
    try {
      failure = new SelfTest(object).run();
    } catch (BpfException e) {
      failure = Optional.of(e.getMessage());
    }
    if (failure.isPresent()) {
      fastPath.close();
      return new Opening.Refused(new SelfTestFailed(failure.get()));
    }
    return new Opening.Opened(fastPath);
  }

  /**
   * Brings the kernel to the plan. A device that is gone, takes no program, or has one of somebody
   * else, leaves its pod on the ordinary path.
   *
   * @return devices of pods no program could be attached to, with the reason
   * @throws BpfException if the tunnel's own programs or the maps cannot be written; what the
   *     ordinary path needs is untouched then
   */
  public synchronized Map<Integer, String> apply(FastPathPlan plan) throws BpfException {
    requireOpen();
    return switch (plan) {
      case FastPathPlan.Off off -> {
        detachAll();
        yield Map.of();
      }
      case FastPathPlan.On on -> apply(on);
    };
  }

  private Map<Integer, String> apply(FastPathPlan.On plan) throws BpfException {
    if (applied.map(before -> !isBetweenTheSame(before, plan)).orElse(false)) {
      detachAll();
    }
    forgetLostLinks();
    // First what no longer holds, so that no packet goes by it.
    removePods(plan);
    removePeers(block -> !plan.peers().containsKey(block));
    settings.put(ONLY, EntryEncoder.settings(plan, generation, renewal.toNanos(), ports));
    for (Map.Entry<IpPrefix, PeerEntry> peer : plan.peers().entrySet()) {
      if (!peer.getValue().equals(peersThere.get(peer.getKey()))) {
        peers.put(EntryEncoder.peerKey(peer.getKey()), EntryEncoder.peer(peer.getValue()));
        peersThere.put(peer.getKey(), peer.getValue());
      }
    }
    applied = Optional.of(plan);
    if (plan.tunnel().isPresent()) {
      attachAlone(plan.tunnel().get().device(), Program.TO_PEER);
      attachAlone(plan.tunnel().get().device(), Program.FROM_TUNNEL);
    }
    if (plan.encapsulation().isPresent()) {
      attach(plan.encapsulation().get().device(), Program.FROM_WIRE);
    }
    if (plan.wire().isPresent()) {
      attach(plan.wire().get().device(), Program.FROM_WIRE);
      attach(plan.wire().get().device(), Program.TO_PEER);
    }
    return addPods(plan);
  }

  /** What somebody has taken off its device, or is gone with that, is attached again if wanted. */
  private void forgetLostLinks() throws BpfException {
    for (Attachment attachment : Set.copyOf(links.keySet())) {
      Program program = attachment.program();
      if (!attached(attachment.device(), program.hook()).contains(object.identifier(program))) {
        links.remove(attachment).close();
        removePods((address, pod) -> pod.device() == attachment.device());
      }
    }
  }

  /** None where the device is gone. */
  private List<Integer> attached(int device, Hook hook) throws BpfException {
    try {
      return object.attached(device, hook);
    } catch (BpfException e) {
      if (e.errno() == Errno.ENODEV) {
        return List.of();
      }
      throw e;
    }
  }

  /** Whether a tcx program that is none of ours is on a device. */
  public synchronized boolean hasForeignProgram(int device) throws BpfException {
    requireOpen();
    Set<Integer> own = new HashSet<>();
    for (Program program : Program.values()) {
      own.add(object.identifier(program));
    }
    for (Hook hook : Hook.values()) {
      if (!own.containsAll(attached(device, hook))) {
        return true;
      }
    }
    return false;
  }

  /** Whether packets leave and arrive by the same devices. */
  private static boolean isBetweenTheSame(FastPathPlan.On one, FastPathPlan.On other) {
    return one.tunnel().equals(other.tunnel())
        && one.encapsulation().equals(other.encapsulation())
        && one.wire().equals(other.wire());
  }

  private void removePods(FastPathPlan.On plan) throws BpfException {
    removePods((address, pod) -> !pod.equals(plan.pods().get(address)));
    Set<Integer> wanted = new HashSet<>();
    plan.pods().values().forEach(pod -> wanted.add(pod.device()));
    for (Attachment attachment : Set.copyOf(links.keySet())) {
      boolean ofPod =
          attachment.program() == Program.FROM_POD || attachment.program() == Program.TO_POD;
      if (ofPod && !wanted.contains(attachment.device())) {
        links.remove(attachment).close();
      }
    }
  }

  private void removePods(BiPredicate<IpAddress, PodEntry> which) throws BpfException {
    for (Map.Entry<IpAddress, PodEntry> pod : Map.copyOf(podsThere).entrySet()) {
      if (which.test(pod.getKey(), pod.getValue())) {
        pods.remove(EntryEncoder.address(pod.getKey()));
        podsThere.remove(pod.getKey());
      }
    }
  }

  private void removePeers(Predicate<IpPrefix> which) throws BpfException {
    for (IpPrefix block : List.copyOf(peersThere.keySet())) {
      if (which.test(block)) {
        peers.remove(EntryEncoder.peerKey(block));
        peersThere.remove(block);
      }
    }
  }

  private Map<Integer, String> addPods(FastPathPlan.On plan) throws BpfException {
    Map<Integer, String> failures = new HashMap<>();
    for (Map.Entry<IpAddress, PodEntry> pod : plan.pods().entrySet()) {
      int device = pod.getValue().device();
      if (podsThere.containsKey(pod.getKey()) || failures.containsKey(device)) {
        continue;
      }
      try {
        attachAlone(device, Program.TO_POD);
        attachAlone(device, Program.FROM_POD);
      } catch (BpfException e) {
        failures.put(device, e.getMessage());
        continue;
      }
      pods.put(EntryEncoder.address(pod.getKey()), EntryEncoder.pod(pod.getValue()));
      podsThere.put(pod.getKey(), pod.getValue());
    }
    return failures;
  }

  /**
   * On a device whose packets nobody else may expect to see: a fast packet skips what comes after.
   */
  private void attachAlone(int device, Program program) throws BpfException {
    if (!links.containsKey(new Attachment(device, program))
        && !object.attached(device, program.hook()).isEmpty()) {
      throw new BpfException(
          "another tcx program is on device " + device + " (bpftool net show)", Errno.EBUSY, "");
    }
    attach(device, program);
  }

  private void attach(int device, Program program) throws BpfException {
    Attachment attachment = new Attachment(device, program);
    if (!links.containsKey(attachment)) {
      links.put(attachment, object.attach(program, device));
    }
  }

  private void detachAll() throws BpfException {
    links.values().forEach(TcxLink::close);
    links.clear();
    removePods((address, pod) -> true);
    removePeers(block -> true);
    applied = Optional.empty();
  }

  /**
   * Makes every flow prove itself again: to be called when what netfilter lets through has changed,
   * after the change is in the kernel. One write.
   */
  public synchronized void requireNewProof() throws BpfException {
    requireOpen();
    generation++;
    if (applied.isPresent()) {
      settings.put(
          ONLY, EntryEncoder.settings(applied.get(), generation, renewal.toNanos(), ports));
    }
  }

  /** What became of packets so far. */
  public synchronized FastPathCounters counters() throws BpfException {
    requireOpen();
    return counters(counters);
  }

  static FastPathCounters counters(BpfMap counters) throws BpfException {
    Map<Counter, Long> packets = new EnumMap<>(Counter.class);
    for (Counter counter : Counter.values()) {
      ByteBuffer values =
          ByteBuffer.wrap(counters.get(key(counter)).orElseThrow()).order(ByteOrder.nativeOrder());
      long sum = 0;
      while (values.hasRemaining()) {
        sum += values.getLong();
      }
      packets.put(counter, sum);
    }
    return new FastPathCounters(packets);
  }

  static byte[] key(Counter counter) {
    return ByteBuffer.allocate(4).order(ByteOrder.nativeOrder()).putInt(counter.ordinal()).array();
  }

  /** Flows that are or were proven, at most 65,536. Walks the map: not for every second. */
  public synchronized int flows() throws BpfException {
    requireOpen();
    return flows.keys().size();
  }

  // The descriptors may be somebody else's by now.
  private void requireOpen() {
    if (closed) {
      throw new IllegalStateException("the fast path is closed");
    }
  }

  /** Detaches everything: from here on packets take the ordinary path. Again does nothing. */
  @Override
  public synchronized void close() {
    closed = true;
    links.values().forEach(TcxLink::close);
    links.clear();
    object.close();
  }
}
