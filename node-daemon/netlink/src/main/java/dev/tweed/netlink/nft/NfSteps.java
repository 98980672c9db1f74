package dev.tweed.netlink.nft;

import dev.tweed.ip.AddressFamily;
import dev.tweed.ip.IpPrefix;
import dev.tweed.netlink.nft.NfExpression.AnyOf;
import dev.tweed.netlink.nft.NfExpression.Conntrack;
import dev.tweed.netlink.nft.NfExpression.Different;
import dev.tweed.netlink.nft.NfExpression.Equal;
import dev.tweed.netlink.nft.NfExpression.Lookup;
import dev.tweed.netlink.nft.NfExpression.Mask;
import dev.tweed.netlink.nft.NfExpression.Meta;
import dev.tweed.netlink.nft.NfExpression.Payload;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Makes rules: their steps, in the order in which they are added. Used by one thread. */
public final class NfSteps {

  /** Bits of a connection's state (NF_CT_STATE_BIT in nf_conntrack_common.h). */
  public enum State {
    INVALID(1),
    /** Established and related. */
    REPLIES(2 | 4),
    ESTABLISHED(2),
    NEW(8);

    private final int bits;

    State(int bits) {
      this.bits = bits;
    }
  }

  /** Its number above IP. */
  public static final int UDP = 17;

  private static final int ICMP = 1;
  private static final int ICMPV6 = 58;
  private static final int IPS_DST_NAT = 1 << 5;
  private static final int RTN_LOCAL = 2;

  private final List<NfExpression> steps = new ArrayList<>();
  private final Map<String, AnyOf> constants = new TreeMap<>();

  /** Loads the source's address. */
  public static NfExpression source(AddressFamily family) {
    return new Payload(Payload.Base.NETWORK, family == AddressFamily.IPV4 ? 12 : 8, family.bytes());
  }

  /** Loads the destination's address. */
  public static NfExpression destination(AddressFamily family) {
    return new Payload(
        Payload.Base.NETWORK, family == AddressFamily.IPV4 ? 16 : 24, family.bytes());
  }

  /** Loads the source's port. */
  public static NfExpression sourcePort() {
    return new Payload(Payload.Base.TRANSPORT, 0, 2);
  }

  /** Loads the destination's port. */
  public static NfExpression destinationPort() {
    return new Payload(Payload.Base.TRANSPORT, 2, 2);
  }

  /** Steps of other kinds. */
  public NfSteps then(NfExpression... others) {
    steps.addAll(List.of(others));
    return this;
  }

  /** What is of a family. */
  public NfSteps family(AddressFamily family) {
    return then(new Meta(Meta.Key.FAMILY), new Equal(NfValue.ofNumber(family.number(), 1)));
  }

  /** What came, or leaves, by a device. */
  public NfSteps device(Meta.Key key, String name) {
    return then(new Meta(key), new Equal(NfValue.ofText(name, Meta.Key.DEVICE_BYTES)));
  }

  /** The first device of every network namespace. */
  public NfSteps loopback(Meta.Key key) {
    return then(new Meta(key), new Equal(NfValue.ofHostNumber(1)));
  }

  /** What conntrack calls so. */
  public NfSteps state(State state) {
    return bits(Conntrack.Key.STATE, state.bits);
  }

  /** What goes the way that the first packet of its connection went. */
  public NfSteps original() {
    return then(new Conntrack(Conntrack.Key.DIRECTION), new Equal(NfValue.ofNumber(0, 1)));
  }

  /** What is sent elsewhere than it was sent to. */
  public NfSteps translated() {
    return bits(Conntrack.Key.STATUS, IPS_DST_NAT);
  }

  private NfSteps bits(Conntrack.Key key, int bits) {
    return then(
        new Conntrack(key),
        new Mask(NfValue.ofHostNumber(bits)),
        new Different(NfValue.ofHostNumber(0)));
  }

