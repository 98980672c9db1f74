package dev.tweed.netlink.socket;

import dev.tweed.netlink.Address;
import dev.tweed.netlink.BatchResult;
import dev.tweed.netlink.FdbEntry;
import dev.tweed.netlink.IpAddress;
import dev.tweed.netlink.Link;
import dev.tweed.netlink.Neighbour;
import dev.tweed.netlink.Route;
import dev.tweed.netlink.RouteFilter;
import dev.tweed.netlink.RtRequest;
import dev.tweed.netlink.Rtnetlink;
import java.util.List;
import java.util.Optional;

/**
 * {@link Rtnetlink} over a netlink socket of the network namespace the opening thread is in. Safe
 * for use by several threads, one request at a time. Reading needs no privilege, writing
 * CAP_NET_ADMIN.
 */
public final class RtnetlinkSocket implements Rtnetlink {

  private RtnetlinkSocket() {}

  /**
   * Opens a socket.
   *
   * @throws dev.tweed.netlink.NetlinkException when the system does not give one
   */
  public static RtnetlinkSocket open() {
    return new RtnetlinkSocket();
  }

  @Override
  public List<Link> links() {
    throw new UnsupportedOperationException("not written yet");
  }

  @Override
  public Optional<Link> link(String name) {
    throw new UnsupportedOperationException("not written yet");
  }

  @Override
  public Optional<Link> link(int index) {
    throw new UnsupportedOperationException("not written yet");
  }

  @Override
  public List<Address> addresses() {
    throw new UnsupportedOperationException("not written yet");
  }

  @Override
  public List<Route> routes(RouteFilter filter) {
    throw new UnsupportedOperationException("not written yet");
  }

  @Override
  public List<Neighbour> neighbours(int linkIndex) {
    throw new UnsupportedOperationException("not written yet");
  }

  @Override
  public List<FdbEntry> fdb(int linkIndex) {
    throw new UnsupportedOperationException("not written yet");
  }

  @Override
  public Optional<Route> routeTo(IpAddress destination) {
    throw new UnsupportedOperationException("not written yet");
  }

  @Override
  public BatchResult execute(List<RtRequest> requests) {
    throw new UnsupportedOperationException("not written yet");
  }

  @Override
  public int portId() {
    throw new UnsupportedOperationException("not written yet");
  }

  @Override
  public void close() {}
}
