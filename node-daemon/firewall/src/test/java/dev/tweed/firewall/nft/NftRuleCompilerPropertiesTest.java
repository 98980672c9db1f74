package dev.tweed.firewall.nft;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.firewall.rules.Action;
import dev.tweed.firewall.rules.Direction;
import dev.tweed.firewall.rules.FilterRow;
import dev.tweed.firewall.rules.FirewallRule;
import dev.tweed.firewall.rules.Logging;
import dev.tweed.firewall.rules.PortRange;
import dev.tweed.firewall.rules.Protocol;
import dev.tweed.firewall.rules.RuleArbitraries;
import dev.tweed.firewall.rules.RuleCompiler;
import dev.tweed.firewall.rules.RuleGroup;
import dev.tweed.ip.AddressFamily;
import dev.tweed.ip.IpAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

class NftRuleCompilerPropertiesTest {

  private record Packet(
      Protocol protocol,
      IpAddress source,
      IpAddress destination,
      int sourcePort,
      int destinationPort,
      String in,
      String out) {}

  /** Every sort of packet the rows tell apart. */
  private static final List<Packet> PACKETS = packets();

  /** What is done with a packet. */
  private record Sort(Action action, Logging logging, boolean reset) {}

  @Property(tries = 300, edgeCases = EdgeCasesMode.NONE)
  void everyPacketHasTheSameVerdict(@ForAll("rows") List<FilterRow> rows) {
    List<NftRule> rules = NftRuleCompiler.compile(rows);

    for (Packet packet : PACKETS) {
      assertThat(rules.stream().filter(rule -> matches(rule.match(), packet)).findFirst())
          .as(packet.toString())
          .map(NftRuleCompilerPropertiesTest::sort)
          .isEqualTo(verdict(rows, packet));
    }
  }

  @Property(tries = 300, edgeCases = EdgeCasesMode.NONE)
  void oneOrTwoRulesStandForOneOfAPerson(@ForAll("groups") List<RuleGroup> groups) {
    for (RuleGroup group : groups) {
      for (FirewallRule rule : group.rules()) {
        boolean plain =
            Stream.concat(rule.from().stream(), rule.to().stream())
                    .allMatch(peer -> peer.ports().isEmpty())
                && rule.ports().size() < 5
                && rule.protocol() != Protocol.ANY;

        List<FilterRow> rows =
            RuleCompiler.compile(
                    List.of(new RuleGroup(group.origin(), group.priority(), List.of(rule))))
                .rows();

        if (plain) {
          assertThat(NftRuleCompiler.compile(rows)).as(rule.toString()).hasSizeLessThanOrEqualTo(2);
        }
      }
    }
  }

  private static Sort sort(NftRule rule) {
    return new Sort(
        rule.row().action(),
        rule.row().logging(),
        rule.row().action() == Action.REJECT
            && rule.match().protocols().equals(List.of(Protocol.TCP)));
  }

  @Provide
  Arbitrary<List<RuleGroup>> groups() {
    return RuleArbitraries.groups();
  }

  @Provide
  Arbitrary<List<FilterRow>> rows() {
    return Arbitraries.oneOf(RowArbitraries.rows(Direction.ROUTED), RowArbitraries.pairs());
  }

  /** By the words of the rows themselves. */
  private static Optional<Sort> verdict(List<FilterRow> rows, Packet packet) {
    return rows.stream()
        .filter(row -> matches(row, packet))
        .findFirst()
        .map(
            row ->
                new Sort(
                    row.action(),
                    row.logging(),
                    row.action() == Action.REJECT
                        && packet.protocol() == Protocol.TCP
                        && (row.protocol() == Protocol.TCP
                            || !row.sourcePorts().isEmpty()
                            || !row.destinationPorts().isEmpty())));
  }

  private static boolean matches(FilterRow row, Packet packet) {
    boolean ports = !row.sourcePorts().isEmpty() || !row.destinationPorts().isEmpty();
    boolean protocol =
        row.protocol() == Protocol.ANY
            ? !ports || packet.protocol() == Protocol.TCP || packet.protocol() == Protocol.UDP
            : row.protocol() == packet.protocol();
    return protocol
        && row.source().contains(packet.source())
        && row.destination().contains(packet.destination())
        && contains(row.sourcePorts(), packet.sourcePort())
        && contains(row.destinationPorts(), packet.destinationPort())
        && row.interfaceIn().map(packet.in()::equals).orElse(true)
        && row.interfaceOut().map(packet.out()::equals).orElse(true);
  }

  private static boolean matches(NftMatch match, Packet packet) {
    return match.family().map(packet.source().family()::equals).orElse(true)
        && has(match.protocols(), packet.protocol())
        && (match.sources().isEmpty()
            || match.sources().stream().anyMatch(p -> p.contains(packet.source())))
        && (match.destinations().isEmpty()
            || match.destinations().stream().anyMatch(p -> p.contains(packet.destination())))
        && contains(match.sourcePorts(), packet.sourcePort())
        && contains(match.destinationPorts(), packet.destinationPort())
        && match.interfaceIn().map(packet.in()::equals).orElse(true)
        && match.interfaceOut().map(packet.out()::equals).orElse(true);
  }

  private static <T> boolean has(List<T> list, T value) {
    return list.isEmpty() || list.contains(value);
  }

  private static boolean contains(List<PortRange> ports, int port) {
    return ports.isEmpty() || ports.stream().anyMatch(range -> range.contains(port));
  }

  private static List<Packet> packets() {
    List<Packet> packets = new ArrayList<>();
    for (AddressFamily family : AddressFamily.values()) {
      List<IpAddress> addresses =
          (family == AddressFamily.IPV4
                  ? List.of("10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.0.5", "192.0.2.1")
                  : List.of("fd00::1", "fd00::2", "fd00::3", "fd00::5", "2001:db8::1"))
              .stream().map(IpAddress::parse).toList();
      for (Protocol protocol : List.of(Protocol.TCP, Protocol.UDP, Protocol.ESP)) {
        for (IpAddress source : addresses) {
          for (IpAddress destination : addresses) {
            for (int sourcePort : List.of(1, 4, 9)) {
              for (int destinationPort : List.of(1, 2, 3, 4, 5, 9)) {
                for (String in : List.of("eth0", "tweed.1", "x")) {
                  packets.add(
                      new Packet(
                          protocol,
                          source,
                          destination,
                          // Those without ports match no row that asks for one.
                          protocol == Protocol.ESP ? 0 : sourcePort,
                          protocol == Protocol.ESP ? 0 : destinationPort,
                          in,
                          "eth0"));
                }
              }
            }
          }
        }
      }
    }
    return packets.stream().distinct().toList();
  }
}
