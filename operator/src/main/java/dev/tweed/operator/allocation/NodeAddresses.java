package dev.tweed.operator.allocation;

import dev.tweed.ip.IpAddress;
import dev.tweed.ip.IpPrefix;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Addresses of a node, read once for each version of it.
 *
 * @param internal the first {@value #MOST} usable InternalIPs, as the kubelet orders them
 * @param annotated what its annotation says, as it stands
 * @param ranges those that are usable of both, each as a range of one address
 */
public record NodeAddresses(
    List<NodeAddress> internal, List<String> annotated, List<IpPrefix> ranges) {
  /** A kubelet says what it likes, and each address takes a block out of a pool in use. */
  private static final int MOST = 8;

  // One of each family; a third one shows that somebody took it for something else.
  private static final int ANNOTATED = 3;

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

  /**
   * An address that a tunnel can end at.
   *
   * @param text canonical
   */
  public record NodeAddress(IpAddress address, String text) {
    /** Of a text, if it is one that a tunnel can end at. */
    static Optional<NodeAddress> of(String text) {
      return IpAddress.tryParse(text)
          .filter(NodeAddresses::isUsable)
          .map(a -> new NodeAddress(a, a.toString()));
    }
  }

  public NodeAddresses {
    internal = List.copyOf(internal);
    annotated = List.copyOf(annotated);
    ranges = List.copyOf(ranges);
  }

  /**
   * Reads them.
   *
   * @param internalIPs as the kubelet reports them, unchecked
   */
  public static NodeAddresses of(List<String> internalIPs) {
    return of(internalIPs, Optional.empty());
  }

  /**
   * Reads them.
   *
   * @param internalIPs as the kubelet reports them, unchecked
   * @param annotation of the Node, unchecked
   */
  public static NodeAddresses of(List<String> internalIPs, Optional<String> annotation) {
    List<NodeAddress> internal =
        internalIPs.stream()
            .flatMap(text -> NodeAddress.of(text).stream())
            .distinct()
            .limit(MOST)
            .toList();
    List<String> annotated =
        annotation.stream()
            .flatMap(text -> Stream.of(text.split(",")))
            .map(String::strip)
            .filter(text -> !text.isEmpty())
            .limit(ANNOTATED)
            .toList();
    return new NodeAddresses(
        internal,
        annotated,
        Stream.concat(
                internal.stream(), annotated.stream().flatMap(a -> NodeAddress.of(a).stream()))
            .map(a -> IpPrefix.host(a.address()))
            .distinct()
            .toList());
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
