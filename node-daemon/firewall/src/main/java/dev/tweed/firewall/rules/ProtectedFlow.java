package dev.tweed.firewall.rules;

import dev.tweed.ip.AddressFamily;
import dev.tweed.ip.IpAddress;
import dev.tweed.ip.IpPrefix;
import java.util.Collections;
import java.util.List;
import java.util.NavigableSet;
import java.util.Optional;
import java.util.TreeSet;

/**
 * First packets of connections that have to pass this node's filter.
 *
 * @param service what they are for
 * @param direction as rules have it
 * @param inbound whether the remote end sends them; of routed packets the near end is a pod
 * @param protocol TCP or UDP
 * @param port destination port; 0 is any, which only a row without ports cuts, or lets pass
 * @param family of both ends
 * @param ways how they may come or go; it is not known which of these it is
 * @param remotes the other ends
 * @param who says to people who the remote ends are, or why that is not known; may be empty
 */
public record ProtectedFlow(
    ProtectedService service,
    Direction direction,
    boolean inbound,
    Protocol protocol,
    int port,
    AddressFamily family,
    List<Way> ways,
    Remotes remotes,
    String who) {

  /** Ports that programs get or choose; Linux gives 32768 to 60999, others begin lower. */
  private static final PortRange CLIENTS = new PortRange(1024, 65_535);

  public ProtectedFlow {
    ways = List.copyOf(ways);
  }

  /**
   * A way by this node.
   *
   * @param near its address; the range of its pods for routed packets; all if it is not known
   * @param in the device they come by, if that is known and there is one
   * @param out the device they leave by, if that is known and there is one
   */
  public record Way(IpPrefix near, Optional<String> in, Optional<String> out) {}

  /** Who is at the other end. */
  public sealed interface Remotes {

    /** Every one of these, by whichever way. */
    record Each(NavigableSet<IpAddress> addresses) implements Remotes {
      public Each {
        addresses = Collections.unmodifiableNavigableSet(new TreeSet<>(addresses));
      }
    }

    /**
     * Somebody of these, by some way.
     *
     * @param besides such among them as do not count
     */
    record Somebody(List<IpPrefix> prefixes, List<IpPrefix> besides) implements Remotes {
      public Somebody {
        prefixes = List.copyOf(prefixes);
        besides = List.copyOf(besides);
      }

      /** Anybody of these counts. */
      public Somebody(List<IpPrefix> prefixes) {
        this(prefixes, List.of());
      }
    }
  }

  /** What the sender's port may be; clients of DHCP have one of their own. */
  PortRange sourcePorts() {
    return service == ProtectedService.DHCP ? PortRange.of(port == 67 ? 68 : 546) : CLIENTS;
  }

  /** Such as {@code SSH (tcp port 22)}. */
  public String text() {
    return "%s (%s)".formatted(service.text(), ports());
  }

  /** Such as {@code tcp port 22}. */
  public String ports() {
    return port == 0 ? protocol.text() : "%s port %d".formatted(protocol.text(), port);
  }
}
