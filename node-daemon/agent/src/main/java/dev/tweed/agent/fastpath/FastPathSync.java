package dev.tweed.agent.fastpath;

import dev.tweed.crds.NodeReportStatus;
import dev.tweed.enforce.gate.CniResult;
import dev.tweed.enforce.gate.CniResults;
import dev.tweed.enforce.gate.LocalPod;
import dev.tweed.fastpath.Capabilities;
import dev.tweed.fastpath.Devices;
import dev.tweed.fastpath.FastPath;
import dev.tweed.fastpath.FastPathCounters;
import dev.tweed.fastpath.FastPathOff;
import dev.tweed.fastpath.FastPathPlan;
import dev.tweed.fastpath.FastPathPlanner;
import dev.tweed.fastpath.NodeView;
import dev.tweed.fastpath.SourcePorts;
import dev.tweed.fastpath.kernel.BpfException;
import dev.tweed.fastpath.kernel.DeviceWatch;
import dev.tweed.fastpath.kernel.DevicesReader;
import dev.tweed.ip.IpAddress;
import dev.tweed.netlink.NetlinkException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One sync of the fast path: what the data path has brought about, and the pods that run here,
 * brought to the eBPF programs, and told. Runs in one thread; what it is told comes from any.
 *
 * <p>While it is not wanted nothing of it is loaded. Nothing of it outlives this process.
 */
