package dev.tweed.operator.allocation;

import java.net.InetAddress;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** Underlay addresses of a node: the first usable InternalIP of each family, IPv4 first. */
final class NodeAddresses {
  private NodeAddresses() {}

  /** Canonical texts; empty when the node has no usable InternalIP. */
  static List<String> of(NodeFacts node) {
    return Stream.of(Family.values())
        .flatMap(family -> first(node, family).stream())
        .map(Address::toString)
        .toList();
  }

  private static Optional<Address> first(NodeFacts node, Family family) {
    return node.internalIPs().stream()
        .flatMap(text -> Address.parse(text).stream())
        .filter(address -> address.family() == family)
        .filter(NodeAddresses::usable)
        .findFirst();
  }

  // A tunnel cannot end at these; link-local needs a scope that no other node knows.
  private static boolean usable(Address address) {
    InetAddress ip = InetAddress.ofLiteral(address.toString());
    return !ip.isAnyLocalAddress()
        && !ip.isLoopbackAddress()
        && !ip.isMulticastAddress()
        && !ip.isLinkLocalAddress();
  }
}
