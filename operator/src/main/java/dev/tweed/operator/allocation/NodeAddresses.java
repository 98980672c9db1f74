package dev.tweed.operator.allocation;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** Underlay addresses of a node: the first usable InternalIP of each family, IPv4 first. */
final class NodeAddresses {
  /** A kubelet says what it likes, and each address takes a block out of a pool in use. */
  private static final int MOST = 8;

  // A tunnel cannot end at these; link-local needs a scope that no other node knows.
  private static final List<Cidr> UNUSABLE =
      Stream.of(
              "0.0.0.0/32",
              "127.0.0.0/8",
              "169.254.0.0/16",
              "224.0.0.0/4",
              "::/128",
              "::1/128",
              "fe80::/10",
              "ff00::/8")
          .map(text -> Cidr.parse(text).orElseThrow())
          .toList();

  private NodeAddresses() {}

  /** Canonical texts; empty when the node has no usable InternalIP. */
  static List<String> of(NodeFacts node) {
    List<String> texts = new ArrayList<>(2);
    first(node, Family.IPV4).ifPresent(address -> texts.add(address.toString()));
    first(node, Family.IPV6).ifPresent(address -> texts.add(address.toString()));
    return texts;
  }

  /** The first {@value #MOST} usable InternalIPs, each as a range of one address. */
  static List<Cidr> all(NodeFacts node) {
    List<Cidr> ranges = new ArrayList<>(2);
    for (String text : node.internalIPs()) {
      if (ranges.size() < MOST) {
        usable(text).map(Cidr::of).ifPresent(ranges::add);
      }
    }
    return ranges;
  }

  private static Optional<Address> first(NodeFacts node, Family family) {
    for (String text : node.internalIPs()) {
      Optional<Address> address = usable(text);
      if (address.isPresent() && address.get().family() == family) {
        return address;
      }
    }
    return Optional.empty();
  }

  private static Optional<Address> usable(String text) {
    return Address.parse(text).filter(NodeAddresses::isUsable);
  }

  private static boolean isUsable(Address address) {
    for (Cidr range : UNUSABLE) {
      if (range.contains(Cidr.of(address))) {
        return false;
      }
    }
    return true;
  }
}
