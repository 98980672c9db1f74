package dev.tweed.firewall.rules;

import dev.tweed.firewall.NetworkNeeds;
import dev.tweed.firewall.ruleset.Packet;
import dev.tweed.ip.AddressFamily;
import dev.tweed.ip.IpPrefix;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * A rule as firewalls hold them: one family, one source, one destination, one list of ports on each
 * side that fits iptables' multiport match. Anywhere is the prefix of length 0.
 *
 * @param family of both sides
 * @param direction which way the packets go
 * @param action what happens to them
 * @param protocol ANY with ports only if those are single: it is TCP and UDP then
 * @param icmpTypes of messages of ICMP or ICMPv6, sorted; empty is any
 * @param destination where to
 * @param destinationPorts sorted; empty is any
 * @param source where from
 * @param sourcePorts sorted; empty is any
 * @param interfaceIn only packets that come in by it
 * @param interfaceOut only packets that leave by it
 * @param logging which are logged
 * @param origin whose it is
 * @param rule name of the rule it comes from
 * @param note of a person; one line of printable characters, may be empty
 */
public record FilterRow(
    AddressFamily family,
    Direction direction,
    Action action,
    Protocol protocol,
    List<Integer> icmpTypes,
    IpPrefix destination,
    List<PortRange> destinationPorts,
    IpPrefix source,
    List<PortRange> sourcePorts,
    Optional<String> interfaceIn,
    Optional<String> interfaceOut,
    Logging logging,
    Origin origin,
    String rule,
    String note) {

  private static final String MARK = "tweed:";
  private static final Pattern OURS =
      Pattern.compile("tweed:(network|policy)/[a-z0-9.-]+/[a-z0-9-]+( .*)?", Pattern.DOTALL);

  /**
   * @throws IllegalArgumentException if a device has no name that rules may have in them; what it
   *     holds ends in files and commands of firewalls
   */
  public FilterRow {
    interfaceIn.ifPresent(NetworkNeeds::requireDevice);
    interfaceOut.ifPresent(NetworkNeeds::requireDevice);
    icmpTypes = List.copyOf(icmpTypes);
    destinationPorts = List.copyOf(destinationPorts);
    sourcePorts = List.copyOf(sourcePorts);
  }

  /**
   * The comment that marks it as ours and says whose it is: {@code tweed:policy/api/from-pods note}
   */
  public String comment() {
    String mark = MARK + origin + "/" + rule;
    return note.isEmpty() ? mark : mark + " " + note;
  }

  /** The same for ICMP of its family only. */
  FilterRow forIcmp() {
    return new FilterRow(
        family,
        direction,
        action,
        Protocol.icmp(family),
        icmpTypes,
        destination,
        destinationPorts,
        source,
        sourcePorts,
        interfaceIn,
        interfaceOut,
        logging,
        origin,
        rule,
        note);
  }

  /** Whether it asks for ports on either side. */
  public boolean hasPorts() {
    return !destinationPorts.isEmpty() || !sourcePorts.isEmpty();
  }

  /** Its protocol, or those that ports of any protocol stand for. */
  public List<Protocol> protocols() {
    return protocol == Protocol.ANY && hasPorts()
        ? List.of(Protocol.TCP, Protocol.UDP)
        : List.of(protocol);
  }

  /** Whether a comment found in a firewall is one of ours. */
  public static boolean isOurs(String comment) {
    return OURS.matcher(comment).matches();
  }

  /** One of the packets it matches, as far as it says. */
  public Packet packet() {
    return Packet.of(
            direction.hook(), family, (protocol == Protocol.ANY ? Protocol.TCP : protocol).text())
        .on(interfaceIn, interfaceOut)
        .between(Optional.of(source), Optional.of(destination))
        .to(destinationPorts.stream().mapToInt(PortRange::first).findFirst());
  }

  /** What it matches, whatever it does then; two rows with one match cannot both have effect. */
  public RowMatch match() {
    return new RowMatch(
        family,
        direction,
        protocol,
        icmpTypes,
        destination,
        destinationPorts,
        source,
        sourcePorts,
        interfaceIn,
        interfaceOut);
  }

  /** The match of a row; fields as there. */
  public record RowMatch(
      AddressFamily family,
      Direction direction,
      Protocol protocol,
      List<Integer> icmpTypes,
      IpPrefix destination,
      List<PortRange> destinationPorts,
      IpPrefix source,
      List<PortRange> sourcePorts,
      Optional<String> interfaceIn,
      Optional<String> interfaceOut) {}
}
