package dev.tweed.dataplane.plan;

import dev.tweed.ip.AddressFamily;
import dev.tweed.ip.IpAddress;
import dev.tweed.netlink.nft.NfChain;
import dev.tweed.netlink.nft.NfExpression;
import dev.tweed.netlink.nft.NfExpression.Payload;
import dev.tweed.netlink.nft.NfExpression.Verdict;
import dev.tweed.netlink.nft.NfFamily;
import dev.tweed.netlink.nft.NfHook;
import dev.tweed.netlink.nft.NfRequest;
import dev.tweed.netlink.nft.NfRule;
import dev.tweed.netlink.nft.NfSet;
import dev.tweed.netlink.nft.NfSteps;
import dev.tweed.netlink.nft.NfTable;
import dev.tweed.netlink.nft.NfTableContent;
import dev.tweed.netlink.nft.NfTableDiff;
import dev.tweed.netlink.nft.NfValue;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Makes the nf_tables table {@code inet tweed-tunnel} of a {@link TunnelFilter}. Pure.
 *
 * <p>A table of its own: peers come and go in it without a look at anything else, and a kernel that
 * has no room for other rules of ours takes these. A packet of another protocol costs two
 * comparisons. VXLAN's header is 8 bytes behind the start of UDP's, and its network identifier 4
 * bytes into it (RFC 7348).
 *
 * <p>The chain is asked in INPUT, where IPv4 packets are whole; those of IPv6 are since connection
 * tracking puts them together, which the table {@code tweed} has the kernel do. It comes ahead of
 * every filter, so that nobody logs, counts or bans by what is no packet of the network.
 */
public final class TunnelFilterCompiler {

  /** The table. */
  public static final NfTable TABLE = new NfTable(NfFamily.INET, "tweed-tunnel");

  /** Chain that sees the host's packets. */
  public static final String INPUT = "input";

  /** Chain for those that are dropped. */
  public static final String STRANGERS = "strangers";

  /** Comment of the rule that drops. */
  static final String COMMENT = "from no node of the network";

  private static final int PRIORITY = -200;

  /** How many strangers are remembered, of each family; all are dropped. */
  private static final int MAX_STRANGERS = 64;

  private static final long STRANGER_MILLIS = 5 * 60_000;

  private static final int NETWORK_IDENTIFIER = 8 + 4;

  private TunnelFilterCompiler() {}

  /** Name of the set of peers of a family. */
  public static String peers(AddressFamily family) {
    return "peers-" + name(family);
  }

  /** Name of the set of those whose packets were dropped in the last minutes, of a family. */
  public static String strangers(AddressFamily family) {
    return "strangers-" + name(family);
  }

  /** What the table is made of, but for the elements of its sets. */
  public static NfTableContent content(TunnelFilter filter) {
    List<NfSet> sets = new ArrayList<>();
    List<NfRule> rules = new ArrayList<>();
    for (AddressFamily family : AddressFamily.values()) {
      NfSet.Key key = NfSet.Key.ofAddresses(family);
      sets.add(new NfSet(TABLE, peers(family), key, Optional.empty()));
      sets.add(
          new NfSet(
              TABLE,
              strangers(family),
              key,
              Optional.of(new NfSet.Learning(MAX_STRANGERS, STRANGER_MILLIS))));
      rules.add(
          new NfSteps()
              .family(family)
              .protocol(NfSteps.UDP)
              .number(NfSteps.destinationPort(), filter.port())
              .then(
                  new Payload(Payload.Base.TRANSPORT, NETWORK_IDENTIFIER, 3),
                  new NfExpression.Equal(NfValue.ofNumber(filter.vni(), 3)),
                  NfSteps.source(family),
                  new NfExpression.Lookup(peers(family), true))
              .rule(TABLE, INPUT, "", Verdict.goTo(STRANGERS)));
      rules.add(
          new NfSteps()
              .family(family)
              .then(NfSteps.source(family))
              .rule(TABLE, STRANGERS, "", new NfExpression.Update(strangers(family))));
    }
    rules.add(
        new NfSteps().rule(TABLE, STRANGERS, COMMENT, NfExpression.Counter.ZERO, Verdict.drop()));
    return new NfTableContent(
        TABLE,
        sets,
        Map.of(),
        List.of(
            new NfChain(TABLE, STRANGERS, Optional.empty()),
            new NfChain(
                TABLE,
                INPUT,
                Optional.of(new NfHook(NfHook.Type.FILTER, NfHook.Point.INPUT, PRIORITY, true)))),
        rules);
  }

  private static String name(AddressFamily family) {
    return family == AddressFamily.IPV4 ? "ipv4" : "ipv6";
  }

  /** Puts the table in the place of what is there; never is there one without its peers. */
  public static List<NfRequest> replacement(TunnelFilter filter) {
    List<NfRequest> requests = new ArrayList<>(NfTableDiff.replacement(content(filter)));
    requests.addAll(addition(filter.peers()));
    return List.copyOf(requests);
  }

  /** Lets in some more. */
  public static List<NfRequest> addition(Set<IpAddress> peers) {
    List<NfRequest> requests = new ArrayList<>();
    for (AddressFamily family : AddressFamily.values()) {
      List<NfValue> values = values(family, peers);
      if (!values.isEmpty()) {
        requests.add(new NfRequest.AddElements(TABLE, peers(family), values));
      }
    }
    return List.copyOf(requests);
  }

  /** Lets in some no more. */
  public static List<NfRequest> removal(Set<IpAddress> peers) {
    List<NfRequest> requests = new ArrayList<>();
    for (AddressFamily family : AddressFamily.values()) {
      List<NfValue> values = values(family, peers);
      if (!values.isEmpty()) {
        requests.add(new NfRequest.DeleteElements(TABLE, peers(family), values));
      }
    }
    return List.copyOf(requests);
  }

  private static List<NfValue> values(AddressFamily family, Set<IpAddress> addresses) {
    return TunnelFilter.of(family, addresses).stream().map(NfValue::of).toList();
  }

  /** Removes the table, if it is there. */
  public static List<NfRequest> deletion() {
    return NfTableDiff.removal(TABLE);
  }
}
