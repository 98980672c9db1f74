package dev.tweed.operator.allocation;

import java.util.List;
import java.util.stream.Stream;

/**
 * Underlay addresses of a node, read once for each version of it.
 *
 * @param underlay the first usable InternalIP of each family, IPv4 first, as canonical texts; empty
 *     when there is none
 * @param ranges the first {@value #MOST} usable InternalIPs, each as a range of one address
 */
public record NodeAddresses(List<String> underlay, List<Cidr> ranges) {
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

  public NodeAddresses {
    underlay = List.copyOf(underlay);
    ranges = List.copyOf(ranges);
  }

  /**
   * Reads them.
   *
   * @param internalIPs as the kubelet reports them, unchecked
   */
  public static NodeAddresses of(List<String> internalIPs) {
    List<Address> usable =
        internalIPs.stream()
            .flatMap(text -> Address.parse(text).stream())
            .filter(NodeAddresses::isUsable)
            .toList();
    return new NodeAddresses(
        Stream.of(Family.IPV4, Family.IPV6)
            .flatMap(family -> usable.stream().filter(a -> a.family() == family).limit(1))
            .map(Address::toString)
            .toList(),
        usable.stream().limit(MOST).map(Cidr::of).toList());
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
