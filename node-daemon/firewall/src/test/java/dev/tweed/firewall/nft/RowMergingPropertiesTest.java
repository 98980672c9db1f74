package dev.tweed.firewall.nft;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.firewall.nft.RowMerging.Merged;
import dev.tweed.firewall.rules.Action;
import dev.tweed.firewall.rules.Direction;
import dev.tweed.firewall.rules.FilterRow;
import dev.tweed.firewall.rules.Logging;
import dev.tweed.firewall.rules.PortRange;
import dev.tweed.firewall.rules.Protocol;
import dev.tweed.ip.AddressFamily;
import dev.tweed.ip.IpAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.statistics.Statistics;

class RowMergingPropertiesTest {

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

  @Property(tries = 150, edgeCases = EdgeCasesMode.NONE)
  void everyPacketHasTheSameVerdict(@ForAll("rows") List<FilterRow> rows) {
    List<Merged> merged = RowMerging.merge(rows);

    for (Packet packet : PACKETS) {
      assertThat(merged.stream().filter(rule -> matches(rule, packet)).findFirst())
          .as(packet.toString())
          .map(Merged::sort)
          .isEqualTo(verdict(rows, packet));
    }
  }

  @Property(tries = 150, edgeCases = EdgeCasesMode.NONE)
  void everyRowIsInARuleOfItsSort(@ForAll("rows") List<FilterRow> rows) {
    List<Merged> merged = RowMerging.merge(rows);

    for (FilterRow row : rows) {
      assertThat(merged)
          .anyMatch(rule -> rule.rows().contains(row) && rule.sort().action() == row.action());
    }
  }

  @Property(tries = 150, edgeCases = EdgeCasesMode.NONE)
  void everyPacketHasTheSameVerdictWherePortsBelongToAddresses(
      @ForAll("pairs") List<FilterRow> rows) {
    everyPacketHasTheSameVerdict(rows);
    Statistics.label("rules with pairs")
        .collect(RowMerging.merge(rows).stream().anyMatch(rule -> rule.pairs().isPresent()))
        .coverage(checker -> checker.check(true).percentage(share -> share > 10));
  }

  @Property(tries = 150, edgeCases = EdgeCasesMode.NONE)
  void noTwoPairsOfARuleOverlap(@ForAll("pairs") List<FilterRow> rows) {
    for (Merged rule : RowMerging.merge(rows)) {
      List<NftPairs.Pair> pairs = rule.pairs().map(NftPairs::pairs).orElse(List.of());
      for (int i = 0; i < pairs.size(); i++) {
        for (int j = 0; j < i; j++) {
          assertThat(pairs.get(i).overlaps(pairs.get(j))).as(pairs.toString()).isFalse();
        }
      }
    }
  }

  @Provide
  Arbitrary<List<FilterRow>> pairs() {
    return RowArbitraries.pairs();
  }

  @Provide
  Arbitrary<List<FilterRow>> rows() {
    return RowArbitraries.rows(Direction.ROUTED);
  }

  /** By the words of the rows themselves. */
  private static Optional<RowMerging.Sort> verdict(List<FilterRow> rows, Packet packet) {
    return rows.stream()
        .filter(row -> matches(row, packet))
        .findFirst()
        .map(
            row ->
                new RowMerging.Sort(
                    row.action(),
                    row.logging(),
                    row.logging() == Logging.NONE ? "" : row.origin() + "/" + row.rule(),
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

  private static boolean matches(Merged rule, Packet packet) {
    return matches(rule.match(), packet)
        && rule.pairs().map(pairs -> hasPair(pairs, packet)).orElse(true);
  }

  private static boolean hasPair(NftPairs pairs, Packet packet) {
    IpAddress address =
        pairs.address() == NftMatch.Dimension.SOURCES ? packet.source() : packet.destination();
    return pairs.pairs().stream()
        .anyMatch(
            pair ->
                pair.prefix().contains(address) && pair.port().contains(packet.destinationPort()));
  }

  private static boolean matches(NftMatch match, Packet packet) {
    return has(match.families(), packet.source().family())
        && has(match.protocols(), packet.protocol())
        && (match.sources().isEmpty()
            || match.sources().stream().anyMatch(p -> p.contains(packet.source())))
        && (match.destinations().isEmpty()
            || match.destinations().stream().anyMatch(p -> p.contains(packet.destination())))
        && contains(match.sourcePorts(), packet.sourcePort())
        && contains(match.destinationPorts(), packet.destinationPort())
        && has(match.interfacesIn(), packet.in())
        && has(match.interfacesOut(), packet.out());
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
