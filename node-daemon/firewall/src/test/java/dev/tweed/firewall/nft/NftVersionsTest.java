package dev.tweed.firewall.nft;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.firewall.backend.BackendOutcome;
import dev.tweed.firewall.rules.Action;
import dev.tweed.firewall.rules.Direction;
import dev.tweed.firewall.rules.FilterRow;
import dev.tweed.firewall.rules.FirewallRule;
import dev.tweed.firewall.rules.Peer;
import dev.tweed.firewall.rules.PortRange;
import dev.tweed.firewall.rules.Protocol;
import dev.tweed.ip.IpPrefix;
import dev.tweed.netlink.testing.Needs;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * What the daemon writes by netlink, people and programs of the node read by their nft, be it that
 * of Debian 12 (1.0.6), which kube-proxy may run, and that of Debian 13 (1.1.3).
 */
@Tag("kernel")
class NftVersionsTest {

  private static final String PROPERTY = "tweed.nftVersions";

  /** A set of somebody else's, which nft compares with all sets that are there. */
  private static final String TABLE_OF_ANOTHER =
      "table ip another {\n set some {\n type ipv4_addr\n elements = { 192.0.2.1 }\n }\n}\n";

  @AutoClose private final NftNode node = NftNode.open();
  private Path bookworm;
  private Path trixie;

  @BeforeEach
  void find() {
    bookworm = nft("bookworm");
    trixie = nft("trixie");
  }

  private static Path nft(String release) {
    String directory = System.getProperty(PROPERTY, "");
    Path nft = Path.of(directory, release, "nft");
    if (directory.isEmpty() || !Files.isExecutable(nft)) {
      throw Needs.unmet("-D" + PROPERTY + ", which ./dev test kernel unpacks and passes");
    }
    return nft;
  }

  @Test
  void whatIsWrittenBothRead() {
    List<FilterRow> rows = rowsWithLongListsOfAllSorts();
    assertThat(node.call(() -> new NftablesBackend(node.tables(), OptionalInt::empty).apply(rows)))
        .isEqualTo(BackendOutcome.applied(true));
    assertThat(
            node.call(
                () ->
                    new GuardWriter(node.tables(), OptionalInt::empty).apply(new GuardRules(rows))))
        .isEqualTo(BackendOutcome.applied(true));

    for (Path reader : List.of(bookworm, trixie)) {
      // Each throws where nft fails or dies.
      assertThat(node.sh(reader + " list ruleset"))
          .contains("10.0.12.255", "10.1.0.12", "2001:db8:12::/64", "30024", "\"tweed:policy/");
      node.sh(reader + " list ruleset | unshare -n " + reader + " -c -f -");
      node.sh(reader + " -j list sets ip"); // what kube-proxy asks first
      node.sh("printf '" + TABLE_OF_ANOTHER + "' | " + reader + " -f -");
    }
    assertThat(node.call(() -> new NftablesBackend(node.tables(), OptionalInt::empty).apply(rows)))
        .isEqualTo(BackendOutcome.applied(false));
    assertThat(
            node.call(
                () ->
                    new GuardWriter(node.tables(), OptionalInt::empty).apply(new GuardRules(rows))))
        .isEqualTo(BackendOutcome.applied(false));
  }

  /** Sets of each sort of key. */
  private static List<FilterRow> rowsWithLongListsOfAllSorts() {
    List<FirewallRule> rules = new ArrayList<>();
    FirewallRule deny = FirewallRule.allow("r", Direction.IN).withAction(Action.DENY);
    PortRange port = PortRange.of(31_000);
    for (String prefixes : List.of("10.0.%d.0/24", "10.1.0.%d/32", "2001:db8:%d::/64")) {
      Peer peer =
          Peer.of(
              IntStream.rangeClosed(1, 12)
                  .mapToObj(prefixes::formatted)
                  .map(IpPrefix::parse)
                  .toArray(IpPrefix[]::new));
      rules.add(deny.withName("from" + rules.size()).withPorts(Protocol.TCP, port).withFrom(peer));
      rules.add(deny.withName("to" + rules.size()).withPorts(Protocol.UDP, port).withTo(peer));
    }
    rules.add(
        deny.withName("ports")
            .withPorts(
                Protocol.TCP,
                IntStream.rangeClosed(1, 12)
                    .mapToObj(i -> PortRange.of(30_000 + 2 * i))
                    .toArray(PortRange[]::new)));
    rules.add(
        deny.withName("few").withAction(Action.LIMIT).withPorts(Protocol.TCP, PortRange.of(22)));
    return Rows.of(rules);
  }
}
