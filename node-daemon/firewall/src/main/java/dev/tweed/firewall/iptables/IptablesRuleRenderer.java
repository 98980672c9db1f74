package dev.tweed.firewall.iptables;

import dev.tweed.firewall.rules.Action;
import dev.tweed.firewall.rules.BuiltInRulesPlanner;
import dev.tweed.firewall.rules.Direction;
import dev.tweed.firewall.rules.FilterRow;
import dev.tweed.firewall.rules.Logging;
import dev.tweed.firewall.rules.PortRange;
import dev.tweed.firewall.rules.Protocol;
import dev.tweed.ip.AddressFamily;
import dev.tweed.ip.IpPrefix;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * Lines for iptables-restore. Every part is a typed value or a constant; the one free text, the
 * comment, stands in quotes it cannot leave. Text is one character per byte (ISO 8859-1).
 *
 * <p>What ufw lets through before it asks its rules is not for rows to close, so that a policy
 * means the same here: ICMP (without which IPv6 has no neighbours) unless it is named, loopback
 * likewise, and connections that are there already. What may pass must be a packet that conntrack
 * makes sense of: kube-proxy's own rules drop others, and a row that stands before them must not
 * let them by (they would leave without their addresses translated, and reset connections).
 */
final class IptablesRuleRenderer {

  /** What the kernel has room for (XT_MAX_COMMENT_LEN, with the final zero). */
  private static final int MAX_COMMENT = 255;

  private static final String NEW = " -m conntrack --ctstate NEW";
  private static final String SANE = " -m conntrack ! --ctstate INVALID";
  private static final String TRANSLATED = " -m conntrack --ctstate DNAT";
  private static final String RATE = " -m limit --limit 3/min --limit-burst 10";
  private static final String RECENT = " -m recent";

  private final FilterRow row;
  private final List<String> lines = new ArrayList<>();

  private IptablesRuleRenderer(FilterRow row) {
    this.row = row;
  }

  /** The lines of a row, without their ends. */
  static List<String> lines(FilterRow row) {
    IptablesRuleRenderer renderer = new IptablesRuleRenderer(row);
    for (Protocol protocol : row.protocols()) {
      if (row.icmpTypes().isEmpty()) {
        renderer.add(protocol, "");
      }
      for (int type : row.icmpTypes()) {
        renderer.add(
            protocol,
            (protocol == Protocol.ICMP ? " -m icmp --icmp-type " : " -m icmp6 --icmpv6-type ")
                + type);
      }
    }
    return List.copyOf(renderer.lines);
  }

  /**
   * What stands before all rows. Answers belong to the connection that was let in: on a host that
   * drops by default, and has no rule of its own for them, half a connection would be none. It is
   * what ufw does, too, and spares all packets but the first the way through the rows; the price is
   * that a person's rules further down do not see them either.
   */
  static List<String> preamble(AddressFamily family, Direction direction) {
    String append = "-A " + IptablesListing.chain(direction);
    List<String> lines = new ArrayList<>();
    lines.add(append + " -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT");
    if (direction == Direction.IN) {
      boolean ipv4 = family == AddressFamily.IPV4;
      if (ipv4) {
        // A pod that asks the node for 127.0.0.1: kubelet's chain drops it (CVE-2020-8558), and a
        // row for the bridge must not come before that.
        lines.add(append + " ! -i lo -d 127.0.0.0/8 -j RETURN");
      }
      // Answers to a broadcast, which conntrack cannot tell: the host's own address.
      lines.add(
          append
              + " -p udp -m udp --sport %d --dport %d -j RETURN"
                  .formatted(ipv4 ? 67 : 547, ipv4 ? 68 : 546));
    }
    return lines;
  }

