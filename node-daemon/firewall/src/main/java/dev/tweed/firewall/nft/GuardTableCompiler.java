package dev.tweed.firewall.nft;

import dev.tweed.firewall.rules.Action;
import dev.tweed.firewall.rules.Direction;
import dev.tweed.firewall.rules.FilterRow;
import dev.tweed.firewall.rules.IcmpPrecedence;
import dev.tweed.firewall.rules.Origin;
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
import java.util.OptionalInt;
import java.util.Set;

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
 *
 * <p>Connections that stand: every firewall lets them pass before it asks rows, so those that rows
 * are to end are met before all firewalls, and only those that somebody opened in the direction of
 * the row.
 *
 * <p>Rows that are only tried: what passed all firewalls is met after them, counted and logged, and
 * accepted.
 */
final class GuardTableCompiler {

  /** Name of the table. */
  static final String TABLE = "tweed-guard";

  private static final int BEFORE_TRANSLATION = -110;
  private static final int AFTER_TRANSLATION = -80;

  /** Before every firewall, and after: theirs are at 0, firewalld's at 10. */
  private static final int BEFORE_FILTERS = -10;

  private static final int AFTER_FILTERS = 50;

  private static final IpPrefix LOOPBACK = IpPrefix.parse("127.0.0.0/8");

  private GuardTableCompiler() {}

  /**
   * The table; empty if there is nothing to guard.
   *
   * @param log group of the packet log that lines go to; empty is the kernel's own
   */
  static Optional<NfTableContent> compile(GuardRules rules, OptionalInt log) {
    NftTableBuilder table = new NftTableBuilder(TABLE, log);
    if (!rules.nodePortRows().isEmpty()) {
      nodePorts(table, rules.nodePortRows());
    }
    for (Direction direction : Direction.values()) {
      List<FilterRow> cutting = rules.cuttingRows(direction);
      if (!cutting.isEmpty()) {
        cut(table, direction, cutting, rules.cutting());
      }
      List<FilterRow> tried = rules.triedRows(direction);
      if (!tried.isEmpty()) {
        audit(table, direction, tried, rules.tried());
      }
    }
    NfTableContent content = table.build();
    return content.chains().isEmpty() ? Optional.empty() : Optional.of(content);
  }

  private static void cut(
      NftTableBuilder table, Direction direction, List<FilterRow> rows, Set<Origin> cutting) {
    String chain = "cut-" + direction.hook();
    IcmpPrecedence order = IcmpPrecedence.of(rows);
    table.chain(chain);
    if (direction != Direction.ROUTED) {
      table.rule("loopback", NftTableCompiler.loopback(direction), Verdict.accept());
    }
    table.cutting(order.icmp(), cutting);
    for (AddressFamily family : AddressFamily.values()) {
      if (direction.exemptsIcmp(family)) {
        table.rule(
            "as every firewall does", new NfSteps().icmp(family, List.of()), Verdict.accept());
      }
    }
    table.cutting(order.rest(), cutting);
    table.chain(
        "established-" + direction.hook(), NftTableCompiler.point(direction), BEFORE_FILTERS);
    table.rule(
        "opened in this direction",
        new NfSteps().state(NfSteps.State.ESTABLISHED).original(),
        Verdict.jump(chain));
  }

  private static void audit(
      NftTableBuilder table, Direction direction, List<FilterRow> rows, Set<Origin> tried) {
    IcmpPrecedence order = IcmpPrecedence.of(rows);
    table.wouldChains();
    table.chain(
        NftTableBuilder.AUDIT + direction.hook(), NftTableCompiler.point(direction), AFTER_FILTERS);
    NftTableCompiler.addBefore(table, direction, false, () -> table.audit(order.icmp(), tried));
    table.audit(order.rest(), tried);
  }

  private static void nodePorts(NftTableBuilder table, List<FilterRow> rows) {
    List<FilterRow> refusals = rows.stream().filter(row -> row.action() != Action.ALLOW).toList();
    List<AddressFamily> families =
        refusals.stream().map(FilterRow::family).distinct().sorted().toList();
    table.limit(rows);
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
