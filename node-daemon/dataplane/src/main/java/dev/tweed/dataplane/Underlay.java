package dev.tweed.dataplane;

import dev.tweed.ip.IpAddress;
import java.util.Objects;

/**
 * What carries traffic between nodes.
 *
 * @param device name of the link
 * @param address this node's address on it
 */
public record Underlay(String device, IpAddress address) {
  /** Refuses nulls. */
  public Underlay {
    Objects.requireNonNull(device, "device");
    Objects.requireNonNull(address, "address");
  }
}
