package dev.tweed.policy;

import dev.tweed.ip.IpAddress;
import java.util.Objects;
import java.util.Set;

/**
 * Addresses of the pods a selector chooses, all of them: a set of which a part is missing is none.
 */
public record PeerSet(String name, Set<IpAddress> addresses) {
  public PeerSet {
    Objects.requireNonNull(name, "name");
    addresses = Set.copyOf(addresses);
  }
}
