package dev.tweed.firewall.rules;

import dev.tweed.ip.IpPrefix;
import java.util.List;
import java.util.stream.Collectors;

/** A row in the words of ufw's command line, for tables and messages. */
public final class RowText {

  private RowText() {}

  /** Such as {@code allow in on eth0 proto tcp from 10.244.0.0/16 to any port 6443}. */
  public static String of(FilterRow row) {
    StringBuilder text = new StringBuilder();
    text.append(row.action().text()).append(' ').append(row.direction().text());
    row.interfaceIn()
        .ifPresent(
            device ->
                text.append(row.direction() == Direction.IN ? " on " : " in on ").append(device));
    row.interfaceOut()
        .ifPresent(
            device ->
                text.append(row.direction() == Direction.OUT ? " on " : " out on ").append(device));
    if (row.protocol() != Protocol.ANY) {
      text.append(" proto ").append(row.protocol().text());
    }
    if (!row.icmpTypes().isEmpty()) {
      text.append(" type ")
          .append(row.icmpTypes().stream().map(String::valueOf).collect(Collectors.joining(",")));
    }
    text.append(" from ").append(end(row.source(), row.sourcePorts()));
    text.append(" to ").append(end(row.destination(), row.destinationPorts()));
    return text.toString();
  }

  private static String end(IpPrefix prefix, List<PortRange> ports) {
    String address =
        prefix.length() == 0
            ? "any"
            : prefix.length() == prefix.family().bits()
                ? prefix.address().toString()
                : prefix.toString();
    return ports.isEmpty()
        ? address
        : address
            + " port "
            + ports.stream().map(PortRange::toString).collect(Collectors.joining(","));
  }
}