  /** What is for this host. */
  public NfSteps local() {
    return then(new NfExpression.DestinationType(), new Equal(NfValue.ofHostNumber(RTN_LOCAL)));
  }

  /** What is loaded is in one of these; none asks for nothing. */
  public NfSteps within(NfExpression load, List<IpPrefix> prefixes) {
    if (prefixes.isEmpty()) {
      return this;
    }
    IpPrefix first = prefixes.getFirst();
    then(load);
    return prefixes.size() == 1
        ? mask(first).then(new Equal(NfValue.of(first.network().address())))
        : then(
            new AnyOf(
                NfSet.Key.ofAddresses(first.family()),
                prefixes.stream().map(NfInterval::of).toList()));
  }

  /** What is loaded is not in this. */
  public NfSteps outside(NfExpression load, IpPrefix prefix) {
    return then(load).mask(prefix).then(new Different(NfValue.of(prefix.network().address())));
  }

  private NfSteps mask(IpPrefix prefix) {
    return prefix.length() == prefix.family().bits()
        ? this
        : then(new Mask(NfValue.ofMask(prefix.length(), prefix.family().bytes())));
  }

  /** One of these; none asks for nothing. */
  public NfSteps protocol(int... numbers) {
    return numbers.length == 0
        ? this
        : then(new Meta(Meta.Key.PROTOCOL)).anyOf(NfSet.Key.PROTOCOL, singles(numbers));
  }

  /** ICMP messages of a family, of these types. */
  public NfSteps icmp(AddressFamily family, List<NfInterval> types) {
    boolean v4 = family == AddressFamily.IPV4;
    return family(family).protocol(v4 ? ICMP : ICMPV6).icmpTypes(family, types);
  }

  /** ICMP of a family, which was asked for before, of these types; none asks for nothing. */
  public NfSteps icmpTypes(AddressFamily family, List<NfInterval> types) {
    return types.isEmpty()
        ? this
        : then(new Payload(Payload.Base.TRANSPORT, 0, 1))
            .anyOf(
                family == AddressFamily.IPV4 ? NfSet.Key.ICMP_TYPE : NfSet.Key.ICMPV6_TYPE, types);
  }

  /** Numbers of one byte. */
  public static List<NfInterval> singles(int... numbers) {
    List<NfInterval> intervals = new ArrayList<>();
    for (int number : numbers) {
      intervals.add(NfInterval.ofNumbers(number, number, 1));
    }
    return intervals;
  }

  /** What is loaded is this number of two bytes. */
  public NfSteps number(NfExpression load, int number) {
    return then(load, new Equal(NfValue.ofNumber(number, 2)));
  }

  /** What is loaded is one of these ports; none asks for nothing. */
  public NfSteps ports(NfExpression load, List<NfInterval> ports) {
    if (ports.isEmpty()) {
      return this;
    }
    then(load);
    // nft does not read a list of ports of conntrack that it has listed itself, but in a set.
    return load instanceof Conntrack && !isOne(ports)
        ? constant("ports-", new AnyOf(NfSet.Key.PORT, ports))
        : anyOf(NfSet.Key.PORT, ports);
  }

  private NfSteps anyOf(NfSet.Key key, List<NfInterval> intervals) {
    return then(
        isOne(intervals) ? new Equal(intervals.getFirst().first()) : new AnyOf(key, intervals));
  }

  private static boolean isOne(List<NfInterval> intervals) {
    return intervals.size() == 1 && intervals.getFirst().isSingle();
  }

  private NfSteps constant(String kind, AnyOf content) {
    String name = kind + content.digest();
    constants.put(name, content);
    return then(new Lookup(name, false));
  }

  /** The sets with names that the steps ask. */
  public Map<String, AnyOf> constants() {
    return constants;
  }

  /** A rule of the steps so far and these. */
  public NfRule rule(NfTable table, String chain, String comment, NfExpression... last) {
    List<NfExpression> all = new ArrayList<>(steps);
    all.addAll(List.of(last));
    return new NfRule(table, chain, all, comment).sealed();
  }
}
