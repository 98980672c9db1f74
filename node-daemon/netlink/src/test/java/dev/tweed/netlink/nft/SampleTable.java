package dev.tweed.netlink.nft;

import dev.tweed.ip.IpAddress;
import dev.tweed.netlink.nft.NfExpression.Equal;
import dev.tweed.netlink.nft.NfExpression.Lookup;
import dev.tweed.netlink.nft.NfExpression.Meta;
import dev.tweed.netlink.nft.NfExpression.Payload;
import dev.tweed.netlink.nft.NfExpression.Update;
import dev.tweed.netlink.nft.NfExpression.Verdict;
import java.util.List;
import java.util.Optional;

/** A table that drops VXLAN packets of strangers, and the text of which nft makes the same. */
public final class SampleTable {

  public static final NfTable TABLE = new NfTable(NfFamily.INET, "tweed-tunnel");

  /** As nft lists it. */
  public static final String TEXT =
      """
      table inet tweed-tunnel {
      	set peers-ipv4 {
      		type ipv4_addr
      		elements = { 192.0.2.2, 192.0.2.3 }
      	}

      	set peers-ipv6 {
      		type ipv6_addr
      		elements = { 2001:db8::2 }
      	}

      	set strangers-ipv4 {
      		type ipv4_addr
      		size 64
      		flags dynamic,timeout
      		timeout 5m
      	}

      	set strangers-ipv6 {
      		type ipv6_addr
      		size 64
      		flags dynamic,timeout
      		timeout 5m
      	}

      	chain strangers {
      		update @strangers-ipv4 { ip saddr }
      		update @strangers-ipv6 { ip6 saddr }
      		counter packets 0 bytes 0 drop comment "no node of the network"
      	}

      	chain input {
      		type filter hook input priority -200; policy accept;
      		udp dport 8472 @th,96,24 0x1 ip saddr != @peers-ipv4 goto strangers
      		udp dport 8472 @th,96,24 0x1 ip6 saddr != @peers-ipv6 goto strangers
      	}
      }
      """;

  private static final Payload SOURCE = new Payload(Payload.Base.NETWORK, 12, 4);
  private static final Payload SOURCE6 = new Payload(Payload.Base.NETWORK, 8, 16);
  private static final Optional<NfSet.Learning> LEARNING =
      Optional.of(new NfSet.Learning(64, 300_000));

  public static final NfChain STRANGERS = new NfChain(TABLE, "strangers", Optional.empty());
  public static final NfChain INPUT =
      new NfChain(
          TABLE,
          "input",
          Optional.of(new NfHook(NfHook.Type.FILTER, NfHook.Point.INPUT, -200, true)));
  public static final List<NfSet> SETS =
      List.of(
          new NfSet(TABLE, "peers-ipv4", NfSet.Key.IPV4_ADDRESS, Optional.empty()),
          new NfSet(TABLE, "peers-ipv6", NfSet.Key.IPV6_ADDRESS, Optional.empty()),
          new NfSet(TABLE, "strangers-ipv4", NfSet.Key.IPV4_ADDRESS, LEARNING),
          new NfSet(TABLE, "strangers-ipv6", NfSet.Key.IPV6_ADDRESS, LEARNING));
  public static final List<NfRule> RULES =
      List.of(
          learn(2, SOURCE, "strangers-ipv4"),
          learn(10, SOURCE6, "strangers-ipv6"),
          new NfRule(
              TABLE,
              "strangers",
              List.of(NfExpression.Counter.ZERO, Verdict.drop()),
              "no node of the network"),
          filter(2, SOURCE, "peers-ipv4"),
          filter(10, SOURCE6, "peers-ipv6"));

  /** What is read of rules: what they ask, count and decide. */
  public static List<NfRule> known(List<NfRule> rules) {
    return rules.stream()
        .map(
            rule ->
                new NfRule(
                    rule.table(),
                    rule.chain(),
                    rule.expressions().stream()
                        .filter(
                            step ->
                                step instanceof Lookup
                                    || step instanceof NfExpression.Counter
                                    || step instanceof Verdict)
                        .toList(),
                    rule.comment()))
        .toList();
  }

  private SampleTable() {}

  private static NfRule learn(int family, Payload source, String set) {
    return new NfRule(
        TABLE,
        "strangers",
        List.of(
            new Meta(Meta.Key.FAMILY),
            new Equal(NfValue.ofNumber(family, 1)),
            source,
            new Update(set)),
        "");
  }

  private static NfRule filter(int family, Payload source, String set) {
    return new NfRule(
        TABLE,
        "input",
        List.of(
            new Meta(Meta.Key.FAMILY),
            new Equal(NfValue.ofNumber(family, 1)),
            new Meta(Meta.Key.PROTOCOL),
            new Equal(NfValue.ofNumber(17, 1)),
            new Payload(Payload.Base.TRANSPORT, 2, 2),
            new Equal(NfValue.ofNumber(8472, 2)),
            new Payload(Payload.Base.TRANSPORT, 12, 3),
            new Equal(NfValue.ofNumber(1, 3)),
            source,
            new Lookup(set, true),
            Verdict.goTo("strangers")),
        "");
  }

  /** What makes it, in the order in which nft does. */
  public static List<NfRequest> requests() {
    return List.of(
        new NfRequest.AddTable(TABLE),
        new NfRequest.DeleteTable(TABLE),
        new NfRequest.AddTable(TABLE),
        new NfRequest.AddChain(STRANGERS),
        new NfRequest.AddChain(INPUT),
        new NfRequest.AddSet(SETS.get(0)),
        new NfRequest.AddElements(TABLE, "peers-ipv4", values("192.0.2.2", "192.0.2.3")),
        new NfRequest.AddSet(SETS.get(1)),
        new NfRequest.AddElements(TABLE, "peers-ipv6", values("2001:db8::2")),
        new NfRequest.AddSet(SETS.get(2)),
        new NfRequest.AddSet(SETS.get(3)),
        new NfRequest.AddRule(RULES.get(0)),
        new NfRequest.AddRule(RULES.get(1)),
        new NfRequest.AddRule(RULES.get(2)),
        new NfRequest.AddRule(RULES.get(3)),
        new NfRequest.AddRule(RULES.get(4)));
  }

  public static List<NfValue> values(String... addresses) {
    return List.of(addresses).stream().map(IpAddress::parse).map(NfValue::of).toList();
  }
}
