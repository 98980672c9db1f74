package dev.tweed.dataplane;

import dev.tweed.ip.AddressFamily;
import dev.tweed.ip.IpAddress;
import dev.tweed.netlink.Address;
import dev.tweed.netlink.Link;
import dev.tweed.netlink.NetlinkException;
import dev.tweed.netlink.Route;
import dev.tweed.netlink.Rtnetlink;
import dev.tweed.netlink.Scope;
import dev.tweed.netlink.socket.RtnetlinkSocket;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * Addresses of this host, in the network namespace of the thread that opens this, and the ways
 * packets of its own take. For one thread; what the kernel does not tell is not there.
 */
public final class HostAddresses implements AutoCloseable {

  /** Kinds of devices that lead to nobody outside by themselves. */
  private static final Set<String> INTERNAL = Set.of("bridge", "dummy");

  /**
   * An address, or the one that packets leave with.
   *
   * @param device that has it, or that they leave by
   * @param internal whether the device leads to nobody outside: a bridge, a dummy device, or one
   *     without a carrier
   * @param leased whether a DHCP server gave it
   */
  public record HostAddress(String device, IpAddress address, boolean internal, boolean leased) {}

  private final Rtnetlink kernel;
  private final Map<Integer, Link> links;
  private final List<HostAddress> addresses;

  private HostAddresses(Rtnetlink kernel) {
    this.kernel = kernel;
    this.links =
        kernel.links().stream().collect(Collectors.toMap(Link::index, Function.identity()));
    this.addresses =
        kernel.addresses().stream()
            .filter(address -> address.scope().equals(Scope.UNIVERSE))
            .flatMap(
                address -> link(address.linkIndex()).map(link -> address(link, address)).stream())
            .toList();
  }

  /**
   * Opens a socket to the kernel.
   *
   * @throws NetlinkException when there is none, or it does not tell
   */
  public static HostAddresses open() {
    Rtnetlink kernel = RtnetlinkSocket.open();
    try {
      return new HostAddresses(kernel);
    } catch (NetlinkException e) {
      kernel.close();
      throw e;
    }
  }

  /** Those that reach beyond a link, but those of loopback. */
  public List<HostAddress> all() {
    return addresses;
  }

  /**
   * How packets of this host reach an address; empty if they do not, or not by a device.
   *
   * @throws NetlinkException when the kernel does not tell
   */
  public Optional<HostAddress> wayTo(IpAddress destination) {
    Optional<Route> route = kernel.routeTo(destination);
    return route
        .flatMap(Route::preferredSource)
        .flatMap(
            source ->
                link(route.get().linkIndex())
                    .map(link -> new HostAddress(link.name(), source, isInternal(link), false)));
  }

  private Optional<Link> link(int index) {
    return Optional.ofNullable(links.get(index)).filter(link -> !link.isLoopback());
  }

  /** Of IPv6 a router's prefix makes addresses of /64, and a DHCP server gives single ones. */
  private static HostAddress address(Link link, Address address) {
    boolean temporary = (address.flags() & Address.PERMANENT) == 0;
    IpAddress own = address.prefix().address();
    return new HostAddress(
        link.name(),
        own,
        isInternal(link),
        temporary
            && (own.family() == AddressFamily.IPV4
                || address.prefix().length() == AddressFamily.IPV6.bits()));
  }

  private static boolean isInternal(Link link) {
    return link.kind().filter(INTERNAL::contains).isPresent() || !link.isUp() || !link.hasCarrier();
  }

  @Override
  public void close() {
    kernel.close();
  }
}
