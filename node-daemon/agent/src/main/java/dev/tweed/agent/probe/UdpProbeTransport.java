package dev.tweed.agent.probe;

import dev.tweed.agent.probe.ProbeAnswer.Outcome;
import dev.tweed.agent.probe.ProbeTargets.Source;
import dev.tweed.dataplane.ProbeAddress;
import dev.tweed.ip.AddressFamily;
import dev.tweed.ip.IpAddress;
import dev.tweed.netlink.Errno;
import dev.tweed.netlink.NetlinkException;
import dev.tweed.netlink.socket.ProbePoll;
import dev.tweed.netlink.socket.ProbeSocket;
import dev.tweed.netlink.socket.TxChecksumOffload;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * UDP datagrams to a port where nobody listens, in the network namespace of the calling thread.
 * They leave by the probe device, or not at all: without it they would take a way that no pod's
 * take, and the answers would not come back. From an address of the host's own they take the host's
 * way.
 */
final class UdpProbeTransport implements ProbeTransport {

  private static final Logger LOG = LoggerFactory.getLogger(UdpProbeTransport.class);

  /** The same on all nodes; hosts' firewalls let it in from there. */
  static final int PORT = ProbeAddress.PORT;

  private static final int UNREACHABLE_V4 = 3;
  private static final int NO_HOST_V4 = 1;
  private static final int NO_PORT_V4 = 3;
  private static final int UNREACHABLE_V6 = 1;
  private static final int NO_PORT_V6 = 4;

  private final String device;
  private final ProbePoll poll = ProbePoll.open();
  private final TxChecksumOffload offload = new TxChecksumOffload();
  private final Map<IpAddress, ProbeSocket> sockets = new HashMap<>();
  private String told = "";

  /**
   * @param device name of the device
   */
  UdpProbeTransport(String device) {
    this.device = device;
  }

  @Override
  public void from(List<Source> sources) {
    List<IpAddress> wanted = sources.stream().map(Source::address).toList();
    List.copyOf(sockets.keySet()).stream()
        .filter(address -> !wanted.contains(address))
        .forEach(this::close);
  }

  @Override
  public Optional<Outcome.NotSent> send(ProbeScheduler.Probe probe) {
    IpAddress from = probe.from().address();
    try {
      ProbeSocket socket = sockets.computeIfAbsent(from, a -> open(probe.from()));
      IpAddress to = probe.to().address();
      int errno =
          probe.summedByCard()
              ? socket.send(to, PORT, probe.tag(), probe.payload())
              : socket.sendWithoutCard(to, PORT, probe.tag(), probe.payload());
      if (errno == 0) {
        tell("");
        return Optional.empty();
      }
      tell("probe to " + probe.to().address() + ": " + Errno.nameOf(errno));
      if (errno != Errno.EMSGSIZE) {
        close(from); // its device may have been replaced by another of the same name
      }
      return Optional.of(new Outcome.NotSent(errno == Errno.EPERM));
    } catch (NetlinkException e) {
      tell(e.getMessage());
      return Optional.of(new Outcome.NotSent(false));
    }
  }

  @Override
  public boolean offloadsChecksums(String device) {
    return offload.isOn(device);
  }

  @Override
  public void offloadChecksums(String device, boolean on) {
    offload.set(device, on);
  }

  private ProbeSocket open(Source source) {
    return source.isBehindBridge()
        ? ProbeSocket.open(device, source.address())
        : ProbeSocket.open(source.address());
  }

  private void tell(String what) {
    if (!what.equals(told)) {
      LOG.debug("{}", what.isEmpty() ? "probes leave again" : what);
      told = what;
    }
  }

  private void close(IpAddress source) {
    Optional.ofNullable(sockets.remove(source)).ifPresent(ProbeSocket::close);
  }

  @Override
  public void await(Duration time) {
    poll.await(sockets.values(), time);
  }

  @Override
  public void drain(Consumer<ProbeAnswer> taker) {
    sockets.forEach(
        (source, socket) -> {
          for (Optional<ProbeSocket.Bounce> b = socket.receive();
              b.isPresent();
              b = socket.receive()) {
            taker.accept(answer(source, b.get()));
          }
        });
  }

  /** What came back without its tag gets one that was never sent. */
  private static ProbeAnswer answer(IpAddress source, ProbeSocket.Bounce bounce) {
    return new ProbeAnswer(bounce.destination(), bounce.tag().orElse(0), outcome(source, bounce));
  }

  private static Outcome outcome(IpAddress source, ProbeSocket.Bounce bounce) {
    Optional<IpAddress> offender = bounce.offender();
    if (offender.isEmpty() || offender.get().equals(source) && isNoHost(bounce)) {
      // As when the bridge is gone: the host tells itself that the gateway does not answer.
      return new Outcome.NotSent(false);
    }
    if (bounce.errno() == Errno.EMSGSIZE) {
      return new Outcome.TooBig(bounce.info());
    }
    return offender.get().equals(bounce.destination()) && isNoPort(bounce)
        ? new Outcome.Arrived()
        : new Outcome.Refused(offender.get());
  }

  /** In IPv6 the gateway's address is found without asking, and this is somebody else's. */
  private static boolean isNoHost(ProbeSocket.Bounce bounce) {
    return bounce.destination().family() == AddressFamily.IPV4
        && bounce.type() == UNREACHABLE_V4
        && bounce.code() == NO_HOST_V4;
  }

  private static boolean isNoPort(ProbeSocket.Bounce bounce) {
    return switch (bounce.destination().family()) {
      case IPV4 -> bounce.type() == UNREACHABLE_V4 && bounce.code() == NO_PORT_V4;
      case IPV6 -> bounce.type() == UNREACHABLE_V6 && bounce.code() == NO_PORT_V6;
    };
  }

  @Override
  public void wakeUp() {
    poll.wakeUp();
  }

  @Override
  public void close() {
    sockets.values().forEach(ProbeSocket::close);
    sockets.clear();
    poll.close();
  }
}
