package dev.tweed.netlink.socket;

import dev.tweed.ip.AddressFamily;
import dev.tweed.ip.IpAddress;
import dev.tweed.netlink.Address;
import dev.tweed.netlink.BatchResult;
import dev.tweed.netlink.Errno;
import dev.tweed.netlink.FdbEntry;
import dev.tweed.netlink.Link;
import dev.tweed.netlink.Neighbour;
import dev.tweed.netlink.NetlinkError;
import dev.tweed.netlink.NetlinkException;
import dev.tweed.netlink.NextHopObject;
import dev.tweed.netlink.Qdisc;
import dev.tweed.netlink.Route;
import dev.tweed.netlink.RouteAnswer;
import dev.tweed.netlink.RouteFilter;
import dev.tweed.netlink.RouteQuestion;
import dev.tweed.netlink.RouteType;
import dev.tweed.netlink.RoutingRule;
import dev.tweed.netlink.RtRequest;
import dev.tweed.netlink.Rtnetlink;
import dev.tweed.netlink.codec.LinkDecoder;
import dev.tweed.netlink.codec.ObjectDecoder;
import dev.tweed.netlink.codec.QueryEncoder;
import dev.tweed.netlink.codec.RouteDecoder;
import dev.tweed.netlink.codec.Rt;
import dev.tweed.netlink.codec.RuleDecoder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;

/**
 * {@link Rtnetlink} over a netlink socket of the network namespace the opening thread is in. Safe
 * for use by several threads, one request at a time. Reading needs no privilege, writing
 * CAP_NET_ADMIN.
 *
 * <p>After a {@link NetlinkException} the socket stays usable: answers that come late are told by
 * their sequence number and dropped. After {@code TIMEOUT} of a dump close it and open another, for
 * the kernel runs one dump per socket.
 */
public final class RtnetlinkSocket implements Rtnetlink {

  /** EOPNOTSUPP is of a kernel without IPv6, which nobody there answers for. */
  private static final Set<Integer> NO_ROUTE =
      Set.of(Errno.ENETUNREACH, Errno.EHOSTUNREACH, Errno.EACCES, Errno.EOPNOTSUPP);

  /** ALTIFNAMSIZ - 1: no device has a longer name, alternative ones included. */
  private static final int MAX_NAME_CHARACTERS = 127;

  private final KernelExchange exchange;

  private RtnetlinkSocket(KernelExchange exchange) {
    this.exchange = exchange;
  }

  /**
   * Opens a socket.
   *
   * @throws NetlinkException when the system does not give one
   */
  public static RtnetlinkSocket open() {
    return new RtnetlinkSocket(KernelExchange.open(Rt.NETLINK_ROUTE));
  }

  @Override
  public List<Link> links() {
    return exchange.dump(QueryEncoder::links, Rt.RTM_NEWLINK, LinkDecoder::link);
  }

  @Override
  public Optional<Link> link(String name) {
    if (name.isEmpty() || name.length() > MAX_NAME_CHARACTERS) {
      return Optional.empty();
    }
    return exchange.get(
        (query, sequence) -> query.link(name, sequence),
        Rt.RTM_NEWLINK,
        LinkDecoder::link,
        RtnetlinkSocket::meansNoLink);
  }

  @Override
  public Optional<Link> link(int index) {
    if (index
        <= 0) { // what records say for "no device"; the kernel would take it for "no question"
      return Optional.empty();
    }
    return exchange.get(
        (query, sequence) -> query.link(index, sequence),
        Rt.RTM_NEWLINK,
        LinkDecoder::link,
        RtnetlinkSocket::meansNoLink);
  }

  @Override
  public List<Address> addresses() {
    return exchange.dump(QueryEncoder::addresses, Rt.RTM_NEWADDR, ObjectDecoder::address);
  }

  /** Queue disciplines of all devices. */
  public List<Qdisc> qdiscs() {
    return exchange.dump(QueryEncoder::qdiscs, Rt.RTM_NEWQDISC, ObjectDecoder::qdisc);
  }

  @Override
  public List<Route> routes(RouteFilter filter, Predicate<Route> keep) {
    List<Route> routes = new ArrayList<>();
    for (AddressFamily family : AddressFamily.values()) {
      if (filter.family().map(wanted -> wanted == family).orElse(true)) {
        routes.addAll(routes(family, filter, keep));
      }
    }
    return List.copyOf(routes);
  }