  private void add(Protocol protocol, String icmpType) {
    String match = "-A " + IptablesListing.chain(row.direction()) + match(protocol) + icmpType;
    String comment = " -m comment --comment " + quoted(row.comment());
    if (row.logging() != Logging.NONE) {
      lines.add(
          match
              + (row.logging() == Logging.NEW ? NEW : "")
              + RATE
              + comment
              + " -j LOG --log-prefix \"[TWEED "
              + verdict()
              + "] \"");
    }
    if (row.action() == Action.LIMIT) {
      // Not one for both: the kernel masks all sources of a list by the mask of its first rule.
      String list = " --name " + (row.family() == AddressFamily.IPV4 ? "TWEED" : "TWEED6");
      lines.add(match + NEW + RECENT + " --set" + list + comment);
      lines.add(
          match
              + NEW
              + RECENT
              + " --update --seconds 30 --hitcount 6"
              + list
              + comment
              + " -j REJECT --reject-with "
              + unreachable());
    }
    lines.add(
        match
            + (row.action().refuses() ? "" : state())
            + comment
            + " -j "
            + switch (row.action()) {
              case ALLOW, LIMIT -> "ACCEPT";
              case DENY -> "DROP";
              case REJECT ->
                  "REJECT --reject-with "
                      + (protocol == Protocol.TCP ? "tcp-reset" : unreachable());
            });
  }

  private String match(Protocol protocol) {
    StringBuilder text = new StringBuilder();
    device(text, "-i", row.interfaceIn(), Direction.IN);
    device(text, "-o", row.interfaceOut(), Direction.OUT);
    if (protocol == Protocol.AH && row.family() == AddressFamily.IPV6) {
      text.append(" -m ah"); // a header on the way to the protocol there, and never matched as one
    } else if (protocol != Protocol.ANY) {
      text.append(" -p ").append(protocol.text());
    } else if (!isOpening() && row.direction().exemptsIcmp(row.family())) {
      text.append(" ! -p ").append(Protocol.icmp(row.family()).text());
    }
    address(text, " -s ", row.source());
    address(text, " -d ", row.destination());
    if (row.hasPorts()) {
      boolean list = isList(row.destinationPorts()) || isList(row.sourcePorts());
      text.append(list ? "" : " -m " + protocol.text());
      ports(text, list ? " -m multiport --sports " : " --sport ", row.sourcePorts());
      ports(text, list ? " -m multiport --dports " : " --dport ", row.destinationPorts());
    }
    return text.toString();
  }

  private void device(
      StringBuilder text, String option, Optional<String> device, Direction loopback) {
    if (device.isPresent()) {
      text.append(' ').append(option).append(' ').append(device.get());
    } else if (row.direction() == loopback && !isOpening()) {
      text.append(" ! ").append(option).append(" lo");
    }
  }

  private boolean isOpening() {
    return row.action() == Action.ALLOW;
  }

  private String state() {
    return BuiltInRulesPlanner.isForServices(row) ? TRANSLATED : SANE;
  }

  private String verdict() {
    return switch (row.action()) {
      case ALLOW -> "ALLOW";
      case DENY, REJECT -> "BLOCK";
      case LIMIT -> "LIMIT";
    };
  }

  private String unreachable() {
    return row.family() == AddressFamily.IPV4 ? "icmp-port-unreachable" : "icmp6-port-unreachable";
  }

  private static void address(StringBuilder text, String option, IpPrefix prefix) {
    if (prefix.length() > 0) {
      text.append(option).append(prefix.network());
    }
  }

  private static void ports(StringBuilder text, String option, List<PortRange> ports) {
    if (!ports.isEmpty()) {
      text.append(option)
          .append(ports.stream().map(PortRange::toString).collect(Collectors.joining(",")));
    }
  }

  private static boolean isList(List<PortRange> ports) {
    return ports.size() > 1 || ports.stream().anyMatch(range -> !range.isSingle());
  }

  /**
   * In quotes iptables-restore takes a backslash as it is meant, and a line end as nothing else.
   */
  private static String quoted(String comment) {
    StringBuilder text = new StringBuilder("\"");
    int length = 0;
    for (int c : comment.codePoints().toArray()) {
      String one = Character.isISOControl(c) ? "?" : Character.toString(c);
      byte[] bytes = one.getBytes(StandardCharsets.UTF_8);
      length += bytes.length;
      if (length > MAX_COMMENT) {
        break;
      }
      text.append(c == '"' || c == '\\' ? "\\" : "")
          .append(new String(bytes, StandardCharsets.ISO_8859_1));
    }
    return text.append('"').toString();
  }
}
