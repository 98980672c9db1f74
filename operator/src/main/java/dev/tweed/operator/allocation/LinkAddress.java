package dev.tweed.operator.allocation;

import dev.tweed.operator.allocation.NodeAddresses.NodeAddress;
import java.util.Optional;

/** An address of a link of a node, as its daemon reports it. */
public record LinkAddress(String device, NodeAddress address) {
  /** Of a text, if that is an address that a tunnel can end at. */
  public static Optional<LinkAddress> of(String device, String address) {
    return NodeAddress.of(address).map(a -> new LinkAddress(device, a));
  }
}
