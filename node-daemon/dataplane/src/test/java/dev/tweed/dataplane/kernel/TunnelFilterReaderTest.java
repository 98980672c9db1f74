package dev.tweed.dataplane.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.dataplane.Change;
import dev.tweed.dataplane.plan.StateChange;
import dev.tweed.dataplane.plan.TunnelFilter;
import dev.tweed.dataplane.plan.TunnelFilterCompiler;
import dev.tweed.dataplane.plan.TunnelFilterListing;
import dev.tweed.ip.AddressFamily;
import dev.tweed.ip.IpAddress;
import dev.tweed.netlink.nft.NfChain;
import dev.tweed.netlink.nft.NfExpression;
import dev.tweed.netlink.nft.NfRequest;
import dev.tweed.netlink.nft.NfRule;
import dev.tweed.netlink.nft.NfRuleState;
import dev.tweed.netlink.nft.NfSet;
import dev.tweed.netlink.nft.NfTable;
import dev.tweed.netlink.nft.NfTableContent;
import dev.tweed.netlink.nft.NfTableState;
import dev.tweed.netlink.nft.NfTables;
import dev.tweed.netlink.nft.NfValue;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** What is read again, and when. */
class TunnelFilterReaderTest {

  private static final NfTableContent CONTENT =
      TunnelFilterCompiler.content(new TunnelFilter(8472, 1, Set.of()));

  private final Tables tables = new Tables();
  private final TunnelFilterReader reader = new TunnelFilterReader(tables);

  @Test
  void peersAreReadAgainWhenTheRulesetHasAnotherNumber() {
    tables.peers = ips("192.0.2.2");
    assertThat(peers()).isEqualTo(ips("192.0.2.2"));

    tables.peers = ips("192.0.2.3");
    assertThat(peers()).isEqualTo(ips("192.0.2.2"));

    tables.generation++;
    assertThat(peers()).isEqualTo(ips("192.0.2.3"));
  }

  @Test
  void ownChangesAreFollowedWithoutReading() {
    tables.peers = ips("192.0.2.2");
    peers();
    tables.peers = ips("203.0.113.1"); // to be seen only if it is read

    tables.generation++;
    reader.follow(new StateChange.AddTunnelPeers(ips("192.0.2.3")));
    assertThat(peers()).isEqualTo(ips("192.0.2.2", "192.0.2.3"));

    tables.generation++;
    reader.follow(new StateChange.RemoveTunnelPeers(ips("192.0.2.2")));
    assertThat(peers()).isEqualTo(ips("192.0.2.3"));
  }

  @Test
  void afterAChangeOfSomebodyElseOrOfTheTableAllIsRead() {
    tables.peers = ips("192.0.2.2");
    peers();
    tables.peers = ips("203.0.113.1");

    tables.generation += 2;
    reader.follow(new StateChange.AddTunnelPeers(ips("192.0.2.3")));
    assertThat(peers()).isEqualTo(ips("203.0.113.1"));

    tables.peers = ips("203.0.113.2");
    tables.generation++;
    reader.follow(
        new StateChange.PutTunnelFilter(
            new TunnelFilter(8472, 1, Set.of()), Change.Action.CHANGED));
    assertThat(peers()).isEqualTo(ips("203.0.113.2"));
  }

  private Set<IpAddress> peers() {
    return ((TunnelFilterListing.Present) reader.read()).peers();
  }

  private static Set<IpAddress> ips(String... addresses) {
    return Arrays.stream(addresses).map(IpAddress::parse).collect(Collectors.toSet());
  }

  /** A kernel with the table. */
  private static final class Tables implements NfTables {
    int generation = 1;
    Set<IpAddress> peers = Set.of();

    @Override
    public int generation() {
      return generation;
    }

    @Override
    public Optional<NfTableState> table(NfTable table) {
      return Optional.of(new NfTableState(table, false, 6));
    }

    @Override
    public Optional<NfChain> chain(NfTable table, String name) {
      return CONTENT.chains().stream().filter(c -> c.name().equals(name)).findFirst();
    }

    @Override
    public List<NfRule> rules(NfTable table, String chain) {
      return CONTENT.rules().stream().filter(rule -> rule.chain().equals(chain)).toList();
    }

    @Override
    public List<NfRuleState> rules(NfTable table) {
      return CONTENT.rules().stream().map(rule -> new NfRuleState(1, rule)).toList();
    }

    @Override
    public Optional<NfSet> set(NfTable table, String name) {
      return CONTENT.sets().stream().filter(s -> s.name().equals(name)).findFirst();
    }

    @Override
    public List<NfValue> elements(NfTable table, String set) {
      return set.equals(TunnelFilterCompiler.peers(AddressFamily.IPV4))
          ? peers.stream().map(NfValue::of).toList()
          : List.of();
    }

    @Override
    public List<String> chains(NfTable table) {
      throw new AssertionError("the names are known here");
    }

    @Override
    public List<String> sets(NfTable table) {
      throw new AssertionError("the names are known here");
    }

    @Override
    public Map<NfValue, NfExpression.Verdict> verdicts(NfTable table, String set) {
      throw new AssertionError("there are none here");
    }

    @Override
    public Optional<Refusal> execute(List<NfRequest> transaction) {
      throw new AssertionError("nothing is written here");
    }

    @Override
    public int portId() {
      return 0;
    }

    @Override
    public void close() {}
  }
}