  private List<Route> routes(AddressFamily family, RouteFilter filter, Predicate<Route> keep) {
    // Filtered once more here: a kernel without IPv6 answers a dump of it with every family's
    // routes (rtnetlink_rcv_msg() falls back to PF_UNSPEC).
    RouteFilter exact = filter.withFamily(family);
    return exchange.dump(
        (query, sequence) -> query.routes(family, filter, sequence),
        Rt.RTM_NEWROUTE,
        message ->
            RouteDecoder.isCloned(message)
                ? Optional.empty()
                : RouteDecoder.route(message).filter(exact::matches).filter(keep),
        // A table or device that does not exist holds no routes.
        error -> error.errno() == Errno.ENOENT || error.errno() == Errno.ENODEV);
  }

  @Override
  public List<RoutingRule> rules() {
    // A family without rules is refused (fib_nl_dumprule() in net/core/fib_rules.c).
    return Arrays.stream(AddressFamily.values())
        .flatMap(
            family ->
                exchange
                    .dump(
                        (query, sequence) -> query.rules(family, sequence),
                        Rt.RTM_NEWRULE,
                        RuleDecoder::rule,
                        error -> error.errno() == Errno.EAFNOSUPPORT)
                    .stream())
        .sorted(Comparator.comparingLong(RoutingRule::preference))
        .toList();
  }

  @Override
  public List<NextHopObject> nextHopObjects() {
    // A type of message it does not know is refused (rtnetlink_rcv_msg() in net/core/rtnetlink.c).
    return exchange.dump(
        QueryEncoder::nextHopObjects,
        Rt.RTM_NEWNEXTHOP,
        RouteDecoder::nextHopObject,
        error -> error.errno() == Errno.EOPNOTSUPP);
  }

  @Override
  public List<Neighbour> neighbours(int linkIndex) {
    return exchange.dump(
        (query, sequence) -> query.neighbours(linkIndex, sequence),
        Rt.RTM_NEWNEIGH,
        message -> ObjectDecoder.neighbour(message).filter(n -> n.linkIndex() == linkIndex),
        RtnetlinkSocket::meansNoLink);
  }

  @Override
  public List<FdbEntry> fdb(int linkIndex) {
    return exchange.dump(
        (query, sequence) -> query.fdb(linkIndex, sequence),
        Rt.RTM_NEWNEIGH,
        message -> ObjectDecoder.fdb(message).filter(e -> e.linkIndex() == linkIndex),
        RtnetlinkSocket::meansNoLink);
  }

  private static boolean meansNoLink(NetlinkError error) {
    return error.errno() == Errno.ENODEV;
  }

  @Override
  public Optional<Route> routeTo(IpAddress destination) {
    return exchange
        .get(
            (query, sequence) -> query.routeTo(destination, sequence),
            Rt.RTM_NEWROUTE,
            RouteDecoder::route,
            RtnetlinkSocket::meansNoRoute)
        .filter(
            route ->
                route.type().equals(RouteType.UNICAST) || route.type().equals(RouteType.LOCAL));
  }

  @Override
  public List<RouteAnswer> ask(List<RouteQuestion> questions) {
    return exchange.getEach(
        List.copyOf(questions),
        QueryEncoder::route,
        Rt.RTM_NEWROUTE,
        message ->
            new RouteAnswer.Matched(
                RouteDecoder.route(message)
                    // What is told of a source is that of the question (rt6_fill_node()).
                    .map(route -> route.withSource(Optional.empty()))
                    .orElseThrow(() -> NetlinkException.malformed("route of no IP family"))),
        error -> new RouteAnswer.Refused(error.errno()));
  }

  /** A blackhole is EINVAL without a text (fib_props in net/ipv4/fib_semantics.c). */
  static boolean meansNoRoute(NetlinkError error) {
    return NO_ROUTE.contains(error.errno())
        || error.errno() == Errno.EINVAL && error.message().isEmpty();
  }

  @Override
  public BatchResult execute(List<RtRequest> requests) {
    return exchange.execute(requests);
  }

  @Override
  public int portId() {
    return exchange.port();
  }

  /** Closes the socket once a request under way has ended. Closing again does nothing. */
  @Override
  public void close() {
    exchange.close();
  }
}
