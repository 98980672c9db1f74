package dev.tweed.firewall.nft;

import dev.tweed.firewall.nft.NftTable.View;
import dev.tweed.firewall.rules.PortRange;
import dev.tweed.firewall.rules.Protocol;
import dev.tweed.ip.AddressFamily;
import dev.tweed.ip.IpPrefix;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * A match in the language of nft. Long lists become named sets, which are constant: the kernel
 * refuses to change their elements, so nobody can without leaving a trace in the rules.
 */
final class NftMatchRenderer {

  /** Longer lists are sets with a name; a listing leaves their elements out. */
  private static final int SHORT = 8;

  private static final String PORT = "th dport";

  private static final String PORT_BEFORE = "ct original proto-dst";

  /**
   * A list in a rule.
   *
   * @param name for a set of it
   * @param typeof an expression of the type of its elements; by {@code type} alone nft 1.1 makes
   *     sets that end nft 1.0 with a segmentation fault, whatever that is asked
   * @param interval whether any is more than one value
   * @param inlined how many may stand in a rule
   * @param elements as nft spells them
   */
  record Elements(
      String name, String typeof, boolean interval, int inlined, List<String> elements) {
    Elements {
      elements = List.copyOf(elements);
    }

    /** Whether it should be a set with a name. */
    boolean isLong() {
      return elements.size() > inlined;
    }

    /** In its place in a rule. */
    String inline() {
      return elements.size() == 1
          ? elements.getFirst()
          : elements.stream().collect(Collectors.joining(", ", "{ ", " }"));
    }

    /** The definition of the set with that name. */
    String definition(String chosen) {
      return "\tset %s {\n\t\ttypeof %s\n\t\tflags constant%s\n\t\telements = {\n"
              .formatted(chosen, typeof, interval ? ",interval" : "")
          + elements.stream().collect(Collectors.joining(",\n\t\t\t", "\t\t\t", "\n"))
          + "\t\t}\n\t}\n";
    }
  }

  private final NftMatch match;
  private final View view;
  private final Function<Elements, String> place;
  private final List<String> parts = new ArrayList<>();

  private NftMatchRenderer(NftMatch match, View view, Function<Elements, String> place) {
    this.match = match;
    this.view = view;
    this.place = place;
  }

  /**
   * Renders a match, with a blank at its end unless it is empty.
   *
   * @param place what to write for a list, such as {@code @input-1-saddr}
   */
  static String render(NftMatch match, View view, Function<Elements, String> place) {
    NftMatchRenderer renderer = new NftMatchRenderer(match, view, place);
    renderer.interfaces();
    renderer.addresses();
    renderer.protocolAndPorts();
    return renderer.parts.stream().map(part -> part + " ").collect(Collectors.joining());
  }

  static String ip(AddressFamily family) {
    return family == AddressFamily.IPV4 ? "ip" : "ip6";
  }

  static String name(AddressFamily family) {
    return family == AddressFamily.IPV4 ? "ipv4" : "ipv6";
  }

  /** What the sets of addresses are declared by, and {@link #PORT} those of ports. */
  static String address(AddressFamily family) {
    return ip(family) + " saddr";
  }

  private void interfaces() {
    match.interfaceIn().ifPresent(name -> parts.add("iifname \"" + name + '"'));
    match.interfaceOut().ifPresent(name -> parts.add("oifname \"" + name + '"'));
  }

  private void addresses() {
    match
        .family()
        .ifPresent(
            family -> {
              String ip = ip(family);
              String original = view == View.BEFORE_TRANSLATION ? "ct original " : "";
              if (match.sources().isEmpty()
                  && (match.destinations().isEmpty() || !original.isEmpty())) {
                parts.add("meta nfproto " + name(family));
              }
              addAddresses("saddr", ip + " saddr", family, match.sources());
              addAddresses("daddr", original + ip + " daddr", family, match.destinations());
            });
  }

  private void addAddresses(
      String name, String key, AddressFamily family, List<IpPrefix> prefixes) {
    boolean interval = prefixes.stream().anyMatch(prefix -> prefix.length() < family.bits());
    add(
        name,
        key,
        address(family),
        interval,
        prefixes.stream().map(NftMatchRenderer::text).toList());
  }

  private void protocolAndPorts() {
    boolean ports = !match.sourcePorts().isEmpty() || !match.destinationPorts().isEmpty();
    boolean original = view == View.BEFORE_TRANSLATION;
    boolean one = match.protocols().size() == 1 && !original;
    // Numbers: names are looked up in a file that an image may lack.
    if (!match.protocols().isEmpty() && !(ports && one)) {
      List<String> numbers =
          match.protocols().stream().map(p -> Integer.toString(number(p))).toList();
      parts.add("meta l4proto " + new Elements("", "", false, SHORT, numbers).inline());
    }
    String header = one ? match.protocols().getFirst().text() : "th";
    addPorts("sport", header + " sport", match.sourcePorts());
    addPorts("dport", original ? PORT_BEFORE : header + " dport", match.destinationPorts());
  }

  private void addPorts(String name, String key, List<PortRange> ports) {
    add(
        name,
        key,
        PORT,
        ports.stream().anyMatch(range -> !range.isSingle()),
        ports.stream().map(NftMatchRenderer::text).toList());
  }

  private static String text(PortRange range) {
    return range.isSingle() ? Integer.toString(range.first()) : range.first() + "-" + range.last();
  }

  private static String text(IpPrefix prefix) {
    return prefix.length() == prefix.family().bits()
        ? prefix.address().toString()
        : prefix.toString();
  }

  private void add(
      String name, String key, String typeof, boolean interval, List<String> elements) {
    if (!elements.isEmpty()) {
      // nft 1.0.6 lists ports of conntrack as "invalid type", but not those of a set.
      int inlined = !key.endsWith(PORT_BEFORE) ? SHORT : interval ? 0 : 1;
      parts.add(key + " " + place.apply(new Elements(name, typeof, interval, inlined, elements)));
    }
  }

  private static int number(Protocol protocol) {
    return switch (protocol) {
      case ANY -> throw new IllegalArgumentException("any protocol is an empty list");
      case IGMP -> 2;
      case TCP -> 6;
      case UDP -> 17;
      case IPV6 -> 41;
      case GRE -> 47;
      case ESP -> 50;
      case AH -> 51;
    };
  }
}
