package dev.tweed.firewall.rules;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.ip.AddressFamily;
import dev.tweed.ip.IpPrefix;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/** The order decides what it decided, for ICMP and for all else. */
class IcmpPrecedenceTest {

  private static final List<String> HOSTS = List.of("10.0.0.1/32", "10.0.0.2/32");

  /** A packet of this protocol from this source; for ICMP a type, else 0. */
  private record Probe(Protocol protocol, int type, IpPrefix source) {}

  @Property
  void whatRefusesAllProtocolsRefusesNoIcmp(@ForAll("rows") List<FilterRow> rows) {
    IcmpPrecedence order = IcmpPrecedence.of(rows);

    for (IpPrefix source : HOSTS.stream().map(IpPrefix::parse).toList()) {
      for (int type : List.of(8, 13)) {
        Probe probe = new Probe(Protocol.ICMP, type, source);
        List<FilterRow> asked =
            rows.stream()
                .filter(row -> row.protocol() != Protocol.ANY || row.action() == Action.ALLOW)
                .toList();
        // Allowed by a row or by none is the same: ICMP is accepted then.
        assertThat(decision(order.icmp(), probe).orElse(Action.ALLOW))
            .isEqualTo(decision(asked, probe).orElse(Action.ALLOW));
      }
      Probe tcp = new Probe(Protocol.TCP, 0, source);
      assertThat(decision(order.rest(), tcp)).isEqualTo(decision(rows, tcp));
    }
  }

  @Property
  void whatLeavesByIpv4KeepsItsOrder(@ForAll("rows") List<FilterRow> rows) {
    List<FilterRow> out =
        rows.stream()
            .map(
                row ->
                    RowExpansion.expand(
                            row.origin(),
                            FirewallRule.allow(row.rule(), Direction.OUT)
                                .withAction(row.action())
                                .withPorts(row.protocol())
                                .withFrom(Peer.of(row.source())))
                        .getFirst())
            .toList();

    assertThat(IcmpPrecedence.of(out)).isEqualTo(new IcmpPrecedence(List.of(), out));
  }

  private static Optional<Action> decision(List<FilterRow> rows, Probe probe) {
    return rows.stream()
        .filter(
            row ->
                (row.protocol() == Protocol.ANY || row.protocol() == probe.protocol())
                    && row.source().contains(probe.source())
                    && (row.icmpTypes().isEmpty() || row.icmpTypes().contains(probe.type())))
        .map(FilterRow::action)
        .findFirst();
  }

  @Provide
  static Arbitrary<List<FilterRow>> rows() {
    return Combinators.combine(
            Arbitraries.of(Action.ALLOW, Action.DENY, Action.REJECT),
            Arbitraries.of("", "tcp", "icmp", "icmp"),
            Arbitraries.of(Stream.concat(Stream.of("0.0.0.0/0"), HOSTS.stream()).toList()),
            Arbitraries.of("", " type 8", " type 8,13"))
        .as(
            (action, protocol, source, types) ->
                "%s in %s from %s%s"
                    .formatted(
                        action.name().toLowerCase(),
                        protocol,
                        source,
                        protocol.equals("icmp") ? types : ""))
        .list()
        .ofMinSize(1)
        .ofMaxSize(8)
        .map(
            lines ->
                lines.stream()
                    .flatMap(line -> RuleLines.parse(line).stream())
                    .flatMap(
                        rule ->
                            RowExpansion.expand(new Origin(Origin.Kind.POLICY, "p"), rule).stream())
                    .filter(row -> row.family() == AddressFamily.IPV4)
                    .toList());
  }
}
