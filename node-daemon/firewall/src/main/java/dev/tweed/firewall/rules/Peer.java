package dev.tweed.firewall.rules;

import dev.tweed.ip.IpPrefix;
import java.util.List;

/**
 * One entry of a side of a rule.
 *
 * @param addresses whose
 * @param ports ports on this side; empty is any
 */
public record Peer(Addresses addresses, List<PortRange> ports) {

  public Peer {
    ports = List.copyOf(ports);
  }

  /** Any port of these addresses. */
  public static Peer of(IpPrefix... prefixes) {
    return new Peer(new Addresses.Of(List.of(prefixes)), List.of());
  }

  /** Addresses of an entry. */
  public sealed interface Addresses {

    /** Every address of both families. */
    record Anywhere() implements Addresses {}

    /**
     * These; an empty list is nobody, as when a selector finds no node, and never anywhere.
     *
     * @param prefixes of either family, in any order
     */
    record Of(List<IpPrefix> prefixes) implements Addresses {
      public Of {
        prefixes = List.copyOf(prefixes);
      }
    }
  }
}
