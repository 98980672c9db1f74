package dev.tweed.firewall.ufw;

import dev.tweed.firewall.rules.Action;
import dev.tweed.firewall.rules.Direction;
import dev.tweed.firewall.rules.FilterRow;
import dev.tweed.firewall.rules.Logging;
import dev.tweed.firewall.rules.PortRange;
import dev.tweed.ip.IpAddress;
import dev.tweed.ip.IpPrefix;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * One rule as ufw remembers it, in the spelling of its files.
 *
 * @param match what it matches
 * @param action what happens then
 * @param logging which packets are logged
 * @param comment of a person, or our mark; empty if there is none
 */
record UfwTuple(TupleMatch match, Action action, Logging logging, String comment) {

  /**
   * Rules of application profiles have two more fields, which are of no use to us. Very old ones
   * have no direction: it is in.
   */
  private static final Pattern LINE =
      Pattern.compile(
          "### tuple ###\\s+(?<route>route:)?(?<action>allow|deny|reject|limit)"
              + "(?<log>_log(?:-all)?)?\\s+(?<proto>[a-z0-9]+)\\s+(?<dport>\\S+)\\s+(?<dst>\\S+)"
              + "\\s+(?<sport>\\S+)\\s+(?<src>\\S+)(?:\\s+(?<dapp>\\S+)\\s+(?<sapp>(?!comment=)\\S+))?"
              + "(?:\\s+(?<way>(?:in|out)(?:_\\S+)?))?(?:\\s+comment=(?<comment>[0-9a-fA-F]*))?\\s*");

  private static final Pattern BOTH_DEVICES = Pattern.compile("in_(.+)!out_(.+)");

  /**
   * What a rule matches. ufw takes two rules that match the same for one (they differ by action,
   * log or comment only), so a file must not hold both.
   *
   * @param routed whether it is a route rule
   * @param protocol {@code any}, {@code tcp}...
   * @param destinationPorts {@code any}, {@code 80}, {@code 80,443,8000:8100}
   * @param destination {@code 0.0.0.0/0}, {@code ::/0}, {@code 192.0.2.7}, {@code 192.0.2.0/24}
   * @param sourcePorts as destinationPorts
   * @param source as destination
   * @param outgoing {@code out} in the tuple; with a route rule: only the device out is given
   * @param interfaceIn a device or empty
   * @param interfaceOut a device or empty
   * @param application names of application profiles, or empty
   */
  record TupleMatch(
      boolean routed,
      String protocol,
      String destinationPorts,
      String destination,
      String sourcePorts,
      String source,
      boolean outgoing,
      String interfaceIn,
      String interfaceOut,
      String application) {}

  /** The tuple of a row. */
  static UfwTuple of(FilterRow row) {
    boolean routed = row.direction() == Direction.ROUTED;
    boolean outgoing =
        routed
            ? row.interfaceIn().isEmpty() && row.interfaceOut().isPresent()
            : row.direction() == Direction.OUT;
    return new UfwTuple(
        new TupleMatch(
            routed,
            row.protocol().text(),
            ports(row.destinationPorts()),
            address(row.destination()),
            ports(row.sourcePorts()),
            address(row.source()),
            outgoing,
            row.interfaceIn().orElse(""),
            row.interfaceOut().orElse(""),
            ""),
        row.action(),
        row.logging(),
        // ufw refuses an apostrophe, because it prints comments between two of them.
        row.comment().replace('\'', '\u2019'));
  }

  /** Reads a tuple line; empty if it is none that ufw would take. */
  static Optional<UfwTuple> tryParse(String line) {
    Matcher matcher = LINE.matcher(line);
    if (!matcher.matches()) {
      return Optional.empty();
    }
    String way = Optional.ofNullable(matcher.group("way")).orElse("in");
    Matcher both = BOTH_DEVICES.matcher(way);
    boolean two = both.matches();
    return text(matcher.group("comment"))
        .map(
            comment ->
                new UfwTuple(
                    new TupleMatch(
                        matcher.group("route") != null,
                        matcher.group("proto"),
                        matcher.group("dport"),
                        matcher.group("dst"),
                        matcher.group("sport"),
                        matcher.group("src"),
                        way.startsWith("out"),
                        two ? both.group(1) : way.startsWith("in_") ? way.substring(3) : "",
                        two ? both.group(2) : way.startsWith("out_") ? way.substring(4) : "",
                        matcher.group("dapp") == null
                            ? ""
                            : matcher.group("dapp") + " " + matcher.group("sapp")),
                    Action.valueOf(matcher.group("action").toUpperCase(Locale.ROOT)),
                    logging(matcher.group("log")),
                    comment));
  }

  /** Whether the comment says that it is ours. */
  boolean isOurs() {
    return match.application().isEmpty() && FilterRow.isOurs(comment);
  }

  /** The line in the file, without its end. */
  String line() {
    StringBuilder line = new StringBuilder("### tuple ### ");
    if (match.routed()) {
      line.append("route:");
    }
    line.append(action.text());
    line.append(
        switch (logging) {
          case NONE -> "";
          case NEW -> "_log";
          case ALL -> "_log-all";
        });
    for (String field :
        List.of(
            match.protocol(),
            match.destinationPorts(),
            match.destination(),
            match.sourcePorts(),
            match.source())) {
      line.append(' ').append(field);
    }
    line.append(' ').append(way());
    if (!comment.isEmpty()) {
      // Hexadecimal, so that nothing in it can be anything but a comment.
      line.append(" comment=")
          .append(HexFormat.of().formatHex(comment.getBytes(StandardCharsets.UTF_8)));
    }
    return line.toString();
  }

  private String way() {
    boolean in = !match.interfaceIn().isEmpty();
    boolean out = !match.interfaceOut().isEmpty();
    if (in && out) {
      return "in_" + match.interfaceIn() + "!out_" + match.interfaceOut();
    }
    String way = match.outgoing() ? "out" : "in";
    return in || out ? way + "_" + match.interfaceIn() + match.interfaceOut() : way;
  }

  private static Logging logging(String suffix) {
    if (suffix == null) {
      return Logging.NONE;
    }
    return suffix.equals("_log") ? Logging.NEW : Logging.ALL;
  }

  private static Optional<String> text(String hex) {
    if (hex == null) {
      return Optional.of("");
    }
    if (hex.length() % 2 != 0) {
      return Optional.empty();
    }
    try {
      return Optional.of(
          StandardCharsets.UTF_8
              .newDecoder()
              .decode(ByteBuffer.wrap(HexFormat.of().parseHex(hex)))
              .toString());
    } catch (CharacterCodingException e) {
      return Optional.empty();
    }
  }

  private static String ports(List<PortRange> ports) {
    return ports.isEmpty()
        ? "any"
        : ports.stream().map(PortRange::toString).collect(Collectors.joining(","));
  }

  /** ufw writes a single address without its length. */
  private static String address(IpPrefix prefix) {
    String address = spelled(prefix.address());
    return prefix.length() == prefix.family().bits() ? address : address + "/" + prefix.length();
  }

  /** As inet_ntop(3) of glibc: it takes ::192.0.2.1 for an IPv4 address still. */
  private static String spelled(IpAddress address) {
    byte[] bytes = address.toBytes();
    boolean compatible =
        bytes.length == 16
            && Arrays.equals(bytes, 0, 12, new byte[12], 0, 12)
            && (bytes[12] != 0 || bytes[13] != 0);
    return compatible
        ? "::" + IpAddress.ofBytes(Arrays.copyOfRange(bytes, 12, 16))
        : address.toString();
  }
}
