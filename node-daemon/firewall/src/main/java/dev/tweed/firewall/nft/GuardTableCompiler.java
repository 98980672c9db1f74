package dev.tweed.firewall.nft;

import dev.tweed.firewall.rules.Action;
import dev.tweed.firewall.rules.FilterRow;
import dev.tweed.firewall.rules.PortRange;
import dev.tweed.firewall.rules.Protocol;
import dev.tweed.ip.AddressFamily;
import dev.tweed.ip.IpPrefix;
import dev.tweed.netlink.nft.NfExpression;
import dev.tweed.netlink.nft.NfExpression.Lookup;
import dev.tweed.netlink.nft.NfExpression.Update;
import dev.tweed.netlink.nft.NfExpression.Verdict;
import dev.tweed.netlink.nft.NfHook;
import dev.tweed.netlink.nft.NfSteps;
import dev.tweed.netlink.nft.NfTableContent;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Makes the table for what no host firewall can say. Pure.
 *
 * <p>NodePorts: such a packet is for the node, until its destination is translated; firewalls see
 * it after that, as routed to a pod. Three facts have to meet: it came for a local address, it was
 * translated, and a row for what it came for refuses it. The first is known only before
 * translation, so the chain there notes the address in a set that forgets; the second only after,
 * where conntrack still tells the original destination. That needs no mark, of which every bit is
 * used by somebody. Where the set is full, as it may be on a host that takes whole networks for
 * local, what cannot be noted is dropped: nothing that is closed may be opened by knocking. Packets
 * that are not translated are left to the host's firewall, and Service addresses are not local.
 * Translation is at priority -100, and at -90 for firewalld; ours are around these. Rejecting there
 * sends the same answers as in input (kernel 5.9 and later). Where the table is replaced, a packet
 * that is between the two chains in that moment, some microseconds, finds nothing noted and passes,
 * and so does the rest of its connection.
 */
final class GuardTableCompiler {

  /** Name of the table. */
  static final String TABLE = "tweed-guard";

  private static final int BEFORE_TRANSLATION = -110;
  private static final int AFTER_TRANSLATION = -80;

  private static final IpPrefix LOOPBACK = IpPrefix.parse("127.0.0.0/8");

  private GuardTableCompiler() {}

  /** The table; empty if there is nothing to guard. */
  static Optional<NfTableContent> compile(GuardRules rules) {
    List<FilterRow> rows = rules.nodePortRows();
    return rows.isEmpty() ? Optional.empty() : Optional.of(nodePorts(rows));
  }

  private static NfTableContent nodePorts(List<FilterRow> rows) {
    List<FilterRow> refusals = rows.stream().filter(row -> row.action() != Action.ALLOW).toList();
    List<AddressFamily> families =
        refusals.stream().map(FilterRow::family).distinct().sorted().toList();
    NftTableBuilder table = new NftTableBuilder(TABLE).limit(rows);
    Map<AddressFamily, String> local = new EnumMap<>(AddressFamily.class);
    for (AddressFamily family : families) {
      String set = table.seen("local", family);
      local.put(family, set);
      NfExpression destination = NfSteps.destination(family);
      table
          .chain(note(family))
          .rule("for half a minute", new NfSteps().family(family), destination, new Update(set))
          .rule(
              "no room to note its address",
              new NfSteps().family(family),
              destination,
              new Lookup(set, true),
              Verdict.drop());
    }
    table.chain("nodeports").rows(rows, NftView.BEFORE_TRANSLATION);
    table.chain("before-nat", NfHook.Point.PREROUTING, BEFORE_TRANSLATION);
    for (AddressFamily family : families) {
      NfSteps about =
          NftMatchCompiler.compile(about(family, refusals), NftView.AS_IT_IS)
              .state(NfSteps.State.NEW);
      if (family == AddressFamily.IPV4) {
        // Anything there is local, and would fill the set.
        about.outside(NfSteps.destination(family), LOOPBACK);
      }
      table.rule("came for this node", about.local(), Verdict.goTo(note(family)));
    }
    table.chain("after-nat", NfHook.Point.PREROUTING, AFTER_TRANSLATION);
    local.forEach(
        (family, set) ->
            table.rule(
                "and is sent elsewhere",
                new NfSteps().family(family).state(NfSteps.State.NEW).translated(),
                NftView.BEFORE_TRANSLATION.destination(family),
                new Lookup(set, false),
                Verdict.goTo("nodeports")));
    return table.build();
  }

  private static List<Protocol> protocols(List<FilterRow> refusals) {
    return refusals.stream().anyMatch(row -> row.protocol() == Protocol.SCTP)
        ? List.of(Protocol.TCP, Protocol.UDP, Protocol.SCTP)
        : List.of(Protocol.TCP, Protocol.UDP);
  }

  private static String note(AddressFamily family) {
    return "note-" + NftTableBuilder.name(family);
  }

  /** Packets of a family that any of the rows may refuse: what is about no such port costs less. */
  private static NftMatch about(AddressFamily family, List<FilterRow> refusals) {
    boolean byPort = refusals.stream().noneMatch(row -> row.destinationPorts().isEmpty());
    List<PortRange> ports =
        byPort
            ? refusals.stream()
                .filter(row -> row.family() == family)
                .flatMap(row -> row.destinationPorts().stream())
                .toList()
            : List.of();
    return new NftMatch(
        Optional.of(family),
        byPort ? protocols(refusals) : List.of(),
        List.of(),
        List.of(),
        List.of(),
        List.of(),
        ports,
        Optional.empty(),
        Optional.empty());
  }
}
