package dev.tweed.firewall.rules;

import dev.tweed.firewall.NetworkNeeds;
import dev.tweed.ip.AddressFamily;
import dev.tweed.ip.IpPrefix;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** Tells what is wrong with a rule by itself. */
final class RuleValidator {

  /** Addresses in one entry; a selector that finds more is meant for a set, which ufw lacks. */
  static final int MAX_ADDRESSES = 256;

  private static final Pattern NAME = Pattern.compile("[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?");
  private static final int MAX_COMMENT = 256;

  /** 255 is reserved, and stands for all of them in iptables. */
  private static final int MAX_ICMP_TYPE = 254;

  /** Listeners, routers and neighbours (RFC 4890, 4.4.1: traffic that must not be dropped). */
  private static final PortRange NEIGHBOURS = new PortRange(130, 136);

  private final Origin origin;
  private final FirewallRule rule;
  private final List<RuleProblem> problems = new ArrayList<>();

  private RuleValidator(Origin origin, FirewallRule rule) {
    this.origin = origin;
    this.rule = rule;
  }

  static List<RuleProblem> problems(Origin origin, FirewallRule rule) {
    RuleValidator validator = new RuleValidator(origin, rule);
    validator.checkName();
    validator.checkPorts();
    validator.checkIcmp();
    validator.checkLogging();
    validator.checkInterface(rule.interfaceIn(), "interfaceIn", Direction.OUT);
    validator.checkInterface(rule.interfaceOut(), "interfaceOut", Direction.IN);
    validator.checkComment();
    validator.checkAddresses(rule.from(), "from");
    validator.checkAddresses(rule.to(), "to");
    validator.checkFamilies();
    return List.copyOf(validator.problems);
  }

  private void checkName() {
    if (!NAME.matcher(rule.name()).matches()) {
      invalid(
          "name",
          "'" + printable(rule.name()) + "' is not a name",
          "use lower case letters, digits and hyphens, 63 at most");
    }
  }

  private void checkPorts() {
    boolean any =
        !rule.ports().isEmpty()
            || Stream.concat(rule.from().stream(), rule.to().stream())
                .anyMatch(peer -> !peer.ports().isEmpty());
    if (any && !rule.protocol().hasPorts()) {
      invalid(
          "ports",
          "protocol " + rule.protocol().text() + " has no ports",
          "set protocol to TCP, UDP or SCTP, or leave the ports out");
    }
    if (!rule.ports().isEmpty() && rule.to().stream().anyMatch(peer -> !peer.ports().isEmpty())) {
      invalid(
          "to",
          "destination ports are given twice, in ports and in to",
          "give them in one of the two");
    }
  }

  private void checkIcmp() {
    boolean icmp = rule.protocol().isIcmp();
    if (!rule.icmpTypes().isEmpty() && !icmp
        || rule.icmpTypes().stream().anyMatch(type -> type < 0 || type > MAX_ICMP_TYPE)) {
      invalid(
          "icmpTypes",
          "they are types of ICMP or ICMPv6, 0 to " + MAX_ICMP_TYPE,
          "set protocol to one of them and correct the types, or leave icmpTypes out");
    }
    if (rule.protocol() == Protocol.ICMPV6
        && rule.action() != Action.ALLOW
        && (rule.icmpTypes().isEmpty()
            || rule.icmpTypes().stream().anyMatch(NEIGHBOURS::contains))) {
      invalid(
          "icmpTypes",
          "without types 130 to 136 of ICMPv6 a node finds no neighbours and routers",
          "name the types to refuse, and none of these");
    }
    if (icmp && rule.action() == Action.LIMIT) {
      invalid("action", "Limit counts connections, and ICMP has none", "use Allow or Deny");
    }
  }

  /** Firewalls let packets of known connections pass before they ask rules. */
  private void checkLogging() {
    if (rule.logging() == Logging.ALL && !rule.action().refuses()) {
      invalid("log", "packets of connections that were let in meet no rule", "use NewConnections");
    }
  }

  private void checkInterface(Optional<String> device, String field, Direction without) {
    if (device.isEmpty()) {
      return;
    }
    if (rule.direction() == without) {
      invalid(
          field,
          "packets of direction " + without + " have none",
          "use " + (field.equals("interfaceIn") ? "interfaceOut" : "interfaceIn"));
    }
    if (!NetworkNeeds.DEVICE.matcher(device.get()).matches()) {
      invalid(
          field,
          "'" + printable(device.get()) + "' is not the name of a device",
          "use letters, digits, '.', '_' and '-', 15 at most");
    }
  }

  private void checkComment() {
    if (rule.comment().length() > MAX_COMMENT
        || rule.comment().codePoints().anyMatch(c -> !isPrintable(c))) {
      invalid(
          "comment",
          "it is longer than " + MAX_COMMENT + " characters, or has some that do not print",
          "write one short line");
    }
  }

  private void checkAddresses(List<Peer> peers, String field) {
    for (int i = 0; i < peers.size(); i++) {
      String path = field + "[" + i + "]";
      List<IpPrefix> prefixes = peers.get(i).prefixes();
      if (prefixes.size() > MAX_ADDRESSES) {
        add(
            PolicyReason.TooManyAddresses,
            path,
            "it stands for " + prefixes.size() + " addresses, " + MAX_ADDRESSES + " at most",
            "give a CIDR that holds them, or a narrower selector");
      }
      prefixes.stream()
          .filter(prefix -> !prefix.isCanonical())
          .forEach(
              prefix ->
                  invalid(
                      path,
                      prefix + " has bits set after its length",
                      "write " + prefix.network()));
      if (prefixes.isEmpty()) {
        add(PolicyReason.MatchesNobody, path, "nobody is selected by it", "look at the selector");
      }
    }
  }

  private void checkFamilies() {
    boolean anybody = !isNobody(rule.from()) && !isNobody(rule.to());
    boolean some =
        Stream.of(AddressFamily.values()).anyMatch(family -> RowExpansion.isPossible(rule, family));
    if (anybody && !some) {
      add(
          PolicyReason.MixedFamilies,
          "from",
          "no packet has such addresses and this protocol: IPv4 and IPv6 are mixed",
          "write one rule for each family");
    }
  }

  private static boolean isNobody(List<Peer> peers) {
    return !peers.isEmpty() && peers.stream().allMatch(peer -> peer.prefixes().isEmpty());
  }

  private void invalid(String field, String message, String remedy) {
    add(PolicyReason.InvalidRule, field, message, remedy);
  }

  private void add(PolicyReason reason, String field, String message, String remedy) {
    problems.add(new RuleProblem(reason, origin, printable(rule.name()), field, message, remedy));
  }

  /** What a terminal shows as it is: no controls, no line ends, nothing that turns text around. */
  private static boolean isPrintable(int c) {
    return switch (Character.getType(c)) {
      case Character.CONTROL,
          Character.FORMAT,
          Character.SURROGATE,
          Character.PRIVATE_USE,
          Character.UNASSIGNED,
          Character.LINE_SEPARATOR,
          Character.PARAGRAPH_SEPARATOR ->
          false;
      default -> true;
    };
  }

  private static String printable(String text) {
    StringBuilder out = new StringBuilder();
    text.codePoints().limit(64).forEach(c -> out.appendCodePoint(isPrintable(c) ? c : '?'));
    return out.toString();
  }
}
