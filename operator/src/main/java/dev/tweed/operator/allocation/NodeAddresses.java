package dev.tweed.operator.allocation;

import java.net.InetAddress;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** Underlay addresses of a node: the first usable InternalIP of each family, IPv4 first. */
final class NodeAddresses {
  /** A kubelet says what it likes, and each address takes a block out of a pool in use. */
  private static final int MOST = 8;

  private NodeAddresses() {}

  /** Canonical texts; empty when the node has no usable InternalIP. */
  static List<String> of(NodeFacts node) {
    return Stream.of(Family.values())
        .flatMap(family -> first(node, family).stream())
        .map(Address::toString)
        .toList();
  }

  /** The first {@value #MOST} usable InternalIPs, each as a range of one address. */
  static List<Cidr> all(NodeFacts node) {
    return usable(node)
        .limit(MOST)
        .map(a -> new Cidr(a.family(), a.value(), a.family().bits()))
        .toList();
  }

  private static Optional<Address> first(NodeFacts node, Family family) {
    return usable(node).filter(address -> address.family() == family).findFirst();
  }

  private static Stream<Address> usable(NodeFacts node) {
    return node.internalIPs().stream()
        .flatMap(text -> Address.parse(text).stream())
        .filter(NodeAddresses::usable);
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
