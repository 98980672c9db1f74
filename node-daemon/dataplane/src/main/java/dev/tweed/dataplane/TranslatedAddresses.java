package dev.tweed.dataplane;

import dev.tweed.ip.IpAddress;
import dev.tweed.ip.IpPrefix;
import java.util.List;

/**
 * Which addresses of a node may be on none of its links, because something before it translates
 * them (1:1 NAT), and where packets to them arrive.
 *
 * @param ranges where they are
 * @param links names of links, the preferred first; * at the end stands for anything
 */
public record TranslatedAddresses(List<IpPrefix> ranges, List<String> links) {
  /** No address is translated. */
  public static final TranslatedAddresses NONE = new TranslatedAddresses(List.of(), List.of());

  /** Copies the lists. */
  public TranslatedAddresses {
    ranges = List.copyOf(ranges);
    links = List.copyOf(links);
  }

  /** Whether an address may be one. */
  public boolean contains(IpAddress address) {
    return ranges.stream().anyMatch(range -> range.contains(address));
  }

  /** Whether a link is meant by one of the names. */
  public static boolean matches(String name, String link) {
    return name.endsWith("*")
        ? link.startsWith(name.substring(0, name.length() - 1))
        : link.equals(name);
  }
}
