package dev.tweed.agent.cluster;

import dev.tweed.dataplane.HostWay;
import dev.tweed.ip.IpAddress;
import java.util.Optional;

/** What the kernel says of this host's own packets. */
public interface HostWays {

  /** How the host reaches an address now; empty if it does not. */
  Optional<HostWay> wayTo(IpAddress address);

  /** Whether the host has an address. */
  boolean hasAddress(IpAddress address);
}
