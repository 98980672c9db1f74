package dev.tweed.firewall.ufw;

import dev.tweed.firewall.rules.Action;
import dev.tweed.firewall.rules.Logging;
import dev.tweed.ip.AddressFamily;
import java.util.ArrayList;
import java.util.List;

/**
 * The lines for iptables-restore that ufw 0.36 writes below a tuple. Every part of a line is a
 * field of the tuple or a constant; none is free text.
 */
final class UfwRuleRenderer {

  private static final String RATE = " -m limit --limit 3/min --limit-burst 10";
  private static final String NEW = " -m conntrack --ctstate NEW";

  private final UfwTuple tuple;
  private final String prefix;
  private final String suffix;
  private final List<String> lines = new ArrayList<>();

  private UfwRuleRenderer(UfwTuple tuple, AddressFamily family) {
    this.tuple = tuple;
    this.prefix = prefix(family);
    UfwTuple.TupleMatch match = tuple.match();
    this.suffix = match.routed() ? "forward" : match.outgoing() ? "output" : "input";
  }

  /** Names of ufw's chains start so. */
  static String prefix(AddressFamily family) {
    return family == AddressFamily.IPV4 ? "ufw" : "ufw6";
  }

  /** The lines, without their ends. */
  static List<String> lines(UfwTuple tuple, AddressFamily family) {
    UfwRuleRenderer renderer = new UfwRuleRenderer(tuple, family);
    boolean ports =
        isGiven(tuple.match().destinationPorts()) || isGiven(tuple.match().sourcePorts());
    if (tuple.match().protocol().equals("any") && ports) {
      renderer.add("tcp");
      renderer.add("udp");
    } else {
      renderer.add(tuple.match().protocol());
    }
    return List.copyOf(renderer.lines);
  }

  private void add(String protocol) {
    String match = match(protocol);
    String user = "-A " + prefix + "-user-" + suffix + match;
    if (tuple.logging() != Logging.NONE) {
      String logging = prefix + "-user-logging-" + suffix;
      lines.add(
          "-A %s%s%s%s -j LOG --log-prefix \"[UFW %s] \""
              .formatted(
                  logging, match, tuple.logging() == Logging.NEW ? NEW : "", RATE, verdict()));
      lines.add("-A " + logging + match + " -j RETURN");
      lines.add(user + " -j " + logging);
    }
    if (tuple.action() == Action.LIMIT) {
      lines.add(user + NEW + " -m recent --set");
      lines.add(
          user
              + NEW
              + " -m recent --update --seconds 30 --hitcount 6 -j "
              + prefix
              + "-user-limit");
    }
    lines.add(user + " -j " + target(protocol));
  }

  private String target(String protocol) {
    return switch (tuple.action()) {
      case ALLOW -> "ACCEPT";
      case DENY -> "DROP";
      case REJECT -> protocol.equals("tcp") ? "REJECT --reject-with tcp-reset" : "REJECT";
      case LIMIT -> prefix + "-user-limit-accept";
    };
  }

  private String verdict() {
    return switch (tuple.action()) {
      case ALLOW -> "ALLOW";
      case DENY, REJECT -> "BLOCK";
      case LIMIT -> "LIMIT";
    };
  }

  private String match(String protocol) {
    UfwTuple.TupleMatch match = tuple.match();
    StringBuilder text = new StringBuilder();
    append(text, " -i ", match.interfaceIn());
    append(text, " -o ", match.interfaceOut());
    if (!protocol.equals("any")) {
      text.append(" -p ").append(protocol);
    }
    boolean destinationPorts = isGiven(match.destinationPorts());
    boolean sourcePorts = isGiven(match.sourcePorts());
    boolean list = isList(match.destinationPorts()) || isList(match.sourcePorts());
    if (list) {
      append(text, " -m multiport --dports ", destinationPorts ? match.destinationPorts() : "");
      append(text, " -m multiport --sports ", sourcePorts ? match.sourcePorts() : "");
    }
    append(text, " -d ", isAnywhere(match.destination()) ? "" : match.destination());
    append(text, " --dport ", destinationPorts && !list ? match.destinationPorts() : "");
    append(text, " -s ", isAnywhere(match.source()) ? "" : match.source());
    append(text, " --sport ", sourcePorts && !list ? match.sourcePorts() : "");
    return text.toString();
  }

  private static void append(StringBuilder text, String option, String value) {
    if (!value.isEmpty()) {
      text.append(option).append(value);
    }
  }

  private static boolean isGiven(String ports) {
    return !ports.equals("any");
  }

  private static boolean isList(String ports) {
    return ports.indexOf(',') >= 0 || ports.indexOf(':') >= 0;
  }

  /** Whether it is all addresses of a family, as ufw writes them. */
  static boolean isAnywhere(String address) {
    return address.equals("0.0.0.0/0") || address.equals("::/0");
  }
}
