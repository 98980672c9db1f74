package dev.tweed.firewall.nft;

import dev.tweed.firewall.nft.NftTable.Chain;
import dev.tweed.firewall.nft.NftTable.Hook;
import dev.tweed.firewall.nft.NftTable.Rule;
import dev.tweed.firewall.nft.NftTable.View;
import dev.tweed.firewall.rules.Action;
import dev.tweed.firewall.rules.FilterRow;
import dev.tweed.firewall.rules.PortRange;
import dev.tweed.firewall.rules.Protocol;
import dev.tweed.ip.AddressFamily;
import java.util.ArrayList;
import java.util.List;
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

  private final List<NftTable.Set> sets = new ArrayList<>();
  private final List<Chain> chains = new ArrayList<>();

  private GuardTableCompiler() {}

  /** The table; empty if there is nothing to guard. */
  static Optional<NftTable> compile(GuardRules rules) {
    GuardTableCompiler compiler = new GuardTableCompiler();
    List<FilterRow> rows = rules.nodePortRows();
    if (!rows.isEmpty()) {
      compiler.addNodePorts(rows);
    }
    return compiler.chains.isEmpty()
        ? Optional.empty()
        : Optional.of(new NftTable(TABLE, compiler.sets, compiler.chains));
  }

  private void addNodePorts(List<FilterRow> rows) {
    List<FilterRow> refusals = rows.stream().filter(row -> row.action() != Action.ALLOW).toList();
    List<AddressFamily> families =
        refusals.stream().map(FilterRow::family).distinct().sorted().toList();
    if (rows.stream().anyMatch(row -> row.action() == Action.LIMIT)) {
      sets.addAll(NftTableCompiler.limitSets());
      chains.add(NftTableCompiler.limit());
    }
    List<Rule> before = new ArrayList<>();
    List<Rule> after = new ArrayList<>();
    for (AddressFamily family : families) {
      String set = "local-" + NftMatchRenderer.name(family);
      String daddr = NftMatchRenderer.ip(family) + " daddr";
      sets.add(new NftTable.Set.Seen(set, family));
      before.add(
          new Rule.Narrowed(
              about(family, refusals),
              // Anything in 127.0.0.0/8 is local, and would fill the set.
              "ct state new %sfib daddr type local goto note-%s"
                  .formatted(
                      family == AddressFamily.IPV4 ? "ip daddr != 127.0.0.0/8 " : "",
                      NftMatchRenderer.name(family)),
              "came for this node"));
      chains.add(
          new Chain(
              "note-" + NftMatchRenderer.name(family),
              Optional.empty(),
              List.of(
                  new Rule.Fixed("update @%s { %s }".formatted(set, daddr), "for half a minute"),
                  new Rule.Fixed(
                      "%s != @%s drop".formatted(daddr, set), "no room to note its address"))));
      after.add(
          new Rule.Fixed(
              "ct state new ct status dnat ct original %s @%s goto nodeports".formatted(daddr, set),
              "and is sent elsewhere"));
    }
    chains.add(
        new Chain(
            "nodeports", Optional.empty(), NftRuleCompiler.compile(rows, View.BEFORE_TRANSLATION)));
    chains.add(
        new Chain("before-nat", Optional.of(new Hook("prerouting", BEFORE_TRANSLATION)), before));
    chains.add(
        new Chain("after-nat", Optional.of(new Hook("prerouting", AFTER_TRANSLATION)), after));
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
        byPort ? List.of(Protocol.TCP, Protocol.UDP) : List.of(),
        List.of(),
        List.of(),
        List.of(),
        ports,
        Optional.empty(),
        Optional.empty());
  }
}