public final class FastPathSync implements BooleanSupplier, AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(FastPathSync.class);

  /** How long what a rule changes that nobody tells of goes unnoticed by a flow, at most. */
  private static final Duration RENEWAL = Duration.ofSeconds(10);

  /** Until then connection tracking forgets a flow of which it sees nothing. */
  private static final List<String> TIMEOUTS =
      List.of("nf_conntrack_udp_timeout", "nf_conntrack_udp_timeout_stream");

  /** Queue disciplines and programs of others on devices are seen by looking only. */
  private static final Duration LOOK = Duration.ofSeconds(10);

  /** After the kernel's word of a device; a pod that starts has several. */
  static final Duration SOON = Duration.ofMillis(50);

  private final Supplier<Optional<CniResults>> results;
  private final Function<IpAddress, Optional<String>> holder;
  private final Path sysctls;
  private final Consumer<Optional<NodeReportStatus.FastPath>> tell;
  private final Consumer<Duration> again;
  private final Runnable ready;
  private final NodeViewMapper.Process process;
  private volatile boolean isReady;
  private volatile boolean sumsByTunnel;
  private volatile Optional<FastPathTarget> target = Optional.empty();
  private volatile Optional<NodeReportStatus.FastPath> told = Optional.empty();
  private volatile Optional<FastPath> fastPath = Optional.empty();
  private Optional<DeviceWatch> watch = Optional.empty(); // guarded by this
  private Duration renewal = RENEWAL;

  /** Why it was not to be had; another try in this process would come to the same. */
  private volatile Optional<FastPathOff.OfNode> refused;

  /**
   * @param results what the container runtime remembers of its pods; empty while not known
   * @param holder the container that host-local gave an address to
   * @param sysctls the node's {@code /proc/sys/net}
   * @param tell receives how it stands; empty where the node belongs to no network
   * @param again receives the time within which another run is wanted
   * @param ready is run when {@link #isReady()} has become true
   */
  public FastPathSync(
      Supplier<Optional<CniResults>> results,
      Function<IpAddress, Optional<String>> holder,
      Path sysctls,
      Consumer<Optional<NodeReportStatus.FastPath>> tell,
      Consumer<Duration> again,
      Runnable ready) {
    this(results, holder, sysctls, tell, again, ready, thisProcess());
  }

  /** As a process of such rights has it. */
  FastPathSync(
      Supplier<Optional<CniResults>> results,
      Function<IpAddress, Optional<String>> holder,
      Path sysctls,
      Consumer<Optional<NodeReportStatus.FastPath>> tell,
      Consumer<Duration> again,
      Runnable ready,
      NodeViewMapper.Process process) {
    this.results = results;
    this.holder = holder;
    this.sysctls = sysctls;
    this.tell = tell;
    this.again = again;
    this.ready = ready;
    this.process = process;
    this.refused = FastPathPlanner.never(process.release(), process.capabilities());
  }

  /**
   * Whether it is wanted, and all that it needs of this process, the kernel and the devices is
   * there, or once was: from then on connection tracking has to take packets out of the window it
   * knows. From any thread.
   */
  public boolean isReady() {
    return isReady;
  }

  /** What the process before came to: what it had of the host is asked for from the start. */
  public void remember(NodeReportStatus.FastPath earlier) {
    isReady |= NodeReportStatus.FastPath.ON.equals(earlier.state());
  }

  /**
   * What a sync of the data path came to; empty where the node belongs to no network.
   *
   * @return whether that is news, and a run is wanted
   */
  public boolean target(Optional<FastPathTarget> now) {
    boolean news = !now.equals(target);
    target = now;
    if (news && fastPath.isEmpty()) {
      // With what the sync tells, and not in a second report after it.
      if (now.filter(FastPathTarget::wanted).isEmpty()) {
        showOff(now);
      } else {
        refused.ifPresent(this::showOff);
      }
    }
    return news;
  }

  /**
   * What netfilter lets through has changed, in the kernel: each flow has to prove itself again.
   * From any thread; holds for every packet that comes after the return.
   */
  public synchronized void requireNewProof() {
    fastPath.ifPresent(
        open -> {
          try {
            open.requireNewProof();
          } catch (BpfException e) {
            // What is not told must not go on.
            LOG.warn(
                "the fast path cannot be told of a change, and is given up: {}", e.getMessage());
            letGo();
          }
        });
  }

  /**
   * Whether the tunnel device has to fill in checksums, since it leaves them to no network card:
   * then it has to see the packets. From any thread.
   */
  public void sumsByTunnel(boolean needed) {
    if (sumsByTunnel != needed) {
      sumsByTunnel = needed;
      again.accept(Duration.ZERO);
    }
  }

  /** How it stands. */
  public Optional<NodeReportStatus.FastPath> status() {
    return told;
  }

  /** Packets by what became of them, by the name of the counter; none while it is not loaded. */
  public synchronized Map<String, Long> packets() {
    Map<String, Long> packets = new TreeMap<>();
    fastPath.ifPresent(
        open -> {
          try {
            FastPathCounters counters = open.counters();
            counters.packets().forEach((counter, count) -> packets.put(counter.outcome(), count));
          } catch (BpfException e) {
            LOG.warn("packets of the fast path are not known: {}", e.getMessage());
          }
        });
    return packets;
  }

  /** Runs once; true if nothing has to be tried again before something changes. */
  @Override
  public boolean getAsBoolean() {
    Optional<FastPathTarget> now = target;
    if (now.filter(FastPathTarget::wanted).isEmpty()) {
      close();
      showOff(now);
      return true;
    }
    if (refused.isPresent()) {
      showOff(refused.get());
      return true;
    }
    again.accept(LOOK);
    try {
      return bring(now.get());
    } catch (NetlinkException | UncheckedIOException e) {
      LOG.warn("the fast path stays as it is: {}", e.getMessage());
      return false;
    } catch (BpfException e) {
      close();
      showOff(new FastPathOff.ProgramRefused(e.getMessage()));
      return false;
    }
  }

  private boolean bring(FastPathTarget wanted) throws BpfException {
    Duration wantedRenewal = renewal();
    if (!wantedRenewal.equals(renewal)) {
      close();
      renewal = wantedRenewal;
    }
    Devices devices = DevicesReader.read();
    // Whoever reads them asks for another run when they are known.
    List<CniResult> remembered = results.get().map(CniResults::results).orElse(List.of());
    List<LocalPod> pods = LocalPod.of(remembered, devices.links(), holder);
    FastPathTarget tolerant = wanted.withLiberalWindows();
    FastPathPlan plan = plan(tolerant, devices, pods);
    if (plan instanceof FastPathPlan.On && fastPath.isEmpty()) {
      refused = open();
      plan =
          refused
              .<FastPathPlan>map(FastPathPlan.Off::new)
              .orElseGet(() -> plan(tolerant, devices, pods));
    }
    if (plan instanceof FastPathPlan.On && !wanted.liberal()) {
      if (!isReady) {
        isReady = true;
        ready.run();
        return true; // what the data path comes to then is another target
      }
      plan = plan(wanted, devices, pods);
    }
    Map<Integer, String> failures = Map.of();
    Optional<FastPath> open = fastPath; // another thread may give it up
    if (open.isPresent()) {
      failures = open.get().apply(plan);
    }
    failures.forEach(
        (device, why) -> LOG.info("device {} stays on the ordinary path: {}", device, why));
    show(
        Optional.of(
            switch (plan) {
              case FastPathPlan.Off(FastPathOff.OfNode why) -> FastPathStatusMapper.off(why);
              case FastPathPlan.On on -> FastPathStatusMapper.on(on);
            }));
    return failures.isEmpty();
  }

  private FastPathPlan plan(FastPathTarget wanted, Devices devices, List<LocalPod> pods) {
    NodeView view = NodeViewMapper.map(wanted, process, devices, pods, this::hasForeignProgram);
    // What IPsec protects of the tunnel would leave, and be taken, unprotected. What it protects of
    // pods' packets proves nothing, since it comes out of the ordinary path as something else.
    return FastPathPlanner.plan(
        sumsByTunnel || DevicesReader.hasIpsecPolicies() ? view.withoutEncapsulation() : view);
  }

  /** Nobody asks before it is loaded. */
  private boolean hasForeignProgram(int device) {
    Optional<FastPath> open = fastPath; // another thread may give it up
    try {
      return open.isPresent() && open.get().hasForeignProgram(device);
    } catch (BpfException e) {
      LOG.warn("device {} is taken for somebody else's: {}", device, e.getMessage());
      return true;
    }
  }

  private synchronized Optional<FastPathOff.OfNode> open() {
    return switch (FastPath.open(renewal, ports())) {
      case FastPath.Opening.Opened(FastPath opened) -> {
        fastPath = Optional.of(opened);
        watch = watch.or(this::listen);
        yield Optional.empty();
      }
      case FastPath.Opening.Refused(FastPathOff.OfNode why) -> Optional.of(why);
    };
  }

  private Optional<DeviceWatch> listen() {
    try {
      return Optional.of(DeviceWatch.open(() -> again.accept(SOON)));
    } catch (NetlinkException e) {
      LOG.warn("changes of devices are seen within {} s: {}", LOOK.toSeconds(), e.getMessage());
      return Optional.empty();
    }
  }

  private static NodeViewMapper.Process thisProcess() {
    try {
      return new NodeViewMapper.Process(
          System.getProperty("os.version"),
          Capabilities.parse(Files.readString(Path.of("/proc/self/status"))));
    } catch (IOException e) {
      throw new UncheckedIOException("rights of this process cannot be read: " + e, e);
    }
  }

  /** Before connection tracking forgets a flow, so that what is established stays so. */
  private Duration renewal() {
    return TIMEOUTS.stream()
        .flatMap(name -> numbers("netfilter", name).stream())
        .map(seconds -> Duration.ofSeconds(seconds.getFirst()).dividedBy(2))
        .reduce(RENEWAL, (one, other) -> one.compareTo(other) < 0 ? one : other);
  }

  /** As the kernel's VXLAN picks them, so that a flow has the same on both paths. */
  private SourcePorts ports() {
    return numbers("ipv4", "ip_local_port_range")
        .filter(range -> range.size() == 2)
        .map(range -> new SourcePorts(range.getFirst(), range.getLast()))
        .orElse(SourcePorts.DEFAULT);
  }

  private Optional<List<Integer>> numbers(String directory, String name) {
    // In one read(2): the kernel has nothing for a second one, and Files.readString() begins with a
    // byte.
    try (InputStream file = Files.newInputStream(sysctls.resolve(directory).resolve(name))) {
      String text = new String(file.readNBytes(64), StandardCharsets.US_ASCII);
      return Optional.of(Stream.of(text.strip().split("\\s+")).map(Integer::valueOf).toList());
    } catch (IOException | RuntimeException e) {
      LOG.debug("net/{}/{} cannot be read: {}", directory, name, e.toString());
      return Optional.empty();
    }
  }

  private void showOff(Optional<FastPathTarget> unwanted) {
    show(unwanted.map(off -> FastPathStatusMapper.off(new FastPathOff.SwitchedOff())));
  }

  private void showOff(FastPathOff.OfNode why) {
    show(Optional.of(FastPathStatusMapper.off(why)));
  }

  private synchronized void show(Optional<NodeReportStatus.FastPath> now) {
    if (!now.equals(told)) {
      told = now;
      now.ifPresent(
          fast ->
              LOG.info(
                  "the fast path is {}{}",
                  fast.state(),
                  fast.message() == null ? "" : ": " + fast.message()));
      tell.accept(now);
    }
  }

  private void letGo() {
    watch.ifPresent(DeviceWatch::close);
    watch = Optional.empty();
    fastPath.ifPresent(FastPath::close);
    fastPath = Optional.empty();
  }

  /** Detaches: from here on packets take the ordinary path. */
  @Override
  public synchronized void close() {
    letGo();
  }
}
