package dev.tweed.operator.allocation;

import dev.tweed.ip.AddressFamily;
import dev.tweed.ip.IpAddress;
import dev.tweed.ip.IpPrefix;
import java.util.List;
import java.util.stream.Stream;

/**
 * Underlay addresses of a node, read once for each version of it.
 *
 * @param underlay the first usable InternalIP of each family, IPv4 first, as canonical texts; empty
 *     when there is none
 * @param ranges the first {@value #MOST} usable InternalIPs, each as a range of one address
 */
public record NodeAddresses(List<String> underlay, List<IpPrefix> ranges) {
  /** A kubelet says what it likes, and each address takes a block out of a pool in use. */
  private static final int MOST = 8;

  // A tunnel cannot end at these; link-local needs a scope that no other node knows.
  private static final List<IpPrefix> UNUSABLE =
      Stream.of(
              "0.0.0.0/32",
              "127.0.0.0/8",
              "169.254.0.0/16",
              "224.0.0.0/4",
              "::/128",
              "::1/128",
              "::ffff:0.0.0.0/96",
              "fe80::/10",
              "ff00::/8")
          .map(IpPrefix::parse)
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
    List<IpAddress> usable =
        internalIPs.stream()
            .flatMap(text -> IpAddress.tryParse(text).stream())
            .filter(NodeAddresses::isUsable)
            .toList();
    return new NodeAddresses(
        Stream.of(AddressFamily.IPV4, AddressFamily.IPV6)
            .flatMap(family -> usable.stream().filter(a -> a.family() == family).limit(1))
            .map(IpAddress::toString)
            .toList(),
        usable.stream().limit(MOST).map(IpPrefix::host).toList());
  }

  private static boolean isUsable(IpAddress address) {
    for (IpPrefix range : UNUSABLE) {
      if (range.contains(address)) {
        return false;
      }
    }
    return true;
  }
}
