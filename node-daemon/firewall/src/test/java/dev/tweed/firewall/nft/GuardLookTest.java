package dev.tweed.firewall.nft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import dev.tweed.firewall.backend.BackendListing.State;
import dev.tweed.firewall.nft.GuardListing.Tunnel;
import dev.tweed.firewall.rules.Action;
import dev.tweed.firewall.rules.Direction;
import dev.tweed.firewall.rules.FilterRow;
import dev.tweed.firewall.rules.FirewallRule;
import dev.tweed.firewall.rules.PortRange;
import dev.tweed.firewall.rules.Protocol;
import dev.tweed.ip.IpAddress;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Intended guard rules beside what the kernel has. */
@Tag("kernel")
class GuardLookTest {

  @AutoClose private final NftNode node = NftNode.open();

  @Test
  void whatWasWrittenIsFound() {
    apply(closing(30080), peers("192.0.2.2", "192.0.2.3"));

    GuardListing.Compared found = look(closing(30080), peers("192.0.2.2", "192.0.2.3"));

    assertThat(found.nodePorts())
        .allMatch(entry -> entry.state() == State.PRESENT)
        .allMatch(entry -> entry.text().contains("nodeports: ") && entry.text().endsWith(" drop"))
        .hasSize(2);
    assertThat(found.tunnel())
        .containsExactly(
            new Tunnel(
                "deny in proto udp from all but 2 peers to any port 8472",
                State.PRESENT,
                "tunnel: 2 peers"),
            new Tunnel(
                "deny in proto udp from any to any port 8472 (v6)",
                State.PRESENT,
                "tunnel: 0 peers"));
  }

  @Test
  void rowsThatAreNoMatterForNodePortsAreNotListed() {
    List<FilterRow> rows =
        Rows.of(
            FirewallRule.allow("web", Direction.IN).withPorts(Protocol.TCP, PortRange.of(30080)));

    assertThat(look(rows, Optional.empty()))
        .isEqualTo(new GuardListing.Compared(List.of(), List.of()));
  }

  @Test
  void withoutATableAllIsMissing() {
    GuardListing.Compared found = look(closing(30080), peers("192.0.2.2"));

    assertThat(found.nodePorts()).hasSize(2).allMatch(entry -> entry.state() == State.MISSING);
    assertThat(found.tunnel()).hasSize(2).allMatch(line -> line.state() == State.MISSING);
  }

  @Test
  void peersThatAreShutOutAndStrangersThatAreLetInAreNamed() {
    apply(closing(30080), peers("192.0.2.2", "192.0.2.3"));

    node.sh(
        "nft delete element inet tweed-guard peers-ipv4 '{ 192.0.2.3 }';"
            + " nft add element inet tweed-guard peers-ipv4 '{ 192.0.2.66 }'");

    assertThat(look(closing(30080), peers("192.0.2.2", "192.0.2.3")).tunnel())
        .extracting(Tunnel::state, Tunnel::text)
        .containsExactly(
            tuple(State.MISSING, "shuts out 192.0.2.3; lets in 192.0.2.66"),
            tuple(State.PRESENT, "tunnel: 0 peers"));
  }

  @Test
  void flushedChainsAreMissing() {
    apply(closing(30080), peers("192.0.2.2"));

    node.sh("nft flush chain inet tweed-guard nodeports; nft flush chain inet tweed-guard tunnel");

    GuardListing.Compared found = look(closing(30080), peers("192.0.2.2"));
    assertThat(found.nodePorts())
        .filteredOn(entry -> entry.row().isPresent())
        .hasSize(2)
        .allMatch(entry -> entry.state() == State.MISSING);
    assertThat(found.tunnel()).allMatch(line -> line.state() == State.MISSING);
  }

  @Test
  void aTunnelAtAnotherPortIsMissing() {
    apply(closing(30080), peers("192.0.2.2"));

    assertThat(
            look(
                    closing(30080),
                    Optional.of(new TunnelPeers(4789, List.of(IpAddress.parse("192.0.2.2")))))
                .tunnel())
        .allMatch(line -> line.state() == State.MISSING);
  }

  @Test
  void onlyTheRowsThatWouldComeAreMissingFromATableOfOthers() {
    apply(closing(30080), peers("192.0.2.2"));

    GuardListing.Compared found =
        look(
            new GuardRules(closing(30080, 30081), peers("192.0.2.2")),
            new GuardRules(closing(30080), peers("192.0.2.2")));

    assertThat(found.nodePorts())
        .extracting(entry -> entry.row().map(FilterRow::rule).orElse(""), e -> e.state())
        .containsExactlyInAnyOrder(
            tuple("r30080", State.PRESENT),
            tuple("r30080", State.PRESENT),
            tuple("r30081", State.MISSING),
            tuple("r30081", State.MISSING));
    assertThat(found.tunnel()).allMatch(line -> line.state() == State.PRESENT);
  }

  @Test
  void aTableThatIsNotWantedIsExtra() {
    apply(closing(30080), Optional.empty());

    assertThat(look(List.of(), Optional.empty()).nodePorts())
        .isNotEmpty()
        .allMatch(entry -> entry.state() == State.EXTRA);
  }

  @Test
  void withoutNftItCannotBeRead() {
    assertThat(
            new GuardWriter(Path.of("/nowhere/nft"))
                .look(new GuardRules(closing(30080), Optional.empty()), GuardRules.none()))
        .isInstanceOfSatisfying(
            GuardListing.Unreadable.class,
            unreadable -> assertThat(unreadable.remedy()).startsWith("install nftables"));
  }

  private static List<FilterRow> closing(int... ports) {
    return Rows.of(
        IntStream.of(ports)
            .mapToObj(
                port ->
                    FirewallRule.allow("r" + port, Direction.IN)
                        .withAction(Action.DENY)
                        .withPorts(Protocol.TCP, PortRange.of(port)))
            .toArray(FirewallRule[]::new));
  }

  private static Optional<TunnelPeers> peers(String... addresses) {
    return Optional.of(
        new TunnelPeers(8472, Arrays.stream(addresses).map(IpAddress::parse).toList()));
  }

  private void apply(List<FilterRow> rows, Optional<TunnelPeers> tunnel) {
    node.call(() -> new GuardWriter(NftNode.NFT).apply(new GuardRules(rows, tunnel)));
  }

  private GuardListing.Compared look(List<FilterRow> rows, Optional<TunnelPeers> tunnel) {
    GuardRules rules = new GuardRules(rows, tunnel);
    return look(rules, rules);
  }

  private GuardListing.Compared look(GuardRules rules, GuardRules last) {
    return (GuardListing.Compared) node.call(() -> new GuardWriter(NftNode.NFT).look(rules, last));
  }
}
