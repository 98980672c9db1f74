package dev.tweed.policy;

import dev.tweed.ip.IpAddress;
import dev.tweed.ip.IpPrefix;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A network without some of its parts.
 *
 * @param cidr without host bits
 * @param except parts that are not meant, without host bits
 */
public record IpBlock(IpPrefix cidr, List<IpPrefix> except) {
  public IpBlock {
    cidr = cidr.network();
    except = except.stream().map(IpPrefix::network).sorted().toList();
  }

  /**
   * Reads what Kubernetes stores: host bits are allowed and mean nothing. A part that cannot be
   * read makes it empty as a whole, since without that exception it would mean more than was asked
   * for.
   */
  public static Optional<IpBlock> tryParse(String cidr, List<String> except) {
    List<IpPrefix> parts = new ArrayList<>();
    for (String text : except) {
      Optional<IpPrefix> part = IpPrefix.tryParse(text);
      if (part.isEmpty()) {
        return Optional.empty();
      }
      parts.add(part.get());
    }
    return IpPrefix.tryParse(cidr).map(c -> new IpBlock(c, parts));
  }

  /** All of a network. */
  public static IpBlock of(String cidr, String... except) {
    return tryParse(cidr, List.of(except))
        .orElseThrow(() -> new IllegalArgumentException("'" + cidr + "' or a part is no network"));
  }

  /** Whether the address itself is meant. */
  public boolean contains(IpAddress address) {
    return cidr.contains(address) && !excludes(address);
  }

  /** Whether one of the exceptions holds the address. */
  public boolean excludes(IpAddress address) {
    return except.stream().anyMatch(e -> e.contains(address));
  }
}
