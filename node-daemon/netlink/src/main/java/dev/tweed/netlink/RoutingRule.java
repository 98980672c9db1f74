package dev.tweed.netlink;

import dev.tweed.ip.AddressFamily;
import dev.tweed.ip.IpPrefix;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;

/**
 * A routing rule (RTM_NEWRULE, {@code ip rule}): which packets look into which table. What is
 * absent selects every packet.
 *
 * @param family of the packets
 * @param preference 0..4294967295, the lower is asked first
 * @param source network they come from
 * @param destination network they go to
 * @param inputDevice name of the device they came in by; {@code lo} is this host itself
 * @param outputDevice name of the device the sender is bound to
 * @param mark firewall mark they have, in the bits of {@code markMask}
 * @param markMask which bits of the mark are compared, 0 for none
 * @param inverted whether all others are selected instead
 * @param action what is done with them
 * @param table where {@link RuleAction#LOOKUP} looks, else 0
 * @param protocol who made the rule
 * @param otherSelectors names, as {@code ip rule} has them, of what else it depends on and is not
 *     told here (uidrange, sport, suppress_prefixlength, goto 32766...); such a rule can be read,
 *     not written
 */
public record RoutingRule(
    AddressFamily family,
    long preference,
    Optional<IpPrefix> source,
    Optional<IpPrefix> destination,
    Optional<String> inputDevice,
    Optional<String> outputDevice,
    long mark,
    long markMask,
    boolean inverted,
    RuleAction action,
    long table,
    RouteProtocol protocol,
    Set<String> otherSelectors) {

  private static final long MAX_U32 = 0xffff_ffffL;

  /** Refuses nulls, networks of another family and numbers beyond 32 bits; /0 counts as absent. */
  public RoutingRule {
    Objects.requireNonNull(family, "family");
    Objects.requireNonNull(inputDevice, "inputDevice");
    Objects.requireNonNull(outputDevice, "outputDevice");
    Objects.requireNonNull(action, "action");
    Objects.requireNonNull(protocol, "protocol");
    otherSelectors = Set.copyOf(otherSelectors);
    source = selecting(source, family);
    destination = selecting(destination, family);
    requireU32("preference", preference);
    requireU32("mark", mark);
    requireU32("mark mask", markMask);
    requireU32("table", table);
  }

  private static Optional<IpPrefix> selecting(Optional<IpPrefix> prefix, AddressFamily family) {
    if (prefix.isPresent() && prefix.get().family() != family) {
      throw new IllegalArgumentException("a rule of " + family + " cannot have " + prefix.get());
    }
    return prefix.filter(network -> network.length() > 0);
  }

  private static void requireU32(String what, long number) {
    if (number < 0 || number > MAX_U32) {
      throw new IllegalArgumentException("a rule's " + what + " is 0..4294967295, not " + number);
    }
  }

  /** Every packet of a family looks into a table; refine it with the {@code with...} methods. */
  public static RoutingRule lookup(
      AddressFamily family, long preference, long table, RouteProtocol protocol) {
    return new RoutingRule(
        family,
        preference,
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        0,
        0,
        false,
        RuleAction.LOOKUP,
        table,
        protocol,
        Set.of());
  }

  /** The same for packets from this network only. */
  public RoutingRule withSource(IpPrefix only) {
    return with(Optional.of(only), destination, inputDevice, mark, markMask);
  }

  /** The same for packets to this network only. */
  public RoutingRule withDestination(IpPrefix only) {
    return with(source, Optional.of(only), inputDevice, mark, markMask);
  }

  /** The same for packets that came in by this device only. */
  public RoutingRule withInputDevice(String only) {
    return with(source, destination, Optional.of(only), mark, markMask);
  }

  /** The same for packets with this mark only. */
  public RoutingRule withMark(long only, long mask) {
    return with(source, destination, inputDevice, only, mask);
  }

  private RoutingRule with(
      Optional<IpPrefix> newSource,
      Optional<IpPrefix> newDestination,
      Optional<String> newInputDevice,
      long newMark,
      long newMarkMask) {
    return new RoutingRule(
        family,
        preference,
        newSource,
        newDestination,
        newInputDevice,
        outputDevice,
        newMark,
        newMarkMask,
        inverted,
        action,
        table,
        protocol,
        otherSelectors);
  }
}
